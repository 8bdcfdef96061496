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
import type { Feed } from '../lib/peer/replica/feed.ts';
import { parseRaftFrame } from '../lib/peer/replica/raft-frame.ts';
import type { StoredReplica } from '../lib/storage/port.ts';
import { Agenda } from './agenda.ts';
import { type Checker, Violation, allCheckers } from './checkers/index.ts';
import type { Backup } from './disk.ts';
import type { KnownEntry } from './checkers/checker.ts';
import { SimClient } from './client.ts';
import { noCounts } from './counts.ts';
import { genesis, numberOf, printerOf, sharedOpener } from './commands.ts';
import { type Loaded, SimDisk, entryOf } from './disk.ts';
import { type Habits } from './habits.ts';
import { Ledger } from './ledger.ts';
import { SimListener } from './listener.ts';
import { SimNetwork } from './network.ts';
import { SimReplica } from './replica.ts';
import type { Onlooker, Question, Reply } from './replica-ports.ts';
import { Site, SiteClock } from './site.ts';
import { Witnesses } from './witnesses.ts';

/** How often a site looks whether it is to have another part, and a listener asks for news, in ms. */
const partMs = 400;
/** How much longer than its limit a note may take to be on a disk, in ms: writes wait for each other. */
const witnessSlackMs = 500;

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
  readonly witnesses: Witnesses;
  readonly clients: SimClient[] = [];
  readonly counts = noCounts();
  readonly trace: ((line: string) => void) | undefined;
  /** A replica is the first to have new members. */
  onNewMembers: ((site: Site) => void) | undefined;
  readonly #checkers: Checker[];
  readonly #entries = new Map<number, KnownEntry>();
  readonly #opener: OpenEnvelope = sharedOpener();
  readonly #initial: ConfState;
  readonly #digest: Bytes;
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
    this.witnesses = new Witnesses(2 * habits.settings.noteMs + 2 * habits.writeMsMax + witnessSlackMs);
    this.trace = trace;
    this.network = new SimNetwork(this.agenda, this.random, habits, (to, bytes) => this.#deliver(to, bytes));
    this.#checkers = [...allCheckers(this)];
    const state = QueueState.fromGenesis(genesis, this.#opener);
    this.#digest = must(state.ok ? state.value.digest : undefined, 'the genesis is sound');
    const ids = Array.from({ length: habits.voters + habits.learners }, (_, i) => i + 1);
    this.#initial = {
      ...emptyConfState,
      voters: ids.slice(0, habits.voters),
      learners: ids.slice(habits.voters),
    };
    this.ledger.members.splice(0, 1, { index: 0, confState: this.#initial });
    while (this.sites.size < ids.length) this.addSite();
    for (let i = 0; i < habits.clients; i++) this.#addClient(this.#digest);
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
    const number = site.random.below(2 ** 31);
    this.#takePart(site, life, loaded, number);
    this.#scheduleTick(site, life);
    this.agenda.after(partMs, () =>
      this.#inside(site, life, () => this.#lookAtPart(site, life, loaded.epoch, number)),
    );
  }

  /** Begins to take part in Raft, with what was read from its disk. */
  #takePart(site: Site, life: number, loaded: Loaded, number: number): void {
    site.state = 'up';
    site.frozen = false;
    site.backlog = [];
    site.log = site.disk.safe.copy();
    site.confState = site.disk.snapshot?.confState ?? this.#initial;
    site.confIndex = this.#confIndexAt(site.disk.snapshot?.index ?? 0);
    const replica = new SimReplica(
      {
        clock: site.clock,
        random: site.random,
        // A frozen process is not told either.
        disk: { write: (batch, done) => site.disk.write(batch, () => this.#inside(site, life, done)) },
        life: { epoch: loaded.epoch, number },
        opener: this.#opener,
        send: (to, frame) => this.network.send(site.id, to, frame),
        ask: (to, question, answered) => this.#askSite(site, life, to, question, answered),
        isConnected: (id) => this.#isConnected(site.id, id),
        after: (delayMs, run) =>
          this.agenda.after(delayMs / site.clock.rate, () => this.#inside(site, life, run)),
        onlooker: this.#onlookerOf(site),
      },
      this.habits.settings,
      site.id,
      loaded,
      genesis,
      this.#initial,
    );
    site.replica = replica;
    site.listener = undefined;
    site.ledMs = this.agenda.nowMs;
    site.role = 'follower';
    site.term = replica.node.term;
    site.commit = replica.node.commit;
    site.applied = replica.node.applied;
    this.trace?.(`${site.id} starts in term ${site.term} with log ${site.log.lastTerm}/${site.log.last}`);
    for (const checker of this.#checkers) checker.onFate?.(site);
    replica.begin();
  }

  /** Looks whether this site is to have another part, as `lib/peer/replica/part.ts` does for whoever is to vote. */
  #lookAtPart(site: Site, life: number, epoch: number, number: number): void {
    const again = () =>
      this.agenda.after(partMs / site.clock.rate, () =>
        this.#inside(site, life, () => this.#lookAtPart(site, life, epoch, number)),
      );
    const { replica, listener } = site;
    if (listener !== undefined) {
      const { voters, votersOutgoing, learners } = listener.confState;
      const counts = voters.includes(site.id) || votersOutgoing.includes(site.id);
      if (!counts && !(learners.includes(site.id) && listener.leader !== 0)) {
        this.#listen(site, life, listener);
        again();
        return;
      }
      listener.release(() => {
        this.trace?.(`${site.id} takes part again`);
        this.#takePart(site, life, { stored: site.disk.reload(), epoch }, number);
        again();
      });
      return;
    }
    if (replica === undefined || replica.hasHalted) return;
    if (replica.node.lead !== 0) site.ledMs = Infinity;
    else if (site.ledMs === Infinity) site.ledMs = this.agenda.nowMs;
    if (!this.#mayListen(site, replica)) {
      again();
      return;
    }
    replica.release(() => {
      this.trace?.(`${site.id} listens`);
      this.counts.listens++;
      this.#startListening(site, life, site.disk.reload());
      again();
    });
  }

  /** Who is to vote listens when nobody leads it: but not as long as what it acknowledged may count, unless all who are here were asked. */
  #mayListen(site: Site, replica: SimReplica): boolean {
    const { voters, votersOutgoing } = replica.confState;
    if (voters.includes(site.id) || votersOutgoing.includes(site.id)) return false;
    if (this.agenda.nowMs - site.ledMs < this.habits.settings.aloneMs) return false;
    // The members of the beginning are in no log here: only a snapshot says them.
    if (!replica.takesPart || site.disk.snapshot === undefined) return false;
    return replica.node.lastIndex() <= replica.node.commit || replica.hasAskedAll;
  }

  #startListening(site: Site, life: number, stored: StoredReplica): void {
    site.replica = undefined;
    site.log = site.disk.safe.copy();
    const listener: SimListener = new SimListener(
      {
        clock: site.clock,
        random: site.random,
        opener: this.#opener,
        write: (batch, done) => site.disk.write(batch, () => this.#inside(site, life, done)),
        onBatch: ({ entries }) => {
          const unknown = entries?.findIndex(({ index, term }) => site.log.term(index) !== term) ?? -1;
          if (entries !== undefined && unknown >= 0)
            this.#takeLog(site, entries.slice(unknown).map(entryOf), undefined);
        },
        onFault: (text) => {
          throw new Violation('listener', `${site.id}: ${text}`);
        },
      },
      site.id,
      stored,
      genesis,
    );
    site.listener = listener;
    site.role = 'follower';
    site.term = listener.term;
    site.commit = listener.state.index;
    for (const checker of this.#checkers) checker.onFate?.(site);
  }

  /** Asks somebody for what was committed behind what it has. */
  #listen(site: Site, life: number, listener: SimListener): void {
    const leader = this.random.below(4) > 0 ? this.leader() : undefined;
    const others = [...this.sites.values()].filter((other) => other !== site && other.isUp);
    const asked = leader ?? others[this.random.below(Math.max(1, others.length))];
    if (asked === undefined) return;
    this.network.request(site.id, asked.id, () =>
      this.#inside(asked, asked.life, () => {
        const { replica } = asked;
        const feed = replica?.feed(listener.wantedAfter);
        const lead = replica?.node.lead ?? 0;
        this.network.request(asked.id, site.id, () =>
          this.#inside(site, life, () => {
            if (site.listener !== listener) return;
            listener.leader = lead;
            if (feed !== undefined) this.#hear(site, life, listener, feed);
          }),
        );
      }),
    );
  }

  #hear(site: Site, life: number, listener: SimListener, feed: Feed): void {
    const batch = listener.snapshotBatch(feed);
    if (batch !== undefined) {
      // It starts over with that.
      listener.release(() =>
        site.disk.write(batch, () =>
          this.#inside(site, life, () => this.#startListening(site, life, site.disk.reload())),
        ),
      );
      return;
    }
    const from = site.commit;
    listener.take(feed);
    site.term = listener.term;
    site.commit = listener.state.index;
    site.confState = listener.confState;
    if (site.commit !== from) for (const checker of this.#checkers) checker.onCommit?.(site, from, false);
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

  /** Its machine dies, and an older copy of its disk takes its place. */
  restore(site: Site, backup: Backup): void {
    this.counts.restores++;
    this.crash(site, false);
    site.before = site.disk.safe;
    site.disk.restore(backup);
    site.isRestored = true;
    this.trace?.(`${site.id} has a disk from a backup, of term ${backup.term} with ${backup.last} entries`);
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
    site.awakeMs = this.agenda.nowMs;
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

  /** From now on nothing holds any more of what the checkers watch over. */
  forgetPromises(): void {
    this.#checkers.length = 0;
  }

  end(): void {
    for (const checker of this.#checkers) checker.onEnd?.();
  }

  #stop(site: Site): void {
    site.life++;
    this.witnesses.died(site, this.agenda.nowMs);
    site.replica = undefined;
    site.listener = undefined;
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

  #deliver(to: number, bytes: Uint8Array): void {
    const site = this.sites.get(to);
    if (site === undefined || !site.isUp) return;
    this.#inside(site, site.life, () => {
      this.counts.steps++;
      if (this.trace !== undefined) this.#traceMessage(bytes);
      const heard = site.replica?.receive(bytes);
      if (heard !== undefined) this.witnesses.heard(site, heard.message, heard.disk.term, this.agenda.nowMs);
    });
  }

  #traceMessage(bytes: Uint8Array): void {
    const frame = parseRaftFrame(this.#digest, bytes);
    const decoded = frame === undefined ? undefined : decodeMessage(frame.message);
    if (decoded?.ok !== true) return;
    const { type, from, to, term, index, logTerm, entries, commit, reject } = decoded.value;
    const name = Object.entries(MessageType).find(([, value]) => value === type)?.[0] ?? '?';
    this.trace?.(
      `${from}→${to} ${name} term ${term} at ${logTerm}/${index} commit ${commit}` +
        `${entries.length > 0 ? ` +${entries.length}` : ''}${reject ? ' rejected' : ''}`,
    );
  }

  #askSite(site: Site, life: number, to: number, question: Question, answered: (reply: Reply) => void): void {
    const asked = this.sites.get(to);
    if (asked === undefined) return;
    this.network.request(site.id, to, () =>
      this.#inside(asked, asked.life, () => {
        const { replica } = asked;
        if (replica === undefined || replica.hasHalted) return;
        const reply = replica.answer(question);
        this.network.request(to, site.id, () => this.#inside(site, life, () => answered(reply)));
      }),
    );
  }

  #isConnected(from: number, to: number): boolean {
    const isOpen = !this.network.isCut(from, to) && !this.network.isCut(to, from);
    return isOpen && this.sites.get(to)?.isUp === true;
  }

  /** A replica has found out that it must not go on: its id never comes back. */
  #halted(site: Site, code: string): void {
    this.trace?.(`${site.id} stops: ${code}`);
    for (const checker of this.#checkers) checker.onHalted?.(site, code);
    this.agenda.after(0, () => {
      if (site.isUp && site.replica?.hasHalted === true) this.lose(site);
    });
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
        site.confIndex = entry.index;
        const isFirst = entry.index > this.ledger.confIndex;
        if (isFirst) this.ledger.members.push({ index: entry.index, confState: site.confState });
        this.counts.changes++;
        this.trace?.(`${site.id} has members ${JSON.stringify(site.confState)}`);
        if (isFirst) this.onNewMembers?.(site);
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
        site.confIndex = this.#confIndexAt(snapshot.index);
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
      onTakesPart: () => {
        for (const checker of checkers) checker.onTakesPart?.(site);
      },
      onHalted: (code) => this.#halted(site, code),
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
    if (fresh && site.commit > site.confIndex) ledger.inForce = Math.max(ledger.inForce, site.confIndex);
    for (const checker of this.#checkers) checker.onCommit?.(site, from, fresh);
  }

  /** Index of the change that made the members at that place. */
  #confIndexAt(index: number): number {
    return this.ledger.members.findLast((each) => each.index <= index)?.index ?? 0;
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
