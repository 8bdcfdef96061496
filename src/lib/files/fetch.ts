import {
  type Bytes,
  type Clock,
  type FileId,
  type Log,
  type PeerId,
  RefusalError,
  type Refusal,
  type Result,
  equalBytes,
  messageOf,
  ok,
  refuse,
} from '../base/index.ts';
import type { Wire } from '../network/port.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { chunkLength, hashAt } from './dag.ts';
import { sha256 } from './hash.ts';
import { Holder, Liar } from './holder.ts';
import { holdersAtOnce, lookMs, noHolderMs, retryMs, retryMsMax, roundsMax } from './limits.ts';
import { type FileManifest, verifyManifest } from './manifest.ts';
import { Bell } from './patience.ts';
import type { FileProgress, FileStore } from './store.ts';

export interface FetchProgress extends FileProgress {
  /** Peers that the file is being fetched from right now. */
  readonly holders: readonly PeerId[];
}

export interface FetchOptions {
  readonly id: FileId;
  /** What the file is to be called here. Without it: what the first holder calls it. */
  readonly name?: string | undefined;
  /** Bytes that it must have. One of another size is refused as `wrong-size`, before any piece of it is fetched. Without it: any size. */
  readonly sizeBytes?: number | undefined;
  /** The peers that may have the file, best first. Asked again and again, so that new ones are found. */
  readonly holders: () => readonly PeerId[];
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FetchHouse {
  readonly files: FileStore;
  readonly wire: Pick<Wire, 'openStream'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How a peer did so far, in this fetch. */
interface Record {
  failures: number;
  retryAtMs: number;
}

interface Arrived {
  readonly index: number;
  readonly bytes: Bytes;
}

/**
 * One file on its way here. Invariants:
 * 1. `#remaining` are the chunks of this round that were not yet accepted; each is in `#waiting` or asked of at least one live holder.
 * 2. A chunk is accepted once, after its length and hash agree with the verified manifest, and only then goes to disk.
 * 3. A peer that sent a wrong chunk or manifest is in `liars` and never asked for this file again.
 */
export class FileFetch {
  readonly #house: FetchHouse;
  readonly #options: FetchOptions;
  readonly #liars: Set<PeerId>;
  readonly #bell = new Bell();
  readonly #active = new Map<PeerId, Holder>();
  readonly #records = new Map<PeerId, Record>();
  #manifest: FileManifest | undefined;
  #remaining: Set<number> | undefined;
  readonly #waiting = new Set<number>();
  #writer: ChunkWriter<Arrived>;
  #end: Refusal | undefined;
  /** Chunks whose hash is being taken: asked of nobody any more, not accepted yet. */
  #checking = 0;
  #bytesHere = 0;
  #chunksHere = 0;
  /** When something new last came in, on the monotonic clock. */
  #hopeMs = 0;

  constructor(house: FetchHouse, options: FetchOptions, liars: Set<PeerId>) {
    this.#house = house;
    this.#options = options;
    this.#liars = liars;
    this.#writer = this.#newWriter();
  }

  /** Resolves once the whole file is in storage, or to the refusal. What arrived stays for the next attempt. */
  async run(): Promise<Result<FileManifest>> {
    const { files } = this.#house;
    const { id, signal } = this.#options;
    const onAbort = (): void => this.#stop({ code: 'aborted', text: 'Fetching the file was cancelled.' });
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (let round = 0; round < roundsMax && this.#end === undefined; round++) {
        if (files.has(id)) break;
        this.#manifest = files.manifest(id);
        this.#remaining = undefined;
        if (this.#manifest !== undefined) {
          if (!this.#isAsSaid(this.#manifest)) break;
          await this.#plan(this.#manifest);
        }
        await this.#round();
        // Settling looks whether all that was written is really there.
        if (await files.settle(id)) break;
      }
    } catch (error) {
      this.#stop(storageRefusalFrom(error));
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    const manifest = files.manifest(id);
    if (files.has(id) && manifest !== undefined && this.#isAsSaid(manifest)) return ok(manifest);
    const gone = { code: 'aborted', text: 'The file was deleted here while it was fetched.' };
    return { ok: false, refusal: this.#end ?? gone };
  }

  async #plan(manifest: FileManifest): Promise<void> {
    const { files } = this.#house;
    const missing = await files.missing(manifest.id);
    const progress = await files.progress(manifest.id);
    this.#remaining = new Set(missing);
    this.#waiting.clear();
    for (const index of missing) this.#waiting.add(index);
    this.#bytesHere = progress?.bytesHere ?? 0;
    this.#chunksHere = progress?.chunksHere ?? 0;
    this.#tell();
  }

  /** Keeps holders at work until nothing remains. */
  async #round(): Promise<void> {
    const { clock } = this.#house;
    this.#writer = this.#newWriter();
    this.#hopeMs = clock.monotonicMs();
    const pulls = new Set<Promise<void>>();
    while (this.#end === undefined && this.#remaining?.size !== 0) {
      for (const peer of this.#candidates()) {
        const pull = this.#pull(peer).finally(() => {
          pulls.delete(pull);
          this.#bell.wake();
        });
        pulls.add(pull);
      }
      if (clock.monotonicMs() - this.#hopeMs >= noHolderMs) this.#stop(noHolder);
      if (this.#end !== undefined) break;
      const cancel = clock.after(lookMs, () => this.#bell.wake());
      await this.#bell.next();
      cancel();
    }
    const why = this.#end === undefined ? undefined : this.#end.text;
    for (const holder of this.#active.values()) holder.leave(why);
    this.#bell.wake();
    await Promise.all(pulls);
    try {
      await this.#writer.finish();
    } catch (error) {
      this.#stop(storageRefusalFrom(error));
    }
  }

  #candidates(): PeerId[] {
    const room = holdersAtOnce - this.#active.size;
    const nowMs = this.#house.clock.monotonicMs();
    const willing = this.#options.holders().filter((peer) => {
      if (this.#liars.has(peer) || this.#active.has(peer)) return false;
      const record = this.#records.get(peer);
      return record === undefined || record.retryAtMs <= nowMs;
    });
    return [...new Set(willing)].slice(0, Math.max(0, room));
  }

  /** Everything with one holder, from opening the stream to its end. Never rejects. */
  async #pull(peer: PeerId): Promise<void> {
    const { wire, clock, log } = this.#house;
    const holder = new Holder(wire, clock, peer);
    this.#active.set(peer, holder);
    try {
      const answer = await holder.open(this.#options.id, this.#manifest === undefined);
      if (answer !== undefined) await this.#learn(peer, answer.name, answer.size, answer.hashes);
      this.#tell();
      await this.#exchange(holder);
      holder.leave(undefined);
    } catch (error) {
      holder.leave(messageOf(error));
      if (error instanceof Liar) this.#liars.add(peer);
      this.#note(peer);
      if (this.#end === undefined) log.info(`file ${this.#options.id} from ${peer}: ${messageOf(error)}`);
    } finally {
      this.#active.delete(peer);
      this.#giveBack(holder);
      this.#tell();
    }
  }

  /** Takes over a manifest, once it has proved to be this file's. */
  async #learn(peer: PeerId, name: string, size: number, hashes: Uint8Array): Promise<void> {
    const manifest = verifyManifest(this.#options.id, this.#options.name ?? name, size, hashes);
    if (!manifest.ok) throw new Liar(`${peer}: ${manifest.refusal.text}`);
    if (this.#manifest !== undefined || !this.#isAsSaid(manifest.value)) return;
    this.#manifest = manifest.value;
    this.#hopeMs = this.#house.clock.monotonicMs();
    try {
      await this.#house.files.begin(manifest.value);
      await this.#plan(manifest.value);
    } catch (error) {
      this.#stop(storageRefusalFrom(error));
    }
    this.#bell.wake();
  }

  /** Whether a file has the size that it was said to have; otherwise it is not fetched. Whoever sent the manifest told the truth. */
  #isAsSaid({ size }: FileManifest): boolean {
    const { sizeBytes } = this.#options;
    if (sizeBytes === undefined || size === sizeBytes) return true;
    const text = `The file has ${size} bytes and not ${sizeBytes}, as was said of it.`;
    this.#stop({ code: 'wrong-size', text });
    return false;
  }

  async #exchange(holder: Holder): Promise<void> {
    while (this.#end === undefined && this.#remaining?.size !== 0) {
      if (holder.wantsMore()) await holder.want(this.#choose(holder));
      if (holder.asked.size === 0) {
        // Another holder may yet drop what this one could give, or the manifest's plan is not made yet.
        const others =
          this.#checking > 0 ||
          [...this.#active.values()].some((other) => other !== holder && other.asked.size > 0);
        if (!others && this.#remaining !== undefined)
          throw new Error('The peer has none of the missing pieces.');
        await this.#bell.next();
        continue;
      }
      const answer = await holder.next();
      if (answer.kind === 'lacking') {
        this.#giveBackOne(answer.index);
      } else {
        await this.#take(holder, answer.index, answer.bytes);
      }
    }
  }

  /** What to ask of a holder next: chunks nobody was asked for, else some that another holder still owes. */
  #choose(holder: Holder): number[] {
    const room = holder.room();
    const chosen: number[] = [];
    for (const index of this.#waiting) {
      if (chosen.length >= room) break;
      if (!holder.lacks.has(index)) chosen.push(index);
    }
    for (const index of chosen) this.#waiting.delete(index);
    if (chosen.length > 0 || holder.asked.size > 0) return chosen;
    return this.#share(holder).slice(0, room);
  }

  /** The later half of what the most burdened other holder owes and nobody else was asked for. Whoever is first counts. */
  #share(holder: Holder): number[] {
    let most: number[] = [];
    for (const other of this.#active.values()) {
      if (other === holder) continue;
      const owed = [...other.asked].filter(
        (index) =>
          this.#remaining?.has(index) === true && !holder.lacks.has(index) && this.#askers(index) === 1,
      );
      if (owed.length > most.length) most = owed;
    }
    return most.slice(Math.floor(most.length / 2));
  }

  #askers(index: number): number {
    let count = 0;
    for (const holder of this.#active.values()) if (holder.asked.has(index)) count += 1;
    return count;
  }

  async #take(holder: Holder, index: number, bytes: Bytes): Promise<void> {
    const manifest = this.#manifest;
    if (manifest === undefined || this.#remaining?.has(index) !== true) return;
    this.#checking += 1;
    const hash = await sha256(bytes);
    this.#checking -= 1;
    const right =
      bytes.length === chunkLength(manifest.size, index) && equalBytes(hash, hashAt(manifest.hashes, index));
    if (!right) {
      // It counts as answered already, so the end of this holder would not give it back.
      this.#giveBackOne(index);
      throw new Liar(`Piece ${index} was wrong.`);
    }
    if (!this.#remaining.delete(index)) return;
    this.#waiting.delete(index);
    this.#bytesHere += bytes.length;
    this.#chunksHere += 1;
    this.#records.delete(holder.peer);
    this.#hopeMs = this.#house.clock.monotonicMs();
    if (this.#remaining.size === 0) this.#bell.wake();
    this.#tell();
    try {
      // Waits while the disk is behind, and with it the holder: nothing piles up here.
      await this.#writer.add({ index, bytes });
    } catch (error) {
      this.#stop(storageRefusalFrom(error));
    }
  }

  #giveBack(holder: Holder): void {
    for (const index of holder.asked) this.#giveBackOne(index);
  }

  #giveBackOne(index: number): void {
    if (this.#remaining?.has(index) === true && this.#askers(index) === 0) this.#waiting.add(index);
    this.#bell.wake();
  }

  #note(peer: PeerId): void {
    const failures = (this.#records.get(peer)?.failures ?? 0) + 1;
    const retryAtMs = this.#house.clock.monotonicMs() + Math.min(retryMsMax, retryMs * 2 ** (failures - 1));
    this.#records.set(peer, { failures, retryAtMs });
  }

  #stop(why: Refusal): void {
    this.#end ??= why;
    for (const holder of this.#active.values()) holder.leave(why.text);
    this.#bell.wake();
  }

  #newWriter(): ChunkWriter<Arrived> {
    return new ChunkWriter((chunks) => this.#house.files.keepChunks(this.#options.id, chunks));
  }

  #tell(): void {
    const size = this.#manifest?.size;
    if (size === undefined || this.#remaining === undefined) return;
    this.#options.onProgress?.({
      size,
      bytesHere: this.#bytesHere,
      chunksHere: this.#chunksHere,
      chunksTotal: this.#chunksHere + this.#remaining.size,
      holders: [...this.#active.keys()],
    });
  }
}

const noHolder = refuse(
  'no-holder',
  'No peer that has this file can be reached. It goes on by itself when one of them opens PeerPrint again.',
).refusal;

function storageRefusalFrom(error: unknown): Refusal {
  if (error instanceof RefusalError) return { code: error.code, text: error.message };
  throw error;
}
