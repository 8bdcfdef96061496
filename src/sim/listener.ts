import { type Bytes, type Clock, type Random, silentLog } from '../lib/base/index.ts';
import type { Feed } from '../lib/peer/replica/feed.ts';
import { Listener } from '../lib/peer/replica/listening.ts';
import type { OpenEnvelope, QueueState } from '../lib/queue/index.ts';
import type { ConfState } from '../lib/raft/index.ts';
import type { AppendBatch, ReplicaLog, StoredReplica } from '../lib/storage/port.ts';
import { owner } from './commands.ts';

export interface ListenerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly opener: OpenEnvelope;
  readonly write: (batch: AppendBatch, done: () => void) => void;
  /** What it hands to its disk, before anything else happens. */
  readonly onBatch: (batch: AppendBatch) => void;
  /** It stopped: it found what cannot be. */
  readonly onFault: (text: string) => void;
}

/** What nobody waits for. */
const never: Promise<never> = new Promise(() => undefined);

/**
 * One who listens instead of taking part: the product's listener, told by whoever votes what is committed. A snapshot comes whole, and
 * what stands under a voter's name is true: signatures and chunks are other rooms' matter.
 */
export class SimListener {
  readonly #ports: ListenerPorts;
  readonly #listener: Listener;
  readonly #term: number;
  readonly #vote: number;
  #writing = 0;
  #whenIdle: (() => void) | undefined;

  constructor(ports: ListenerPorts, id: number, stored: StoredReplica, genesis: Bytes) {
    this.#ports = ports;
    this.#term = stored.hardState.term;
    this.#vote = stored.hardState.vote;
    this.#listener = Listener.open(
      {
        clock: ports.clock,
        random: ports.random,
        log: silentLog,
        opener: ports.opener,
        disk: this.#disk(),
        replicaOf: () => 0,
        askForChunk: () => never,
        onDropped: () => undefined,
        onApplied: () => undefined,
        onChange: () => undefined,
        onStopped: (code, text) => ports.onFault(`${code}: ${text}`),
      },
      id,
      stored,
      genesis,
    );
  }

  get state(): QueueState {
    return this.#listener.state;
  }

  get confState(): ConfState {
    return this.#listener.status().confState;
  }

  get term(): number {
    return this.#listener.status().term;
  }

  /** Index behind which entries are wanted. */
  get wantedAfter(): number {
    return this.#listener.wantedAfter;
  }

  /** Who leads, as far as somebody said. */
  leader = 0;

  /** What a voter tells. */
  take({ offer, ...feed }: Feed): void {
    if (offer !== null) return;
    const news = { queue: this.state.digest, ...feed, offer };
    this.#listener.take({ by: owner.peer, news });
    if (this.#listener.doubts(owner.peer)) this.#ports.onFault('a voter’s word did not fit');
  }

  /** Where the entries wanted are folded away, a snapshot takes their place. Gives what is to be written. */
  snapshotBatch({ offer }: Feed): AppendBatch | undefined {
    if (offer === null || offer.index <= this.state.index) return undefined;
    const { index, term, confState, manifest: data } = offer;
    const newest = Math.max(this.term, term);
    const vote = newest === this.#term ? this.#vote : 0;
    return {
      hardState: { term: newest, vote, commit: index },
      snapshot: { index, term, confState, data },
      durable: true,
    };
  }

  /** Stops, and calls back when all that it has is on the disk. */
  release(done: () => void): void {
    this.#whenIdle = done;
    void this.#listener.release();
    this.#lookWhetherIdle();
  }

  #disk(): ReplicaLog {
    return {
      epoch: 0,
      identity: () => never,
      load: () => never,
      append: (batch) => {
        this.#writing++;
        this.#ports.onBatch(batch);
        this.#ports.write(batch, () => {
          this.#writing--;
          this.#lookWhetherIdle();
        });
        return never;
      },
      close: () => never,
    };
  }

  #lookWhetherIdle(): void {
    if (this.#writing > 0) return;
    const done = this.#whenIdle;
    this.#whenIdle = undefined;
    done?.();
  }
}
