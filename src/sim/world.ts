import { type Bytes, type PrinterId, type Random, must, seededRandom } from '../lib/base/index.ts';
import { type Applied, type OpenEnvelope, QueueState } from '../lib/queue/index.ts';
import {
  type ConfState,
  type Entry,
  MessageType,
  type Snapshot,
  decodeMessage,
  emptyConfState,
} from '../lib/raft/index.ts';
import { Agenda } from './agenda.ts';
import { type Checker, allCheckers } from './checkers/index.ts';
import type { KnownEntry } from './checkers/checker.ts';
import { SimClient } from './client.ts';
import { genesis, numberOf, printerOf, sharedOpener } from './commands.ts';
import { SimDisk } from './disk.ts';
import { type Habits } from './habits.ts';
import { Ledger } from './ledger.ts';
import { SimNetwork } from './network.ts';
import { type Onlooker, SimReplica } from './replica.ts';
import { Site, SiteClock } from './site.ts';

export interface Counts {
  /** Messages stepped into replicas: from the wire, and from their own storage. */
  steps: number;
  commits: number;
  elections: number;
  crashes: number;
  freezes: number;
  cuts: number;
  wipes: number;
  torn: number;
  snapshots: number;
  installs: number;
  changes: number;
  transfers: number;
  reads: number;
  writes: number;
}

export function noCounts(): Counts {
  return {
    steps: 0,
    commits: 0,
    elections: 0,
    crashes: 0,
    freezes: 0,
    cuts: 0,
    wipes: 0,
    torn: 0,
    snapshots: 0,
    installs: 0,
    changes: 0,
    transfers: 0,
    reads: 0,
    writes: 0,
  };
}

/** Largest term × index that one key can hold: terms and indices of a run stay far below. */
const indicesMax = 2 ** 24;

/** All replicas of one group, their disks, clocks and wires, and their clients, on one thread and under one seed. */
export class World {
  readonly habits: Habits;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly network: SimNetwork;
  readonly sites = new Map<number, Site>();
  readonly ledger = new Ledger();
  readonly clients: SimClient[] = [];
  readonly counts = noCounts();
  readonly trace: ((line: string) => void) | undefined;
  readonly #checkers: readonly Checker[];
  readonly #entries = new Map<number, KnownEntry>();
  readonly #opener: OpenEnvelope = sharedOpener();
  readonly #initial: ConfState;
  /** Clients that wait at a replica, by the command's number or the read's context. */
  readonly #waiting = new Map<Site, Map<number, (applied: Applied) => void>>();
  readonly #reading = new Map<
    number,
    { readonly site: Site; readonly client: SimClient; readonly key: number }
  >();
  #moment = 0;
  #number = 0;

  constructor(seed: number, habits: Habits, trace?: (line: string) => void) {
    this.habits = habits;
    this.random = seededRandom(seed);
    this.trace = trace;
    this.network = new SimNetwork(this.agenda, this.random, habits, (from, to, bytes) =>
      this.#deliver(from, to, bytes),
    );
    this.#checkers = allCheckers(this);
    const ids = Array.from({ length: habits.voters + habits.learners }, (_, i) => i + 1);
    this.#initial = {
      ...emptyConfState,
      voters: ids.slice(0, habits.voters),
      learners: ids.slice(habits.voters),
    };
    this.ledger.confState = this.#initial;
    while (this.sites.size < ids.length) this.addSite();
    const state = QueueState.fromGenesis(genesis, this.#opener);
    const digest = must(state.ok ? state.value.digest : undefined, 'the genesis is sound');
    for (let i = 0; i < habits.clients; i++) this.#addClient(digest);
  }

