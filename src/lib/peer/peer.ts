import {
  type Bytes,
  type Clock,
  type Log,
  type LogLine,
  type PeerId,
  type QueueId,
  type Random,
  RefusalError,
  type Result,
  concat,
  encode,
  hex,
  messageOf,
  ok,
  parse,
  refuse,
  sha256,
  utf8,
} from '../base/index.ts';
import { FileStore } from '../files/index.ts';
import {
  commandLimits,
  commandProtocol,
  joinLimits,
  joinProtocol,
  presenceLimits,
  presenceProtocol,
  raftLimits,
  raftProtocol,
  snapshotLimits,
  snapshotProtocol,
} from '../network/protocols.ts';
import type { Wire } from '../network/port.ts';
import { type Applied, openGenesis, signGenesis } from '../queue/index.ts';
import { parseLink } from '../registry/index.ts';
import type { Store } from '../storage/port.ts';
import { type Identity, saveIdentity } from './identity.ts';
import { type PendingJoin, askToJoin, encodePendingJoin, parsePendingJoin } from './joining.ts';
import { queuesMax } from './limits.ts';
import { presenceOf } from './my-presence.ts';
import { forgetPrint, keptOutcome, keptOutcomes } from './print-journal.ts';
import { PeerFiles } from './peer-files.ts';
import { finishCommand } from './print-work.ts';
import { PrinterDesk } from './printer-desk.ts';
import { QueueHost } from './queue-host.ts';
import { queueOfRaftFrame } from './raft-frame.ts';
import { encodeReplicaRecord } from './replica-record.ts';
import { answerChunk } from './snapshot-exchange.ts';
import { commandRequest, joinRequest, snapshotRequest } from './wire-shapes.ts';

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
}

/** A join that nobody has answered yet. */
export interface Joining {
  readonly join: PendingJoin;
  readonly abort: AbortController;
  readonly ended: Promise<Result<QueueId>>;
}

/**
 * One browser profile as a peer: its queues, files, printers and connections. Made of ports, so that the simulator runs it whole.
 */
export class Peer {
  readonly ports: PeerPorts;
  readonly files: PeerFiles;
  readonly desk: PrinterDesk;
  readonly hosts = new Map<QueueId, QueueHost>();
  readonly joinings = new Map<QueueId, Joining>();
  /** Queues whose log could not be opened, and why. */
  readonly broken = new Map<string, { readonly code: string; readonly text: string }>();
  readonly #byDigest = new Map<string, QueueHost>();
  readonly #found = new Set<PeerId>();
  readonly #listeners = new Set<(queue: QueueId | undefined) => void>();
  readonly #ownRelays = new Set<string>();
  #identity: Identity;
  #closed = false;

