import {
  type Bytes,
  type Log,
  type PeerId,
  type QueueId,
  type Random,
  concat,
  encode,
  must,
  seededRandom,
  sign,
  silentLog,
  utf8,
} from '../../lib/base/index.ts';
import { MemoryNetwork } from '../../lib/network/memory.ts';
import type { QueueHost } from '../../lib/peer/host/queue-host.ts';
import { type Person, personOf } from '../../lib/queue/fixture.ts';
import type { Applied, Command } from '../../lib/queue/index.ts';
import { simulatedDisk } from '../../lib/storage/disk.ts';
import { Agenda } from '../agenda.ts';
import { Browser } from './browser.ts';
import { WorldClock } from './clock.ts';
import type { FloorWatch, Machine, PhysicalPrint } from './floor.ts';
import type { MemberHabits, PeersHabits } from './habits.ts';
import { Mishaps } from './mishaps.ts';
import { Room } from './room.ts';
import { onSigned } from './seals.ts';
import { type Setting, makeSetting } from './setting.ts';

export interface PeersCounts {
  /** Entries committed. */
  entries: number;
  /** Prints that began on a printer, and how they ended there. */
  starts: number;
  good: number;
  failed: number;
  cancelled: number;
  lost: number;
  /** Times that a queue missed a printer, and results that came after somebody had decided. */
  lostContacts: number;
  lateResults: number;
  byRule: number;
  deeds: number;
  refusals: number;
  crashes: number;
  freezes: number;
  disksLost: number;
  logsDamaged: number;
  failingDisks: number;
  removals: number;
  reigns: number;
}

/** Numbers of people who come later; those of the beginning are lower. */
const strangersFrom = 1_000;

const commandDomain = utf8('peerprint/command/1\n');

/** Whole peers with their printers and people, on one agenda. */
export class PeersWorld {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly habits: PeersHabits;
  readonly network: MemoryNetwork;
  readonly rooms: readonly Room[];
  /** Everybody's, the owner's first. Who comes in another's place stands at the end. */
  readonly browsers: Browser[];
  /** Those whose logs were damaged: what does not open there was to be expected. */
  readonly damaged = new Set<Browser>();
  readonly mishaps = new Mishaps(this);
  readonly counts: PeersCounts;
  readonly trace: ((line: string) => void) | undefined;
  /** What was broken first. */
  violation: { readonly checker: string; readonly text: string } | undefined;
  /** Messages are lost and late while this is set. */
  stormy = true;
  failing: number;
  printMsMax: number;
  readonly #places = new Map<PeerId, MemberHabits>();
  readonly #newBrowser: (person: Person, place: MemberHabits) => Browser;