  /** A new site with an empty disk, under an id that was never used, already running. */
  addSite(): Site {
    const id = this.sites.size + 1;
    const disk = new SimDisk(this.agenda, this.random, this.habits.writeMsMax);
    const site = new Site(id, disk, new SiteClock(this.agenda), this.random, this.#initial);
    this.sites.set(id, site);
    this.#waiting.set(site, new Map());
    this.start(site);
    return site;
  }

  /** Starts a process on what its disk holds. */
  start(site: Site): void {
    const loaded = site.disk.load();
    const life = ++site.life;
    site.state = 'up';
    site.frozen = false;
    site.backlog = [];
    site.log = site.disk.safe.copy();
    const { snapshot } = loaded;
    site.confState = snapshot?.confState ?? this.#initial;
    const replica = new SimReplica(
      {
        clock: site.clock,
        random: site.random,
        // A frozen process is not told either.
        disk: { write: (batch, done) => site.disk.write(batch, () => this.#inside(site, life, done)) },
        opener: this.#opener,
        send: (to, bytes) => this.network.send(site.id, to, bytes),
        onlooker: this.#onlookerOf(site),
      },
      this.habits.settings,
      site.id,
      loaded,
      genesis,
      this.#initial,
    );
    site.replica = replica;
    site.role = 'follower';
    site.term = replica.node.term;
    site.commit = replica.node.commit;
    site.applied = replica.node.applied;
    this.trace?.(`${site.id} starts in term ${site.term} with log ${site.log.lastTerm}/${site.log.last}`);
    for (const checker of this.#checkers) checker.onFate?.(site);
    replica.begin();
    this.#scheduleTick(site, life);
  }

  /** Its process dies, and the machine with it. True if the disk was left torn. */
  crash(site: Site, mayTear: boolean): boolean {
    this.counts.crashes++;
    const torn = site.disk.crash(mayTear);
    this.trace?.(`${site.id} crashes${torn ? ' and leaves a torn record' : ''}`);
    this.#stop(site);
    site.state = 'down';
    for (const checker of this.#checkers) checker.onFate?.(site);
    return torn;
  }

  /** The disk is lost and the id with it: what comes back is another replica. */
  lose(site: Site): void {
    this.trace?.(`${site.id} loses its disk`);
    this.counts.wipes++;
    site.disk.crash(false);
    this.#stop(site);
    site.state = 'lost';
    for (const checker of this.#checkers) checker.onFate?.(site);
  }

  /** Shuts down a replica that is no member any more. */
  retire(site: Site): void {
    this.trace?.(`${site.id} retires`);
    site.disk.crash(false);
    this.#stop(site);
    site.state = 'retired';
  }

  freeze(site: Site): void {
    this.trace?.(`${site.id} freezes`);
    this.counts.freezes++;
    site.frozen = true;
  }

  thaw(site: Site): void {
    if (!site.frozen) return;
    this.trace?.(`${site.id} thaws`);
    site.frozen = false;
    const { backlog } = site;
    site.backlog = [];
    for (const run of backlog) run();
  }

  /** The leader of the highest term among those that run. */
  leader(): Site | undefined {
    let best: Site | undefined;
    for (const site of this.sites.values()) {
      const leads = site.isUp && !site.frozen && site.role === 'leader';
      if (leads && site.term > (best?.term ?? 0)) best = site;
    }
    return best;
  }

  end(): void {
    for (const checker of this.#checkers) checker.onEnd?.();
  }

  #stop(site: Site): void {
    site.life++;
    site.replica = undefined;
    site.role = 'follower';
    site.frozen = false;
    site.backlog = [];
    this.#waiting.get(site)?.clear();
  }

  /** Runs something in the site's present process: later if that is frozen, never if it has died. */
  #inside(site: Site, life: number, run: () => void): void {
    if (site.life !== life || !site.isUp) return;
    if (site.frozen) site.backlog.push(() => this.#inside(site, life, run));
    else run();
  }

  #scheduleTick(site: Site, life: number): void {
    this.agenda.after(this.habits.settings.tickMs / site.clock.rate, () => {
      this.#inside(site, life, () => {
        site.replica?.tick();
        this.#scheduleTick(site, life);
      });
    });
  }

  #deliver(from: number, to: number, bytes: Uint8Array): void {
    const site = this.sites.get(to);
    if (site === undefined || !site.isUp) return;
    this.#inside(site, site.life, () => {
      this.counts.steps++;
      if (this.trace !== undefined) this.#traceMessage(bytes);
      site.replica?.receive(bytes, from);
    });
  }