  private constructor(ports: PeerPorts, files: FileStore) {
    this.ports = ports;
    const { clock, random, wire, log } = ports;
    this.files = new PeerFiles({
      store: files,
      wire,
      clock,
      log: log.room('files'),
      self: ports.identity.peer,
      hosts: () => this.hosts.values(),
      onChange: (queue) => this.changed(queue),
    });
    this.#identity = ports.identity;
    this.desk = new PrinterDesk({
      clock,
      random,
      log: log.room('printers'),
      keeper: this.files.keeper,
      queues: () => this.hosts.values(),
      onChange: () => this.#printersChanged(),
      keptOutcome: (print) => keptOutcome(ports.store, print),
      onAttach: () => {
        this.#takeOverOutcomes().catch((error: unknown) =>
          log.error(`outcomes in the journal could not be read: ${messageOf(error)}`),
        );
      },
    });
    this.#listen();
  }

  /** Opens every queue of this profile and takes up joins that were under way. */
  static async open(ports: PeerPorts): Promise<Peer> {
    const peer = new Peer(ports, await FileStore.open(ports.store, ports.log.room('files')));
    for (const key of await ports.store.listLogs()) await peer.#openHost(key);
    for (const [key, bytes] of await ports.store.entries('queues')) {
      const join = parsePendingJoin(bytes);
      if (join === undefined || peer.hosts.has(join.link.queue)) await ports.store.delete('queues', key);
      else peer.#startJoin(join);
    }
    peer.rewire();
    await peer.#takeOverOutcomes();
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

  /** Relays known outside any queue: the one that serves the app, and those a person added. */
  addRelays(addresses: readonly string[]): void {
    for (const address of addresses) this.#ownRelays.add(address);
    this.rewire();
  }

  setOwnRelays(addresses: readonly string[]): void {
    this.#ownRelays.clear();
    this.addRelays(addresses);
  }

  /** Makes a queue that this peer owns, and opens it. */
  async createQueue(name: string, lan: boolean): Promise<Result<QueueId>> {
    if (this.hosts.size >= queuesMax) return tooManyQueues;
    const { random, clock, store } = this.ports;
    const incarnation = random.bytes(16);
    const genesis = signGenesis(this.#identity.seed, {
      name,
      ownerName: this.#identity.name,
      createdMs: Math.floor(clock.wallMs()),
      nonce: random.bytes(16),
      rendezvous: random.bytes(16),
      lan,
      incarnation,
    });
    const opened = openGenesis(genesis);
    if (!opened.ok) return opened;
    const record = {
      genesis,
      replicaId: 1,
      incarnation,
      book: [{ replicaId: 1, peer: this.#identity.peer }],
    };
    try {
      await store.createLog(opened.value.id, encodeReplicaRecord(record));
    } catch (error) {
      if (error instanceof RefusalError) return refuse(error.code, error.message);
      throw error;
    }
    await this.#openHost(opened.value.id);
    this.rewire();
    return ok(opened.value.id);
  }

  /** Begins to join by a link; the join goes on until someone answers or it is given up. */
  async join(text: string): Promise<Result<Joining | QueueId>> {
    const parsed = parseLink(text, this.ports.clock.wallMs());
    if (!parsed.ok) return parsed;
    const link = parsed.value;
    if (this.hosts.has(link.queue)) return ok(link.queue);
    const running = this.joinings.get(link.queue);
    if (running !== undefined && running.join.text === text.trim()) return ok(running);
    running?.abort.abort(new Error('another link took its place'));
    if (this.hosts.size + this.joinings.size >= queuesMax) return tooManyQueues;
    const join: PendingJoin = { link, text: text.trim(), incarnation: this.ports.random.bytes(16) };
    await this.ports.store.put('queues', link.queue, encodePendingJoin(join));
    return ok(this.#startJoin(join));
  }

  /** Takes a queue off this browser: its log, and files that no other queue here needs. */
  async leave(queue: QueueId): Promise<void> {
    const joining = this.joinings.get(queue);
    joining?.abort.abort(new Error('the queue was left'));
    this.joinings.delete(queue);
    await this.ports.store.delete('queues', queue);
    const host = this.hosts.get(queue);
    if (host !== undefined) {
      host.handOver();
      this.hosts.delete(queue);
      this.#byDigest.delete(hex(host.digest));
      await host.close();
      const kept = new Set([...this.hosts.values()].flatMap((each) => [...each.state.files.keys()]));
      for (const file of host.state.files.keys()) if (!kept.has(file)) await this.files.store.delete(file);
    }
    if (host !== undefined || this.broken.delete(queue)) await this.ports.store.deleteLog(queue);
    this.rewire();
    this.changed(queue);
  }

  /** Tells the wire whom and what this peer wants to be connected to. */
  rewire(): void {
    const { wire } = this.ports;
    const relays = new Set(this.#ownRelays);
    const peers = new Set<PeerId>();
    const keys: Bytes[] = [];
    for (const host of this.hosts.values()) {
      const { head } = host.state;
      for (const address of head.relays) relays.add(address);
      for (const peer of host.wanted()) peers.add(peer);
      // A queue bound to the local network is not announced anywhere.
      if (!head.lan) keys.push(rendezvousKey(head.rendezvous));
    }
    for (const { join } of this.joinings.values()) {
      for (const address of join.link.relays) relays.add(address);
      for (const peer of join.link.peers) peers.add(peer);
      if (join.link.rendezvous !== undefined) keys.push(rendezvousKey(join.link.rendezvous));
    }
    peers.delete(this.#identity.peer);
    wire.setRelays([...relays]);
    wire.want(peers);
    wire.rendezvous(keys);
  }

  /** The last tab is closing: leaders hand over, so that the others need not wait for an election. */
  handOver(): void {
    for (const host of this.hosts.values()) host.handOver();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.desk.close();
    this.files.close();
    for (const { abort } of this.joinings.values()) abort.abort(new Error('the peer closed'));
    for (const host of this.hosts.values()) await host.close();
    await this.ports.wire.close();
    await this.ports.store.close();
  }

  changed(queue: QueueId | undefined): void {
    for (const listener of this.#listeners) listener(queue);
  }

  async #openHost(key: string): Promise<void> {
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
            if (kinds.has('member') || kinds.has('queue')) this.#rewireSoon();
            if (kinds.has('file') || kinds.has('job') || kinds.has('queue')) this.files.keepSoon();
            this.ports.onApplied?.(from, applied);
          },
          onChange: (from) => {
            this.#lookSoon();
            this.files.keepSoon();
            this.changed(from.queue);
          },
        },
        key,
      );
      this.hosts.set(host.queue, host);
      this.#byDigest.set(hex(host.digest), host);
      this.files.keepSoon();
    } catch (error) {
      if (!(error instanceof RefusalError)) throw error;
      log.error(`queue ${key} cannot be opened: ${error.message}`);
      this.broken.set(key, { code: error.code, text: error.message });
    }
    this.changed(undefined);
  }

  /** Prints whose end is on disk but in no outbox: their worker or this one died in between. */
  async #takeOverOutcomes(): Promise<void> {
    const { store, log } = this.ports;
    for (const { print, queue, outcome } of await keptOutcomes(store)) {
      const host = this.hosts.get(queue);
      // Its worker may have told it in the meantime.
      if (host === undefined || host.reports(print)) continue;
      const forget = () => {
        forgetPrint(store, print).catch((error: unknown) =>
          log.warn(`a reported print stays in the journal: ${messageOf(error)}`),
        );
      };
      void host.submit(
        finishCommand(print, outcome, this.ports.clock.wallMs()),
        `Report: ${outcome.outcome}`,
        { onKept: forget },
      );
    }
  }

  #startJoin(join: PendingJoin): Joining {
    const abort = new AbortController();
    const { clock, random, log, wire } = this.ports;
    const ports = {
      clock,
      random,
      log: log.room('join'),
      wire,
      identity: this.#identity,
      found: () => [...this.#found],
    };
    const ended = askToJoin(ports, join, abort.signal).then(async (end): Promise<Result<QueueId>> => {
      const queue = join.link.queue;
      this.joinings.delete(queue);
      if (end.kind === 'refused') {
        await this.ports.store.delete('queues', queue);
        this.changed(undefined);
        return { ok: false, refusal: end.refusal };
      }
      await this.ports.store.createLog(queue, encodeReplicaRecord(end.record));
      await this.ports.store.delete('queues', queue);
      await this.#openHost(queue);
      this.rewire();
      return ok(queue);
    });
    const joining: Joining = { join, abort, ended };
    this.joinings.set(join.link.queue, joining);
    ended.catch((error: unknown) => {
      if (!abort.signal.aborted) log.error(`joining ${join.link.name} broke: ${messageOf(error)}`);
    });
    this.rewire();
    this.changed(undefined);
    return joining;
  }

  #listen(): void {
    const { wire } = this.ports;
    wire.handleMessages(raftProtocol, raftLimits, (from, message) => {
      const queue = queueOfRaftFrame(message);
      if (queue !== undefined) this.#byDigest.get(hex(queue))?.receiveRaft(from, message);
    });
    wire.handleMessages(presenceProtocol, presenceLimits, (from, message) => {
      for (const host of this.hosts.values()) {
        if (host.state.members.has(from)) host.presence.receive(from, message);
      }
    });
    wire.handleRequests(commandProtocol, commandLimits, async (_from, bytes) => {
      const request = parse(commandRequest, bytes, commandLimits.frameBytesMax);
      const host = request.ok ? this.#byDigest.get(hex(request.value.q)) : undefined;
      if (!request.ok || host === undefined) return encode({ kind: 'not-leader', leader: null });
      return encode(host.admit(request.value.envelope));
    });
    wire.handleRequests(joinProtocol, joinLimits, async (from, bytes) => {
      const request = parse(joinRequest, bytes, joinLimits.frameBytesMax);
      const host = request.ok ? this.#byDigest.get(hex(request.value.q)) : undefined;
      if (!request.ok || host === undefined) return encode({ kind: 'elsewhere', peers: [] });
      return encode(await host.admitJoin(from, request.value.envelope));
    });
    wire.handleRequests(snapshotProtocol, snapshotLimits, async (from, bytes) => {
      const request = parse(snapshotRequest, bytes, snapshotLimits.frameBytesMax);
      const host = request.ok ? this.#byDigest.get(hex(request.value.q)) : undefined;
      if (!request.ok || host === undefined) return encode({ kind: 'denied' });
      return answerChunk(host, from, request.value);
    });
    wire.onFound((peer) => {
      this.#found.add(peer);
      if (this.#found.size > foundMax) this.#found.clear();
    });
    wire.onChange(() => {
      for (const host of this.hosts.values()) host.connectionsChanged();
      this.files.keepSoon();
      this.changed(undefined);
    });
  }

  #printersChanged(): void {
    for (const host of this.hosts.values()) {
      host.presence.changed();
      this.changed(host.queue);
    }
    this.changed(undefined);
  }

  #lookDue = false;
  /** The desk looks for work after what happens now has happened. */
  #lookSoon(): void {
    if (this.#lookDue || this.#closed) return;
    this.#lookDue = true;
    queueMicrotask(() => {
      this.#lookDue = false;
      this.desk.look();
    });
  }

  #rewireDue = false;
  #rewireSoon(): void {
    if (this.#rewireDue || this.#closed) return;
    this.#rewireDue = true;
    queueMicrotask(() => {
      this.#rewireDue = false;
      this.rewire();
    });
  }
}

/** Peers found by rendezvous that are remembered for joins. */
const foundMax = 200;

const tooManyQueues = refuse(
  'too-many-queues',
  `This browser is in ${queuesMax} queues, which is the most it keeps. Leave one first.`,
);

/** Where a queue's peers meet on the DHT: only those who know the queue can name it, and it does not name the queue. */
function rendezvousKey(rendezvous: Uint8Array): Bytes {
  return sha256(concat(utf8('peerprint/rendezvous/1\n'), rendezvous));
}
