import { type Bytes, type Clock, type FileId, type PeerId, RefusalError } from '../base/index.ts';
import type { WireStream } from '../network/port.ts';
import { type Answer, encodeAnswer, parseAsking } from './frames.ts';
import { idleServedMs, requestsMax, silenceMs } from './limits.ts';
import { Bell, within } from './patience.ts';
import type { FileStore } from './store.ts';

/** Chunks read from disk ahead of the network, per stream. */
const readAhead = 2;

export interface ServeOptions {
  readonly files: FileStore;
  readonly clock: Clock;
  readonly mayServe: (peer: PeerId, id: FileId) => boolean;
}

/** Answers one stream until the other side closes it. Rejects when the stream breaks or says what the protocol does not know. */
export async function serveStream(options: ServeOptions, from: PeerId, stream: WireStream): Promise<void> {
  const { files, clock, mayServe } = options;
  const opening = await readAsking(clock, stream);
  if (opening === undefined) return;
  if (opening.kind !== 'open') throw broken(stream, 'The first frame did not name a file.');
  const { id } = opening;
  const manifest = files.manifest(id);
  // Whoever may not have a file shall not learn either whether we have it.
  if (!mayServe(from, id) || manifest === undefined) {
    await send(clock, stream, { kind: 'refused', code: mayServe(from, id) ? 'absent' : 'denied' });
    await stream.close();
    return;
  }
  const { name, size, hashes } = manifest;
  await send(
    clock,
    stream,
    opening.needManifest ? { kind: 'manifest', name, size, hashes } : { kind: 'ready' },
  );
  await new Serving(files, clock, stream, id).run();
}

/** The chunks of one stream: requests come in beside the chunks going out. */
class Serving {
  readonly #files: FileStore;
  readonly #clock: Clock;
  readonly #stream: WireStream;
  readonly #id: FileId;
  readonly #requests: number[] = [];
  readonly #bell = new Bell();
  #ended = false;
  #failure: unknown;

  constructor(files: FileStore, clock: Clock, stream: WireStream, id: FileId) {
    this.#files = files;
    this.#clock = clock;
    this.#stream = stream;
    this.#id = id;
  }

  async run(): Promise<void> {
    const listening = this.#listen();
    try {
      await this.#answer();
    } catch (error) {
      this.#stream.abort('The answer could not be sent.');
      this.#failure ??= error;
    }
    await listening;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#stream.close();
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        const asking = await readAsking(this.#clock, this.#stream, idleServedMs);
        if (asking === undefined) break;
        if (asking.kind !== 'want') throw broken(this.#stream, 'A stream may open one file only.');
        if (this.#requests.length + asking.indexes.length > requestsMax) {
          throw broken(this.#stream, 'Too many requests at a time.');
        }
        this.#requests.push(...asking.indexes);
        this.#bell.wake();
      }
    } catch (error) {
      this.#failure ??= error;
    }
    this.#ended = true;
    this.#bell.wake();
  }

  async #answer(): Promise<void> {
    const reading: { index: number; bytes: Promise<Bytes | undefined> }[] = [];
    while (this.#failure === undefined) {
      while (reading.length < readAhead && this.#requests.length > 0) {
        const index = this.#requests.shift() ?? 0;
        const bytes = this.#files.readChunk(this.#id, index);
        // It is awaited further down, perhaps never when the stream breaks before.
        bytes.catch(() => undefined);
        reading.push({ index, bytes });
      }
      const next = reading.shift();
      if (next === undefined) {
        if (this.#ended) return;
        await this.#bell.next();
        continue;
      }
      const bytes = await next.bytes;
      const { index } = next;
      await send(
        this.#clock,
        this.#stream,
        bytes === undefined ? { kind: 'lacking', index } : { kind: 'chunk', index, bytes },
      );
    }
  }
}

async function readAsking(
  clock: Clock,
  stream: WireStream,
  waitMs = silenceMs,
): Promise<Extract<ReturnType<typeof parseAsking>, { ok: true }>['value'] | undefined> {
  const frame = await within(clock, waitMs, stream.read(), 'The other side said nothing.', (text) =>
    stream.abort(text),
  );
  if (frame === undefined) return undefined;
  const asking = parseAsking(frame);
  if (!asking.ok) throw broken(stream, asking.refusal.text);
  return asking.value;
}

function send(clock: Clock, stream: WireStream, answer: Answer): Promise<void> {
  return within(
    clock,
    silenceMs,
    stream.write(encodeAnswer(answer)),
    'The other side does not read.',
    (text) => stream.abort(text),
  );
}

function broken(stream: WireStream, text: string): RefusalError {
  stream.abort(text);
  return new RefusalError({ code: 'malformed', text });
}
