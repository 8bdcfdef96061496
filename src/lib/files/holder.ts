import { type Bytes, type Clock, type FileId, type PeerId } from '../base/index.ts';
import type { Wire, WireStream } from '../network/port.ts';
import { filesProtocol } from '../network/protocols.ts';
import { type Answer, encodeAsking, parseAnswer } from './frames.ts';
import { openMs, refillChunks, silenceMs, windowChunks } from './limits.ts';
import { within } from './patience.ts';

/** A peer sent what it should know to be wrong. It is not asked for this file again. */
export class Liar extends Error {
  override readonly name = 'Liar';
}

const refusedTexts = {
  absent: 'The peer does not have the file.',
  denied: 'The peer does not give the file to us.',
  busy: 'The peer is busy with other files.',
} as const;

/** The asking side of one stream to a peer that may have a file. */
export class Holder {
  readonly peer: PeerId;
  /** Chunks asked of this peer and not answered yet. */
  readonly asked = new Set<number>();
  /** Chunks this peer said it lacks. */
  readonly lacks = new Set<number>();
  readonly #wire: Pick<Wire, 'openStream'>;
  readonly #clock: Clock;
  #stream: WireStream | undefined;
  #left: { readonly why: string | undefined } | undefined;
  readonly #leaving = Promise.withResolvers<never>();

  constructor(wire: Pick<Wire, 'openStream'>, clock: Clock, peer: PeerId) {
    this.#wire = wire;
    this.#clock = clock;
    this.peer = peer;
    // Awaited only while the stream is being opened.
    this.#leaving.promise.catch(() => undefined);
  }

  /** Opens the stream and names the file. Resolves to the manifest when it was asked for; rejects when the peer refuses. */
  async open(id: FileId, needManifest: boolean): Promise<Extract<Answer, { kind: 'manifest' }> | undefined> {
    const opening = this.#wire.openStream(this.peer, filesProtocol, openMs);
    opening.then(
      (late) => {
        if (this.#left !== undefined) late.abort('The file is not needed any more.');
      },
      () => undefined,
    );
    const stream = await Promise.race([opening, this.#leaving.promise]);
    this.#stream = stream;
    await stream.write(encodeAsking({ kind: 'open', id, needManifest }));
    const answer = await this.#read();
    if (answer.kind === 'refused') throw new Error(refusedTexts[answer.code]);
    if (needManifest && answer.kind === 'manifest') return answer;
    if (!needManifest && answer.kind === 'ready') return undefined;
    throw new Liar('The peer answered something else.');
  }

  wantsMore(): boolean {
    return this.asked.size <= windowChunks - refillChunks;
  }

  room(): number {
    return windowChunks - this.asked.size;
  }

  async want(indexes: readonly number[]): Promise<void> {
    if (indexes.length === 0 || this.#stream === undefined) return;
    for (const index of indexes) this.asked.add(index);
    await this.#stream.write(encodeAsking({ kind: 'want', indexes }));
  }

  /** The next answer to something asked. */
  async next(): Promise<{ kind: 'chunk'; index: number; bytes: Bytes } | { kind: 'lacking'; index: number }> {
    const answer = await this.#read();
    if (answer.kind !== 'chunk' && answer.kind !== 'lacking')
      throw new Liar('The peer answered something else.');
    if (!this.asked.delete(answer.index)) throw new Liar('The peer sent a piece that was not asked for.');
    if (answer.kind === 'lacking') this.lacks.add(answer.index);
    return answer;
  }

  /** Ends the stream: cleanly when nothing is owed and there is no reason, by breaking it off otherwise. */
  leave(why: string | undefined): void {
    if (this.#left !== undefined) return;
    this.#left = { why };
    this.#leaving.reject(new Error(why ?? 'The file is complete.'));
    if (this.#stream !== undefined) this.#end(this.#stream, why);
  }

  #end(stream: WireStream, why: string | undefined): void {
    if (why !== undefined || this.asked.size > 0) {
      stream.abort(why ?? 'The file is complete.');
      return;
    }
    // A stream that breaks while it closes has nothing more to lose.
    stream.close().catch(() => undefined);
  }

  async #read(): Promise<Answer> {
    const stream = this.#stream;
    if (stream === undefined) throw new Error('The stream is not open.');
    const frame = await within(
      this.#clock,
      silenceMs,
      stream.read(),
      'The peer said nothing for too long.',
      (text) => stream.abort(text),
    );
    if (frame === undefined) throw new Error('The peer closed the stream.');
    const answer = parseAnswer(frame);
    if (!answer.ok) throw new Liar(answer.refusal.text);
    return answer.value;
  }
}
