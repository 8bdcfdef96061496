import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

export const barePage = '<!doctype html><script type="module" src="/page.js"></script>';

/** Bundles the module at `entry` (from the project's folder) into `page.js` of a new folder, the caller's to remove. */
export async function bundle(entry: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'peerprint-page-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      lib: { entry: resolve(entry), formats: ['es'], fileName: () => 'page.js' },
    },
  });
  return folder;
}

/** A page without the app that runs one module of ours, for suites and benches that need a real browser: served on loopback. */
export class BarePage {
  readonly #folder: string;
  readonly #server: Server;
  readonly url: string;

  private constructor(folder: string, server: Server, url: string) {
    this.#folder = folder;
    this.#server = server;
    this.url = url;
  }

  /** Bundles the module at `entry` (from the project's folder). It runs when the page at `url` is opened. */
  static async serve(entry: string): Promise<BarePage> {
    const folder = await bundle(entry);
    const server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? readFileSync(join(folder, 'page.js')) : barePage);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new BarePage(folder, server, `http://localhost:${port}/`);
  }

  async remove(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
