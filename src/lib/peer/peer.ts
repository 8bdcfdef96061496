import {
  type Clock,
  type Log,
  type LogLine,
  type QueueId,
  type Random,
  type Refusal,
  RefusalError,
  type Result,
  hex,
  ok,
  refuse,
} from '../base/index.ts';
import { FileStore } from '../files/index.ts';
import type { Wire } from '../network/port.ts';
import type { Applied } from '../queue/index.ts';
import { parseLink } from '../registry/index.ts';
import type { Store } from '../storage/port.ts';
import type { Surroundings } from './serving/diagnosing.ts';
import { type Identity, saveIdentity } from './identity.ts';
import { keepHalt, keptHalts } from './members/halts.ts';
import { handOver } from './host/handing-over.ts';
import { type PendingJoin, pendingByLink } from './members/joining.ts';
import { type Broken, type Joining, Joins, comeback, nameOf, recordOf } from './members/joins.ts';
import { Heirs } from './members/heirs.ts';
import { inviteMembers } from './members/inviting.ts';
import { Drops } from './host/drops.ts';
import { carryOver, found, goOn, isHalfFounded, noCopy, tooManyQueues } from './members/founding.ts';
import { queuesMax } from './limits.ts';
import { presenceOf } from './printing/my-presence.ts';
import { takeOverOutcomes, takeOverSoon } from './printing/late-outcomes.ts';
import { keptOutcome } from './printing/print-journal.ts';
import { PeerFiles } from './files/peer-files.ts';
import { listen } from './peer-wire.ts';
import { soon } from './soon.ts';
import { Stops } from './members/stops.ts';
import { OwnRelays } from './members/own-relays.ts';
import { moveOn } from './members/moving.ts';
import { wish, wishesOf } from './members/wishes.ts';
import { BegunPrints } from './printing/begun-prints.ts';
import { PrinterDesk } from './printing/printer-desk.ts';
import { QueueOrder } from './printing/queue-order.ts';
import { QueueHost } from './host/queue-host.ts';

export interface PeerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly wire: Wire;
  readonly identity: Identity;
  /** For those who watch from outside, such as the simulator's checkers: each applied entry, once its host has followed it. */
  readonly onApplied?: (host: QueueHost, applied: Applied) => void;
  /** Newest lines of the log, for the diagnostics page. */
  readonly recentLog?: () => readonly LogLine[];
  /** What the platform around the peer has to say there: versions, tabs, dropped messages. */
  readonly surroundings?: () => Surroundings;
}

/**
 * One browser profile as a peer: its queues, files, printers and connections. Made of ports, so that the simulator runs it whole.
 */
export class Peer {
  readonly ports: PeerPorts;
  readonly files: PeerFiles;
  readonly desk: PrinterDesk;
  readonly hosts = new Map<QueueId, QueueHost>();
  readonly order: QueueOrder;
  readonly #begun: BegunPrints;
  readonly joinings: Joins;
  readonly heirs: Heirs;
  /** Queues whose log could not be opened, and why. */
  readonly broken = new Map<string, Broken>();
  /** Messages that were for no queue of this peer. */
  readonly drops = new Drops();
  readonly #byDigest = new Map<string, QueueHost>();
  readonly #listeners = new Set<(queue: QueueId | undefined) => void>();
  readonly relays: OwnRelays;
  readonly #stops: Stops;
  #identity: Identity;
  #closed = false;

