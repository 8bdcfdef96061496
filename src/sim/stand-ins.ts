import { type Bytes, type Clock, signatureBytes } from '../lib/base/index.ts';
import { encodeConfState } from '../lib/peer/replica/replica-record.ts';
import type { Snapshot } from '../lib/raft/index.ts';
import type { StoredSnapshot } from '../lib/storage/port.ts';
import type { ReplicaPorts } from './replica-ports.ts';

/** How much faster elections are here than in the product, whose limits in ms are meant for those. */
export const fasterThanProduct = 3;

/** A clock by which the product's times fit the elections here. */
export class FastClock implements Clock {
  readonly #ports: Pick<ReplicaPorts, 'clock' | 'after'>;

  constructor(ports: Pick<ReplicaPorts, 'clock' | 'after'>) {
    this.#ports = ports;
  }

  monotonicMs(): number {
    return this.#ports.clock.monotonicMs() * fasterThanProduct;
  }

  wallMs(): number {
    return this.monotonicMs();
  }

  after(delayMs: number, run: () => void): () => void {
    let isCancelled = false;
    this.#ports.after(delayMs / fasterThanProduct, () => {
      if (!isCancelled) run();
    });
    return () => (isCancelled = true);
  }
}

/** What nobody waits for. */
export const never: Promise<never> = new Promise(() => undefined);

/** Stands for a signature: only the replica itself makes its own. */
export function signatureOf(leader: number, { term, candidate }: { term: number; candidate: number }): Bytes {
  const bytes = new Uint8Array(signatureBytes);
  new Uint32Array(bytes.buffer, 0, 3).set([leader, term, candidate]);
  return bytes;
}

export function storedSnapshot(snapshot: Snapshot): StoredSnapshot {
  return { ...snapshot, confState: encodeConfState(snapshot.confState) };
}