  #traceMessage(bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return;
    const { type, from, to, term, index, logTerm, entries, commit, reject } = decoded.value;
    const name = Object.entries(MessageType).find(([, value]) => value === type)?.[0] ?? '?';
    this.trace?.(
      `${from}→${to} ${name} term ${term} at ${logTerm}/${index} commit ${commit}` +
        `${entries.length > 0 ? ` +${entries.length}` : ''}${reject ? ' rejected' : ''}`,
    );
  }

  #onlookerOf(site: Site): Onlooker {
    const checkers = this.#checkers;
    const waiting = must(this.#waiting.get(site), 'every site has its waiting clients');
    return {
      onLog: (entries, snapshot) => {
        this.#syncRole(site);
        if (entries.length > 0 || snapshot !== undefined) this.#takeLog(site, entries, snapshot);
      },
      onProgress: () => this.#syncCommit(site),
      onConfChange: (entry) => {
        site.confState = must(site.replica, 'it runs').confState;
        if (entry.index > this.ledger.confIndex) {
          this.ledger.confIndex = entry.index;
          this.ledger.confState = site.confState;
        }
        this.counts.changes++;
        this.trace?.(`${site.id} has members ${JSON.stringify(site.confState)}`);
      },
      onApplied: (entry, applied) => {
        this.ledger.applied = Math.max(this.ledger.applied, entry.index);
        for (const checker of checkers) checker.onApplied?.(site, entry, applied);
        const number = numberOf(entry.data);
        const wake = waiting.get(number);
        if (wake === undefined) return;
        waiting.delete(number);
        wake(applied);
      },
      onInstalled: (snapshot) => {
        this.counts.installs++;
        site.confState = snapshot.confState;
        this.trace?.(`${site.id} installs snapshot ${snapshot.term}/${snapshot.index}`);
        for (const checker of checkers) checker.onInstalled?.(site, snapshot);
      },
      onSnapshot: (index, data) => {
        this.counts.snapshots++;
        for (const checker of checkers) checker.onSnapshot?.(site, index, data);
      },
      onWritten: () => {
        this.counts.steps++;
      },
      onSend: (message) => {
        for (const checker of checkers) checker.onSend?.(site, message);
      },
      onReadState: (index, context) => {
        for (const checker of checkers) checker.onReadState?.(site, context, index);
      },
      onReadReady: (context) => this.#answerRead(site, context),
    };
  }

  #syncRole(site: Site): void {
    const node = must(site.replica, 'it runs').node;
    site.applied = node.applied;
    if (node.role === site.role && node.term === site.term) return;
    const became = node.role === 'leader';
    site.role = node.role;
    site.term = node.term;
    this.trace?.(`${site.id} is ${site.role} in term ${site.term}`);
    if (!became) return;
    this.counts.elections++;
    for (const checker of this.#checkers) checker.onLeader?.(site);
  }

  #takeLog(site: Site, entries: readonly Entry[], snapshot: Snapshot | undefined): void {
    if (snapshot !== undefined) site.log.reset(snapshot.index, snapshot.term);
    site.log.append(entries);
    for (const entry of entries) {
      const key = entry.term * indicesMax + entry.index;
      const known = this.#entries.get(key);
      const prevTerm = site.log.term(entry.index - 1);
      for (const checker of this.#checkers) checker.onEntry?.(site, entry, prevTerm, known);
      if (known !== undefined) continue;
      this.#entries.set(key, { entry, prevTerm });
      if (entry.type !== 0) this.ledger.confEntries.push({ term: entry.term, index: entry.index });
    }
    for (const checker of this.#checkers) checker.onLog?.(site);
  }

  #syncCommit(site: Site): void {
    const node = must(site.replica, 'it runs').node;
    const from = site.commit;
    if (node.commit === from) return;
    site.commit = node.commit;
    const { ledger } = this;
    const fresh = site.commit > ledger.length;
    while (ledger.length < site.commit) {
      const entry = site.log.at(ledger.length + 1);
      if (entry === undefined) break;
      ledger.chosen.push(entry);
      ledger.chosenIn.push(site.term);
      this.counts.commits++;
    }
    for (const checker of this.#checkers) checker.onCommit?.(site, from, fresh);
  }

  #addClient(digest: Uint8Array): void {
    const client = new SimClient({
      random: this.random,
      digest,
      keys: this.habits.keys,
      after: (delayMs, run) => this.agenda.after(delayMs, run),
      moment: () => ++this.#moment,
      nextNumber: () => ++this.#number,
      offer: (who, number, bytes) => this.#offer(who, number, bytes),
      ask: (who, context, key) => this.#ask(who, context, key),
    });
    this.clients.push(client);
    this.agenda.after(this.random.below(500), () => client.begin());
  }

  /** Some running replica: its own, or the one that leads, as clients are told where to go, or any. */
  #someSite(client: SimClient): Site | undefined {
    const home = this.sites.get(client.home);
    if (home?.isUp === true && this.random.below(2) === 0) return home;
    const leader = this.leader();
    if (leader !== undefined && this.random.below(4) > 0) return leader;
    const running = [...this.sites.values()].filter((site) => site.isUp);
    const site = running[this.random.below(Math.max(1, running.length))];
    client.home = site?.id ?? 0;
    return site;
  }

  #offer(client: SimClient, number: number, bytes: Bytes | Uint8Array): void {
    const site = this.#someSite(client);
    if (site === undefined) return;
    const { life } = site;
    const deliver = () =>
      this.#inside(site, life, () => {
        const settled = (applied: Applied) => {
          this.agenda.after(this.random.below(5), () => {
            this.counts.writes++;
            client.settled(number, applied);
          });
        };
        this.#waiting.get(site)?.set(number, settled);
        site.replica?.propose(bytes);
      });
    this.agenda.after(this.network.delayMs(), deliver);
    // A client that is not sure asks twice.
    if (this.random.below(16) === 0) this.agenda.after(this.network.delayMs(), deliver);
  }

  #ask(client: SimClient, context: number, key: number): void {
    const site = this.#someSite(client);
    if (site === undefined) return;
    const { life } = site;
    this.agenda.after(this.network.delayMs(), () =>
      this.#inside(site, life, () => {
        this.#reading.set(context, { site, client, key });
        for (const checker of this.#checkers) checker.onReadAsked?.(context);
        site.replica?.read(context);
      }),
    );
  }

  #answerRead(site: Site, context: number): void {
    const reading = this.#reading.get(context);
    if (reading?.site !== site) return;
    this.#reading.delete(context);
    const printer: PrinterId = printerOf(reading.key);
    const value = Number(site.replica?.state.printers.get(printer)?.name ?? 0);
    this.agenda.after(this.random.below(5), () => {
      this.counts.reads++;
      reading.client.answered(context, value);
    });
  }
}
