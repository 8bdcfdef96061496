import type { Bytes, Clock, Log } from '../../base/index.ts';
import type { Message, RawNode, Snapshot } from '../../raft/index.ts';
import { snapshotBytesMax, snapshotPatienceTicks } from '../limits.ts';
import { SnapshotPatience } from './snapshot-patience.ts';
import { SnapshotPull } from './snapshot-pull.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';

export interface TrafficPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly node: RawNode;
  readonly ask: (replica: number, digest: Bytes, chunk: number) => Promise<Bytes | undefined>;
  /** The core gets the offer only now, with its data, as if it had been long on its way. */
  readonly take: (message: Message) => void;
  readonly onProgress: () => void;
}

/** Snapshots of one replica, on their way out and in: the core's messages only name them, the bytes travel by themselves. */
export class SnapshotTraffic {
  readonly #ports: TrafficPorts;
  readonly #patience = new SnapshotPatience(snapshotPatienceTicks);
  readonly #shelf: SnapshotShelf;
  readonly #pull: SnapshotPull;

  constructor(ports: TrafficPorts) {
    this.#ports = ports;
    this.#shelf = new SnapshotShelf(ports.clock);
    this.#pull = new SnapshotPull({ ...ports, onWhole: (message) => this.#takeWhole(message) });
  }

  /** The share of a snapshot under way that is here, from 0 to 1; undefined when none is being copied. */
  get copied(): number | undefined {
    const { progress } = this.#pull;
    return progress === undefined ? undefined : progress.bytesHere / progress.size;
  }

  /** Puts a snapshot on offer: see `SnapshotShelf`. */
  offer(snapshot: Snapshot): Snapshot {
    return this.#shelf.offer(snapshot);
  }

  /** Nothing is on offer, and nothing is being pulled. */
  get isIdle(): boolean {
    return this.#shelf.isEmpty && this.#pull.progress === undefined;
  }

  /** The form in which a message leaves: with the manifest for the data. Undefined when its snapshot is too large to travel. */
  outgoing(message: Message): Message | undefined {
    const { snapshot } = message;
    if (snapshot === undefined) return message;
    if (snapshot.data.length <= snapshotBytesMax)
      return { ...message, snapshot: this.#shelf.offer(snapshot) };
    this.#ports.log.error(`a snapshot of ${snapshot.data.length} bytes is too large to travel`);
    return undefined;
  }

  /** True when the message offers a snapshot that is needed: it reaches the core when its data are here. */
  holdsBack(message: Message): boolean {
    if (!this.#ports.node.needsSnapshot(message)) return false;
    this.#pull.offered(message);
    return true;
  }

  /** A chunk of a snapshot that this replica has offered, for that replica. Undefined when it is not on offer any more. */
  chunk(replicaId: number, name: string, chunk: number): Uint8Array | undefined {
    const bytes = this.#shelf.chunk(name, chunk);
    if (bytes !== undefined) this.#patience.pulled(replicaId);
    return bytes;
  }

  ticked(): void {
    const { node } = this.#ports;
    if (node.role === 'leader') {
      for (const id of this.#patience.tick(node.status())) node.reportSnapshot(id, false);
    } else {
      this.#patience.forget();
    }
    this.#shelf.sweep();
    // The log came after all, or another snapshot.
    if ((this.#pull.progress?.index ?? Infinity) <= node.commit) this.#pull.drop();
  }

  close(): void {
    this.#pull.drop();
  }

  #takeWhole(message: Message): void {
    // Of a leader before this one: the present one will offer its own, maybe the same.
    if (message.term < this.#ports.node.term) return;
    this.#pull.drop();
    this.#ports.take(message);
  }
}
