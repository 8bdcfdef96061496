import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type QueueId,
  type Random,
  type Refusal,
  RefusalError,
  type Result,
  equalBytes,
  messageOf,
  ok,
} from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { openGenesis, rendezvousKey } from '../../queue/index.ts';
import type { Store } from '../../storage/port.ts';
import { forgetHalt, isHaltKey } from './halts.ts';
import type { Identity } from '../identity.ts';
import { foundMax } from '../limits.ts';
import {
  type JoinTarget,
  type PendingJoin,
  askToJoin,
  encodePendingJoin,
  parsePendingJoin,
} from './joining.ts';
import { type ReplicaRecord, encodeReplicaRecord, parseReplicaRecord } from '../replica/replica-record.ts';

export interface JoinsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly wire: Wire;
  readonly identity: () => Identity;
  /** The log of a queue is there now. */
  readonly onJoined: (queue: QueueId) => Promise<void>;
  /** Nobody lets this peer in: the reason. */
  readonly onRefused: (join: PendingJoin, code: string, text: string) => Promise<void>;
  readonly onChange: () => void;
}

/** A join that nobody has answered yet. */
export interface Joining {
  readonly join: PendingJoin;
  readonly abort: AbortController;
  readonly ended: Promise<Result<QueueId>>;
  /** Somebody has let this peer in, and its new log is being made: too late for another way in. */
  readonly isSettling: () => boolean;
  /** Peers found under its rendezvous key. */
  readonly found: Set<PeerId>;
}

/** Joins and rejoins under way. Each is on disk until it has ended, so that a reload goes on with it. */
export class Joins {
  readonly #ports: JoinsPorts;
  readonly #running = new Map<QueueId, Joining>();

  constructor(ports: JoinsPorts) {
    this.#ports = ports;
  }

  get(queue: QueueId): Joining | undefined {
    return this.#running.get(queue);
  }

  values(): IterableIterator<Joining> {
    return this.#running.values();
  }

  get size(): number {
    return this.#running.size;
  }

  /** What an earlier life left under way. */
  async kept(): Promise<ReadonlyMap<QueueId, PendingJoin>> {
    const { store } = this.#ports;
    const joins = new Map<QueueId, PendingJoin>();
    for (const [key, bytes] of await store.entries('queues')) {
      if (isHaltKey(key)) continue;
      const join = parsePendingJoin(bytes);
      if (join === undefined) await store.delete('queues', key);
      else joins.set(join.link.queue, join);
    }
    return joins;
  }

  async begin(join: PendingJoin): Promise<Joining> {
    await this.#ports.store.put('queues', join.link.queue, encodePendingJoin(join));
    return this.goOn(join);
  }

  goOn(join: PendingJoin): Joining {
    const abort = new AbortController();
    const found = new Set<PeerId>();
    const ports = {
      ...this.#ports,
      identity: this.#ports.identity(),
      log: this.#ports.log.room('join'),
      found: () => [...found],
    };
    let settling = false;
    const ended = askToJoin(ports, join, abort.signal).then(async (end): Promise<Result<QueueId>> => {
      // An answer to who has given up, or goes another way by now, is nobody's.
      abort.signal.throwIfAborted();
      const { queue } = join.link;
      settling = end.kind === 'joined';
      if (!settling) this.#running.delete(queue);
      if (end.kind === 'refused') {
        await this.#ports.store.delete('queues', queue);
        await this.#ports.onRefused(join, end.refusal.code, end.refusal.text);
        return { ok: false, refusal: end.refusal };
      }
      try {
        await this.#settle(queue, end.record);
      } finally {
        this.#running.delete(queue);
        this.#ports.onChange();
      }
      return ok(queue);
    });
    const joining: Joining = { join, abort, ended, isSettling: () => settling, found };
    this.#running.set(join.link.queue, joining);
    ended.catch((error: unknown) => {
      if (!abort.signal.aborted)
        this.#ports.log.error(`joining ${join.link.name} broke: ${messageOf(error)}`);
    });
    this.#ports.onChange();
    return joining;
  }

