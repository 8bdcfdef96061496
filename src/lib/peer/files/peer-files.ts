import {
  type Clock,
  type FileId,
  type Log,
  type PeerId,
  type QueueId,
  type SetId,
} from '../../base/index.ts';
import { type FileStore, FileTransfer } from '../../files/index.ts';
import type { Store } from '../../storage/port.ts';
import type { Wire } from '../../network/port.ts';
import type { QueueFile } from '../../queue/index.ts';
import { FileKeeper, type Wanted, wantedOf } from './file-keeper.ts';
import { filesToldMax } from '../limits.ts';
import { Pictures } from './pictures.ts';
import type { QueueHost } from '../host/queue-host.ts';

export interface PeerFilesPorts {
  readonly store: FileStore;
  readonly records: Store;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly log: Log;
  readonly self: PeerId;
  readonly hosts: () => Iterable<QueueHost>;
  /** Files of that queue changed here; undefined when it is not one queue's matter. */
  readonly onChange: (queue: QueueId | undefined) => void;
}

/** The files of all queues of this peer: who may have them, who has them, which are kept here. */
export class PeerFiles {
  readonly store: FileStore;
  readonly keeper: FileKeeper;
  readonly pictures: Pictures;
  readonly #ports: PeerFilesPorts;
  #closed = false;

  constructor(ports: PeerFilesPorts) {
    this.#ports = ports;
    this.store = ports.store;
    const { store: files, wire, clock, log } = ports;
    const transfer = new FileTransfer({
      files,
      wire,
      clock,
      log,
      mayServe: (peer, file) => this.#mayServe(peer, file),
    });
    this.keeper = new FileKeeper({
      files,
      records: ports.records,
      transfer,
      clock,
      log,
      reach: () => this.#reach(),
      needed: () => this.#needed(),
      drop: (file) => this.delete(file),
      holders: (file) => this.#holders(file),
      onChange: () => this.#changed(),
    });
    this.pictures = new Pictures({
      files,
      store: ports.records,
      clock,
      log,
      onChange: () => ports.onChange(undefined),
    });
    files.onChange(() => this.#changed());
  }

  /** Takes a file off this browser, and what was noted of it. */
  async delete(file: FileId): Promise<void> {
    await this.store.delete(file);
    await this.keeper.forget(file);
    await this.pictures.forget(file);
  }

  close(): void {
    this.#closed = true;
    this.keeper.close();
    this.pictures.close();
  }

  /** Only members of a queue get its files. */
  #mayServe(peer: PeerId, file: FileId): boolean {
    for (const host of this.#ports.hosts()) {
      if (host.state.members.has(peer) && host.state.files.has(file)) return true;
    }
    return false;
  }

  /**
   * Who says in a queue of that file that it holds it; behind them, who names as many files as one message takes and may hold more. In other
   * queues nobody is believed, nor asked: they need not know what is wanted here.
   */
  #holders(file: FileId): readonly PeerId[] {
    const holders = new Set<PeerId>();
    const maybe = new Set<PeerId>();
    for (const host of this.#ports.hosts()) {
      if (!host.state.files.has(file)) continue;
      for (const [peer, { files }] of host.presence.all()) {
        if (files.includes(file)) holders.add(peer);
        else if (files.length >= filesToldMax) maybe.add(peer);
      }
    }
    return [...holders, ...[...maybe].filter((peer) => !holders.has(peer))];
  }

  /** A trusted peer keeps the files of open jobs, so that they outlive the browser they came from. */
  #keep(host: QueueHost): void {
    if (this.#closed) return;
    const me = host.state.members.get(this.#ports.self);
    if (me?.voter === true) this.keeper.keep(openFiles(host));
  }

  /** The same for many files at once: what all peers tell is gone through once. */
  #reach(): (file: FileId) => boolean {
    const told = new Set<FileId>();
    const mayHoldMore = new Set<QueueHost>();
    for (const host of this.#ports.hosts()) {
      for (const [, { files }] of host.presence.all()) {
        for (const file of files) told.add(file);
        if (files.length >= filesToldMax) mayHoldMore.add(host);
      }
    }
    return (file) => told.has(file) || [...mayHoldMore].some((host) => host.state.files.has(file));
  }

  /** What may not be dropped to make room. */
  #needed(): ReadonlySet<FileId> {
    const needed = new Set<FileId>();
    for (const { state } of this.#ports.hosts()) {
      const add = (id: SetId) => {
        const set = state.sets.get(id);
        if (set !== undefined) needed.add(set.file);
      };
      for (const job of state.jobs.values()) if (!job.done) job.sets.forEach(add);
      for (const print of state.prints.values()) add(print.set);
    }
    return needed;
  }

  #keepDue = false;
  /** Looks once for many changes of one moment: what is missing does not become urgent in a third of a second. */
  keepSoon(): void {
    if (this.#keepDue || this.#closed) return;
    this.#keepDue = true;
    this.#ports.clock.after(keepEveryMs, () => {
      this.#keepDue = false;
      for (const host of this.#ports.hosts()) if (host.trouble === undefined) this.#keep(host);
    });
  }

  #changed(): void {
    this.keepSoon();
    for (const host of this.#ports.hosts()) {
      host.presence.changed();
      this.#ports.onChange(host.queue);
    }
  }
}

/** How often files of open jobs are looked for at most, in milliseconds. */
const keepEveryMs = 300;

/** Files that are to outlive the browser they came from. A draft is its author's own until it is released. */
function* openFiles(host: QueueHost): Iterable<Wanted> {
  const state = host.state;
  for (const job of state.jobs.values()) {
    if (job.done || job.draft) continue;
    for (const id of job.sets) {
      const set = state.sets.get(id);
      const file: QueueFile | undefined = set === undefined ? undefined : state.files.get(set.file);
      if (file !== undefined) yield wantedOf(file);
    }
  }
}
