import { expect, vi } from 'vitest';
import { type Bytes, ManualClock, type PeerId, equalBytes, seededRandom, silentLog } from '../base/index.ts';
import { MemoryNetwork, type Wire, type WireStream, filesLimits, filesProtocol } from '../network/index.ts';
import { openMemoryStore } from '../storage/index.ts';
import type { Store } from '../storage/port.ts';
import { chunkBytes } from './limits.ts';
import type { FileManifest } from './manifest.ts';
import { FileStore } from './store.ts';
import { filled } from './test-files.ts';
import { FileTransfer } from './transfer.ts';

export interface Peer {
  readonly id: PeerId;
  readonly wire: Wire;
  readonly store: Store;
  readonly files: FileStore;
  readonly transfer: FileTransfer;
}

/** Hashes being taken off this thread, in real time. */
let hashing = 0;

/** Peers in one thread under a clock that the tests move. */
export class World {
  readonly clock = new ManualClock();
  readonly network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1), detectMs: 50 });
  /** Chunks served, by holder. */
  readonly served = new Map<PeerId, number>();

  async peer(name: string, mayServe = true): Promise<Peer> {
    const id = name as PeerId;
    const wire = this.network.join(id);
    const store = openMemoryStore();
    const files = await FileStore.open(store, silentLog);
    const read = files.readChunk.bind(files);
    files.readChunk = (file, index) => {
      this.served.set(id, (this.served.get(id) ?? 0) + 1);
      return read(file, index);
    };
    const transfer = new FileTransfer({
      files,
      wire,
      clock: this.clock,
      log: silentLog,
      mayServe: () => mayServe,
    });
    return { id, wire, store, files, transfer };
  }

  /** A peer that answers the files protocol as it likes. */
  rogue(name: string, onStream: (stream: WireStream) => Promise<void>): PeerId {
    const id = name as PeerId;
    this.network.join(id).handleStreams(filesProtocol, filesLimits, (_from, stream) => onStream(stream));
    return id;
  }

  /** Moves time until the promise has settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (let turns = 0; !settled;) {
      if (turns > 200_000) throw new Error('nothing settles');
      await new Promise((resolve) => setImmediate(resolve));
      // A busy machine takes its time for hashes: they must not look like peers that fell silent, nor as if nothing settled.
      if (hashing > 0) continue;
      turns += 1;
      this.clock.advance(20);
    }
    return promise;
  }

  servedInAll(): number {
    return [...this.served.values()].reduce((sum, count) => sum + count, 0);
  }
}

const digest = crypto.subtle.digest.bind(crypto.subtle);
vi.spyOn(crypto.subtle, 'digest').mockImplementation((algorithm, data) => {
  hashing += 1;
  return digest(algorithm, data).finally(() => (hashing -= 1));
});

export async function expectWhole(peer: Peer, manifest: FileManifest, bytes: Bytes): Promise<void> {
  const open = peer.files.open(manifest.id);
  expect(open?.size).toBe(bytes.length);
  let at = 0;
  for await (const part of open?.chunks() ?? []) {
    expect(equalBytes(part, bytes.subarray(at, at + part.length))).toBe(true);
    at += part.length;
  }
  expect(at).toBe(bytes.length);
}

/** The file of most tests: 41 chunks. */
export const bytes = filled(40 * chunkBytes + 123, 11);