  private constructor(ports: PeerPorts, files: FileStore) {
    this.ports = ports;
    const { clock, random, wire, log } = ports;
    this.files = new PeerFiles({
      store: files,
      records: ports.store,
      wire,
      clock,
      log: log.room('files'),
      self: ports.identity.peer,
      hosts: () => this.hosts.values(),
      onChange: (queue) => this.changed(queue),
    });
    this.#identity = ports.identity;
    this.joinings = new Joins({
      clock,
      random,
      log,
      store: ports.store,
      wire,
      identity: () => this.#identity,
      onJoined: async (queue) => {
        await this.#openHost(queue);
        this.rewire();
        takeOverSoon(ports, this.hosts);
      },
      onRefused: (join, code, text) => this.#notLetIn(join, { code, text }),
      onChange: () => {
        this.rewire();
        this.changed(undefined);
      },
    });
    this.order = new QueueOrder(ports.store);
    this.relays = new OwnRelays({
      store: ports.store,
      log: ports.log.room('network'),
      named: () => wishesOf(this.hosts.values(), this.joinings.values(), [], ports.identity.peer).relays,
      onChange: () => {
        this.rewire();
        this.changed(undefined);
      },
    });
    this.heirs = new Heirs({
      log: log.room('heirs'),
      store: ports.store,
      wire,
      self: ports.identity.peer,
      hosts: () => this.hosts.values(),
      hostOf: (queue) => this.hosts.get(queue),
      invite: (host, grant) => inviteMembers(this, host, grant),
      onChange: (queue) => this.changed(queue),
    });
    this.#begun = new BegunPrints(ports.store, log.room('printers'));
    this.desk = new PrinterDesk({
      begun: this.#begun,
      clock,
      random,
      log: log.room('printers'),
      keeper: this.files.keeper,
      queues: () => this.order.sort(this.hosts),
      onChange: () => this.#printersChanged(),
      keptOutcome: (print) => keptOutcome(ports.store, print),
      onAttach: () => takeOverSoon(ports, this.hosts),
    });
    this.#stops = new Stops({
      ...ports,
      rejoin: (queue) => this.rejoin(queue, false),
      reopen: (queue) => this.#reopen(queue),
    });
    this.#listen();
  }

  /** Opens every queue of this profile and takes up joins that were under way. */
  static async open(ports: PeerPorts): Promise<Peer> {
    const peer = new Peer(ports, await FileStore.open(ports.store, ports.log.room('files')));
    await peer.order.load();
    await peer.relays.load();
    await peer.#begun.load();
    await peer.files.keeper.load();
    const joins = await peer.joinings.kept();
    const halts = await keptHalts(ports.store);
    for (const key of await ports.store.listLogs()) {
      const queue = key as QueueId;
      const join = joins.get(queue);
      const stored = join?.by.kind === 'rejoin' ? await recordOf(ports.store, queue) : undefined;
      const settled =
        join !== undefined && stored !== undefined && (await peer.joinings.hasSettled(join, stored));
      // A replica that is to give way must not go on meanwhile.
      if (join?.by.kind !== 'rejoin' || settled)
        await peer.#openHost(queue, settled ? undefined : halts.get(key));
    }
    for (const [queue, join] of joins) {
      if (peer.hosts.has(queue)) await ports.store.delete('queues', queue);
      else peer.joinings.goOn(join);
    }
    for (const [queue, { code }] of halts) {
      if (code === 'lost-data') peer.#stops.comeBackAlone(queue as QueueId);
    }
    for (const host of [...peer.hosts.values()]) if (isHalfFounded(host)) await peer.leave(host.queue);
    await peer.heirs.load();
    peer.heirs.settle();
    peer.rewire();
    await takeOverOutcomes(ports, peer.hosts);
    return peer;
  }

  get identity(): Identity {
    return this.#identity;
  }

  /** Called with the queue that changed, or undefined when the peer itself did. */
  onChange(listener: (queue: QueueId | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async setName(name: string): Promise<void> {
    this.#identity = { ...this.#identity, name };
    await saveIdentity(this.ports.store, this.#identity, this.ports.clock.wallMs());
    for (const host of this.hosts.values()) {
      if (!host.state.members.has(this.#identity.peer)) continue;
      await host.submit({ type: 'rename-member', peer: this.#identity.peer, name }, `Call me ${name}`);
    }
    this.changed(undefined);
  }

  /** Makes a queue that this peer owns, and opens it. */
  async createQueue(name: string, lan: boolean): Promise<Result<QueueId>> {
    if (this.hosts.size >= queuesMax) return tooManyQueues;
    return this.#begin(await found(this.ports, this.#identity, { name, lan }));
  }

  async #begin(founded: Result<QueueId>): Promise<Result<QueueId>> {
    if (founded.ok) {
      await this.#openHost(founded.value);
      this.rewire();
    }
    return founded;
  }

  /** Begins a new queue with everything that this peer's copy of a lost one holds; see `goOn`. */
  async goOn(queue: QueueId): Promise<Result<QueueId>> {
    const old = this.hosts.get(queue);
    if (old === undefined) return noCopy(this.broken.get(queue), this.joinings.get(queue) !== undefined);
    if (this.hosts.size >= queuesMax) return tooManyQueues;
    const founded = await this.#begin(await goOn(this.ports, this.#identity, old));
    this.heirs.settle();
    if (founded.ok) carryOver(old, this.hosts.get(founded.value));
    return founded;
  }

  /** Begins to join by a link; the join goes on until someone answers or it is given up. */
  async join(text: string): Promise<Result<Joining | QueueId>> {
    const parsed = parseLink(text, this.ports.clock.wallMs());
    if (!parsed.ok) return parsed;
    const link = parsed.value;
    if (this.hosts.has(link.queue)) return ok(link.queue);
    const running = this.joinings.get(link.queue);
    if (running !== undefined && (running.join.text === text.trim() || running.isSettling()))
      return ok(running);
    running?.abort.abort(new Error('another link took its place'));
    if (this.hosts.size + this.joinings.size >= queuesMax) return tooManyQueues;
    const join = pendingByLink(link, text.trim(), this.ports.random.bytes(16));
    // What stands in the way of a new replica: the log of one that cannot be opened.
    if (this.broken.has(link.queue)) return ok(await this.#comeBack(link.queue, join));
    return ok(await this.joinings.begin(join));
  }

  /**
   * Joins a queue again as new, in the place of the replica that this peer was; what the others have is copied from them.
   * @param takeOver a person said so: also when another copy of this profile has taken part since
   */
  async rejoin(queue: QueueId, takeOver: boolean): Promise<Result<Joining>> {
    const running = this.joinings.get(queue);
    if (running !== undefined) return ok(running);
    const host = this.hosts.get(queue);
    const stored = host?.record ?? (await recordOf(this.ports.store, queue));
    const known = {
      relays: [...new Set([...(host?.state.head.relays ?? []), ...this.relays])],
      peers: [...(host?.state.members.values() ?? [])]
        .filter((member) => member.voter)
        .map(({ peer }) => peer),
      rendezvous: host?.state.head.rendezvous,
    };
    const incarnation = this.ports.random.bytes(16);
    const join =
      stored === undefined ? undefined : comeback(stored, known, this.#identity.peer, incarnation, takeOver);
    if (join === undefined) {
      return refuse(
        'nobody-else',
        'Nothing here tells who else keeps this queue. Open a link to it, and this browser joins again as new.',
      );
    }
    return ok(await this.#comeBack(queue, join));
  }

  async #comeBack(queue: QueueId, join: PendingJoin): Promise<Joining> {
    this.#stops.forget(queue);
    await this.#closeHost(queue);
    this.broken.delete(queue);
    const { by } = join;
    // The log of the replica that gives way is replaced, whoever lets this peer in.
    if (by.kind === 'invitation') await this.ports.store.deleteLog(queue);
    return this.joinings.begin(join);
  }

  async #closeHost(queue: QueueId): Promise<QueueHost | undefined> {
    const host = this.hosts.get(queue);
    if (host === undefined) return undefined;
    this.hosts.delete(queue);
    this.#byDigest.delete(hex(host.digest));
    await host.close();
    return host;
  }

  /** A rejoin that was refused leaves the old copy readable, and silent. */
  async #notLetIn(join: PendingJoin, halt: Refusal): Promise<void> {
    const { queue } = join.link;
    if (join.by.kind === 'rejoin') {
      await keepHalt(this.ports.store, queue, halt);
      await this.#openHost(queue, halt);
    }
    this.rewire();
    this.changed(undefined);
  }

  /** Opens it from its log, as a new start of the app would. */
  async #reopen(queue: QueueId): Promise<void> {
    await this.#closeHost(queue);
    this.broken.delete(queue);
    if (!this.#closed && this.joinings.get(queue) === undefined) await this.#openHost(queue);
  }

  /** Takes a queue off this browser: its log, and files that no other queue here needs. */
  async leave(queue: QueueId): Promise<void> {
    await this.joinings.give(queue, 'the queue was left');
    this.#stops.forget(queue);
    const leaving = this.hosts.get(queue);
    if (leaving !== undefined) await handOver(this.ports, leaving);
    const host = await this.#closeHost(queue);
    if (host !== undefined) {
      const kept = new Set([...this.hosts.values()].flatMap((each) => [...each.state.files.keys()]));
      for (const file of host.state.files.keys()) if (!kept.has(file)) await this.files.delete(file);
    }
    if (host !== undefined || this.broken.delete(queue)) await this.ports.store.deleteLog(queue);
    this.rewire();
    this.changed(queue);
  }

  /** Tells the wire whom and what this peer wants to be connected to. */
  rewire(): void {
    wish(this.ports.wire, [...this.hosts.values()], [...this.joinings.values()], this.relays);
  }

  /** Leaders hand over, so that the others need not wait for an election. Resolves when that is done or has taken too long. */
  async handOver(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => handOver(this.ports, host)));
  }

  async close(): Promise<void> {
    await this.handOver();
    this.#closed = true;
    this.desk.close();
    this.#stops.close();
    this.files.close();
    this.joinings.close();
    for (const host of this.hosts.values()) await host.close();
    await this.ports.wire.close();
    await this.ports.store.close();
  }

  changed(queue: QueueId | undefined): void {
    for (const listener of this.#listeners) listener(queue);
  }

  /** @param halt opens it for reading only, with the reason */
  async #openHost(key: string, halt?: Refusal): Promise<void> {
    const { clock, random, log, store, wire } = this.ports;
    try {
      const host = await QueueHost.open(
        {
          clock,
          random,
          log,
          store,
          wire,
          identity: this.#identity,
          presence: (queue) => presenceOf(this.hosts.get(queue), this.desk, this.files.keeper),
          onApplied: (from, applied) => {
            const kinds = new Set(applied.changed.map((change) => change.kind));
            if (kinds.has('member') || kinds.has('queue') || kinds.has('invitation')) this.#rewireSoon();
            if (kinds.has('file') || kinds.has('job') || kinds.has('queue')) this.files.keepSoon();
            this.ports.onApplied?.(from, applied);
          },
          onTopics: () => this.#rehear(),
          onChange: (from) => {
            this.#lookSoon();
            this.files.keepSoon();
            this.heirs.tell();
            moveOn(from, random, log);
            this.changed(from.queue);
          },
          heirOf: (queue) => this.heirs.ownOf(queue),
          onStopped: (from, code, text) => {
            this.#stops.stopped(from.queue, code, text);
            this.#rewireSoon();
          },
        },
        key,
        halt,
      );
      this.hosts.set(host.queue, host);
      this.#byDigest.set(hex(host.digest), host);
      this.desk.hostOpened(host);
      this.files.keepSoon();
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      log.error(`queue ${key} cannot be opened: ${error.message}`);
      const name = await nameOf(store, key as QueueId);
      this.broken.set(key, { code: error.code, text: error.message, name });
      this.#stops.stopped(key as QueueId, error.code, error.message);
    }
    this.changed(undefined);
  }

  #listen(): void {
    listen(this.ports.wire, {
      hostOf: (digest) => this.#byDigest.get(hex(digest)),
      hostOfTopic: (topic) => [...this.hosts.values()].find((host) => host.part.topic === topic),
      onDropped: this.drops.count,
      onHeir: (old, from, message) => this.heirs.receive(old, from, message),
      onFound: (peer, key) => this.joinings.found(peer, key),
      onChange: () => {
        for (const host of this.hosts.values()) host.connectionsChanged();
        this.heirs.tell();
        this.files.keepSoon();
        this.changed(undefined);
      },
    });
  }

  #rehear(): void {
    const topics = [...this.hosts.values()].map((host) => host.part.topic).filter((topic) => topic !== '');
    this.ports.wire.hear(new Set(topics));
  }

  #printersChanged(): void {
    for (const host of this.hosts.values()) {
      host.presence.changed();
      this.changed(host.queue);
    }
    this.changed(undefined);
  }

  /** The desk looks for work after what happens now has happened. */
  readonly #lookSoon = soon(
    () => this.#closed,
    () => this.desk.look(),
  );
  readonly #rewireSoon = soon(
    () => this.#closed,
    () => this.rewire(),
  );
}
