import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The real relay as a process of its own, on a free port of loopback, serving the built app. */
export class RelayProcess {
  readonly data = mkdtempSync(join(tmpdir(), 'peerprint-relay-'));
  #app: string;
  #child: ChildProcess | undefined;
  #port = 0;
  #output = '';

  constructor(app = 'build') {
    this.#app = app;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Starts it, on the same port and with the same identity as before if it ran before. */
  async start(): Promise<this> {
    if (this.#port === 0) this.#port = await freePort();
    const flags = ['--port', String(this.#port), '--data', this.data, '--app', this.#app, '--no-lan'];
    const child = spawn(
      process.execPath,
      ['--import', './src/e2e/with-parent.ts', 'relay/main.ts', ...flags],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    const gather = (chunk: Buffer) => (this.#output += chunk.toString());
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the relay ended by itself:\n${this.#output}`);
      const healthy = await fetch(`${this.url}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (healthy) return this;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Its address for browsers on this machine. */
  async address(): Promise<string> {
    const answer = await fetch(`${this.url}/.well-known/peerprint.json`);
    const { addresses } = (await answer.json()) as { addresses: readonly string[] };
    const [first] = addresses;
    if (first === undefined) throw new Error('the relay names no address');
    return first;
  }

  /** Serves another build from now on, as an update of a server does. */
  async publish(app: string): Promise<void> {
    await this.stop();
    this.#app = app;
    await this.start();
  }

  /** Ends the process; `SIGKILL` as a power cut would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Stops the process where it stands: its connections stay open and nothing answers on them. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Lets it go on. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