  private constructor(
    seed: number,
    habits: PeersHabits,
    settings: readonly Setting[],
    trace: ((line: string) => void) | undefined,
  ) {
    this.random = seededRandom(seed);
    this.habits = habits;
    this.trace = trace;
    this.failing = habits.failing;
    this.printMsMax = habits.printMsMax;
    this.counts = noPeersCounts();
    const clock = new WorldClock(this.agenda);
    this.network = new MemoryNetwork({
      clock,
      random: this.random,
      reorder: true,
      weather: () => this.#weather(),
    });
    onSigned((publicKey, bytes) => {
      if (!startsWith(bytes, commandDomain)) return;
      for (const { book } of this.rooms) book.noteSigned(publicKey, bytes.subarray(commandDomain.length));
    });
    const watch: FloorWatch = {
      onStart: (machine, print) => this.#started(machine, print),
      onCancelled: (machine, print) => this.#roomOf(print.queue).stopped(machine, print),
      onEnd: (machine, print) => {
        this.counts[print.end ?? 'lost']++;
        this.tell(`${machine.name}: print ${print.print} ends ${print.end}`);
        this.mishaps.ended(machine, print);
      },
    };
    const ports = {
      agenda: this.agenda,
      random: this.random,
      network: this.network,
      log: trace === undefined ? silentLog : tracedLog('', trace),
      watch,
      printMs: () => 1_000 + this.random.below(this.printMsMax),
      chanceOfFailure: () => this.failing,
      writeMsMax: habits.writeMsMax,
      onFault: (text: string) => this.#noteFault(text),
      onApplied: (browser: Browser, host: QueueHost, applied: Applied) =>
        this.#roomOf(host.queue).applied(browser, host, applied),
    };
    this.#newBrowser = (person, place) => {
      const name = `p${this.#places.size + 1}`;
      this.#places.set(person.peer, place);
      const log = trace === undefined ? silentLog : tracedLog(`${name} `, (line) => this.tell(line));
      return new Browser(
        { ...ports, log },
        { peer: person.peer, seed: person.seed, publicKey: person.publicKey, name },
        name,
        place,
      );
    };
    const [first] = settings;
    this.browsers = must(first, 'a world has a queue').people.map((person, i) =>
      this.#newBrowser(person, must(habits.members[i], 'every person has habits')),
    );
    this.rooms = settings.map((setting, i) => new Room(this, `Q${i + 1}`, setting));
  }

  static async make(
    seed: number,
    habits: PeersHabits,
    trace: ((line: string) => void) | undefined,
  ): Promise<PeersWorld> {
    const settings: Setting[] = [];
    for (let i = 0; i < habits.queues; i++) settings.push(await makeSetting(habits, i));
    const world = new PeersWorld(seed, habits, settings, trace);
    for (const [i, browser] of world.browsers.entries()) {
      for (const { setting } of world.rooms) await world.await(setting.install(i, browser.disk.open()));
      await world.await(browser.open());
    }
    return world;
  }

  tell(line: string): void {
    this.trace?.(`${(this.agenda.nowMs / 1000).toFixed(3).padStart(8)} ${line}`);
  }

  break(checker: string, text: string): void {
    if (this.violation !== undefined) return;
    this.violation = { checker, text };
    this.tell(`${checker}: ${text}`);
  }

  /** Does the next thing that is due, and all that follows from it at once. */
  async step(): Promise<void> {
    if (!this.agenda.step()) throw new Error('nothing happens any more');
    await settled();
    this.#look();
  }

  /** Lets time pass until the promise is settled. */
  async await<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    const watched = promise.finally(() => (done = true));
    await settled();
    while (!done) await this.step();
    return watched;
  }

  /** Somebody claims to be somebody else: an envelope with the victim's name and the liar's signature. */
  forge(room: Room, liar: Browser, victim: Browser, command: Command): Bytes {
    const inner = encode({
      v: 1,
      q: room.setting.digest,
      a: victim.identity.publicKey,
      s: 1,
      n: 1,
      k: 1,
      c: command,
    });
    return encode([inner, sign(liar.identity.seed, concat(commandDomain, inner))]);
  }

  /** Which part somebody has in the queue, by what was agreed on; it may be out of it for a while. */
  placeOf(peer: PeerId): MemberHabits {
    return must(this.#places.get(peer), 'everybody has a place');
  }

  /** Somebody new, with another machine and as many printers, comes in the place of one that is gone. */
  replace(gone: Browser): Browser {
    const newcomer = this.#newBrowser(personOf(strangersFrom + this.#places.size), this.placeOf(gone.peerId));
    this.browsers.push(newcomer);
    return newcomer;
  }

  machines(): readonly Machine[] {
    return this.browsers.flatMap(({ machines }) => machines);
  }

  /** The last look, when all has come to rest. */
  end(): void {
    for (const room of this.rooms) room.end();
  }

  #started(machine: Machine, print: PhysicalPrint): void {
    this.counts.starts++;
    this.tell(`${machine.name}: print ${print.print} starts`);
    this.#roomOf(print.queue).started(machine, print);
    this.mishaps.started(machine);
  }

  #roomOf(queue: QueueId): Room {
    return must(
      this.rooms.find(({ setting }) => setting.queue === queue),
      'a queue has its room',
    );
  }

  #look(): void {
    for (const room of this.rooms) room.look();
    for (const browser of this.browsers) {
      for (const { text } of browser.peer?.broken.values() ?? [])
        if (!this.damaged.has(browser) && !text.includes(simulatedDisk))
          this.break('fault', `the queue of ${browser.name} does not open: ${text}`);
    }
  }

  /**
   * Replicas that stop and queues that do not open are looked at by what they are: some may. That a write failed may be
   * told; what follows from it must not be more than that it was not done.
   */
  #noteFault(text: string): void {
    if (text.includes(simulatedDisk)) return;
    if (!text.includes('stopped: ') && !text.includes('cannot be opened')) this.break('fault', text);
  }

  #weather(): readonly number[] {
    const { random, habits } = this;
    if (!this.stormy) return [1 + random.below(5)];
    if (random.below(1000) < habits.lost) return [];
    return [random.below(1000) < habits.late ? random.below(5_000) : 1 + random.below(30)];
  }
}

export function noPeersCounts(): PeersCounts {
  return {
    entries: 0,
    starts: 0,
    good: 0,
    failed: 0,
    cancelled: 0,
    lost: 0,
    lostContacts: 0,
    lateResults: 0,
    byRule: 0,
    deeds: 0,
    refusals: 0,
    crashes: 0,
    freezes: 0,
    disksLost: 0,
    logsDamaged: 0,
    failingDisks: 0,
    removals: 0,
    reigns: 0,
  };
}

/** Everything that is ready to run in this thread has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytes.length > head.length && head.every((byte, i) => byte === bytes[i]);
}

function tracedLog(prefix: string, tell: (line: string) => void): Log {
  const line = (text: string) => tell(`${prefix}${text}`);
  return {
    debug: () => undefined,
    info: line,
    warn: line,
    error: line,
    room: (room) => tracedLog(`${prefix}${room}: `, tell),
  };
}