  /** A peer was found: it is asked by the joins that look under that key, and by no others. */
  found(peer: PeerId, key: Uint8Array): void {
    for (const { join, found } of this.#running.values()) {
      const { rendezvousKey } = join.link;
      if (rendezvousKey === undefined || !equalBytes(rendezvousKey, key)) continue;
      if (found.size >= foundMax) found.clear();
      found.add(peer);
    }
  }

  /** A log that a rejoin was to replace is the new one already: the process died in between. */
  async hasSettled(join: PendingJoin, stored: ReplicaRecord): Promise<boolean> {
    if (!equalBytes(stored.incarnation, join.incarnation)) return false;
    await this.#forget(join.link.queue);
    return true;
  }

  async give(queue: QueueId, why: string): Promise<void> {
    this.#running.get(queue)?.abort.abort(new Error(why));
    this.#running.delete(queue);
    await this.#forget(queue);
  }

  close(): void {
    for (const { abort } of this.#running.values()) abort.abort(new Error('the peer closed'));
  }

  /** The old log goes only when the new replica is there: asking again for the same incarnation gives the same replica. */
  async #settle(queue: QueueId, record: ReplicaRecord): Promise<void> {
    const { store } = this.#ports;
    // Also who comes by a link may have one that gives way: damaged, or of a rejoin that a link overtook.
    if ((await store.listLogs()).includes(queue)) await store.deleteLog(queue);
    await store.createLog(queue, encodeReplicaRecord(record));
    await this.#forget(queue);
    await this.#ports.onJoined(queue);
  }

  async #forget(queue: QueueId): Promise<void> {
    await this.#ports.store.delete('queues', queue);
    await forgetHalt(this.#ports.store, queue);
  }
}

/** Coming back to a queue in the place of the replica that this peer was. */
export function comeback(
  stored: ReplicaRecord,
  known: {
    readonly relays: readonly string[];
    readonly peers: Iterable<PeerId>;
    /** As the state told it; without one that can be read, the genesis. */
    readonly rendezvous: Bytes | undefined;
  },
  self: PeerId,
  incarnation: Bytes,
  takeOver: boolean,
): PendingJoin | undefined {
  const opened = openGenesis(stored.genesis);
  if (!opened.ok) return undefined;
  const { id, genesis } = opened.value;
  const peers = new Set([...known.peers, ...stored.book.map(({ peer }) => peer)]);
  peers.delete(self);
  if (peers.size === 0) return undefined;
  const link: JoinTarget = {
    queue: id,
    name: genesis.name,
    relays: known.relays,
    peers: [...peers].slice(0, comebackPeersMax),
    rendezvousKey: genesis.lan ? undefined : rendezvousKey(known.rendezvous ?? genesis.rendezvous),
  };
  return { link, text: '', incarnation, by: { kind: 'rejoin', replaces: stored.replicaId, takeOver } };
}

/** Peers that are kept to ask: some of them lead on, and each names others. */
const comebackPeersMax = 50;

/** Who this peer was in a queue, read from a log whose entries may be damaged; undefined when that is lost, too. */
export async function recordOf(store: Store, queue: QueueId): Promise<ReplicaRecord | undefined> {
  let stored: Bytes;
  try {
    const log = await store.openLog(queue);
    try {
      stored = await log.identity();
    } finally {
      await log.close();
    }
  } catch (error) {
    // Nothing of it can be read: a link to the queue is the way back.
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
  const parsed = parseReplicaRecord(stored);
  return parsed.ok ? parsed.value : undefined;
}

/** A queue whose log could not be opened, and why. */
export interface Broken extends Refusal {
  readonly name: string;
}

/** What a queue that cannot be opened was called, if that can still be read. */
export async function nameOf(store: Store, queue: QueueId): Promise<string> {
  const record = await recordOf(store, queue);
  const opened = record === undefined ? undefined : openGenesis(record.genesis);
  return opened?.ok === true ? opened.value.genesis.name : 'A queue that cannot be read';
}
