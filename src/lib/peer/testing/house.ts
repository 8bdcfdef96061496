import {
  RingLog,
  type Clock,
  type FileId,
  ManualClock,
  type QueueId,
  type Random,
  type Result,
  must,
  seededRandom,
  utf8,
} from '../../base/index.ts';
import { MemoryNetwork } from '../../network/memory.ts';
import { FaultyDisk } from '../../storage/memory.ts';
import { openIdentity } from '../identity.ts';
import { Peer } from '../peer.ts';
import { Service } from '../serving/service.ts';
import { settle } from './off-thread.ts';
import { ToyPrinter } from './toy-printer.ts';

/** Whole peers in one thread: a clock that moves when told to, a network and disks in memory. For tests. */
export class House {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly network: MemoryNetwork;

  constructor(seed = 1) {
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random });
  }

  /** A browser profile that is not open yet. */
  browser(name: string): Browser {
    return new Browser(this, name);
  }

  /** Another machine with a copy of that browser's disk as it was then: one key, so that what is sent to their peer reaches the first only. */
  copy(disk: ReturnType<FaultyDisk['disk']['backup']>): Browser {
    const copy = new Browser(this, 'Copy', true);
    copy.disk.disk.restore(disk);
    return copy;
  }

  /** Lets the given time pass, in small steps, with everything that follows from it. */
  async pass(ms: number, stepMs = 10): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(stepMs);
      await settle();
    }
  }

  /** Lets time pass until the condition holds; fails after `limitMs`. */
  async until(what: string, test: () => boolean, limitMs = 60_000): Promise<void> {
    for (let passed = 0; !test(); passed += 10) {
      if (passed > limitMs) throw new Error(`after ${limitMs} ms still not: ${what}`);
      this.clock.advance(10);
      await settle();
    }
  }

  /** The promise's value, with time passing until it is there. */
  async await<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let done = false;
    promise.then(
      () => (done = true),
      () => (done = true),
    );
    await this.until('the promise to settle', () => done, limitMs);
    return promise;
  }
}

/** Three browsers that all vote on one queue, which the first has made: where most tests of whole peers begin. */
export async function threeVoters(house: House) {
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await cleo.join(anna, queue);
  const all = [anna, ben, cleo];
  await house.until('three voters', () =>
    all.every((each) => {
      const { voters, votersOutgoing } = each.host(queue).status().confState;
      return voters.length === 3 && votersOutgoing.length === 0;
    }),
  );
  return { anna, ben, cleo, all, queue };
}

/** Two trusted peers both vote on that queue, as a person may choose: nothing is agreed without either. */
export async function letTwoVote(by: Browser, queue: QueueId): Promise<void> {
  const settled = await by.house.await(by.service.setSettings(queue, { twoVoters: true }));
  if (settled.kind !== 'committed') throw new Error(`two may not vote: ${settled.kind}`);
}

/** One browser profile: its disk outlives its processes. */
export class Browser {
  readonly house: House;
  readonly name: string;
  readonly disk: FaultyDisk;
  #peer: Peer | undefined;
  #life = new Life(new ManualClock());
  readonly #isCopy: boolean;
  readonly #printers = new Map<string, ToyPrinter>();

  constructor(house: House, name: string, isCopy = false) {
    this.house = house;
    this.#isCopy = isCopy;
    this.name = name;
    this.disk = new FaultyDisk(house.clock, house.random);
  }

  /** Timers of this process that have fired: what it costs to do nothing. */
  get timersFired(): number {
    return this.#life.fired;
  }

  get peer(): Peer {
    return must(this.#peer, `${this.name} is not open`);
  }

  get service(): Service {
    return new Service(this.peer, (host, file) => {
      const known = host.state.files.get(file);
      if (known === undefined) return undefined;
      return {
        file,
        name: known.name,
        sizeBytes: known.size,
        hereBytes: 0,
        holders: [],
        transferring: false,
        slicer: undefined,
        printSeconds: undefined,
        filamentGrams: undefined,
        material: undefined,
        printerModel: undefined,
        nozzleMm: undefined,
        thumbnail: undefined,
        text: '',
      };
    });
  }

  get isOpen(): boolean {
    return this.#peer !== undefined;
  }

  async open(): Promise<this> {
    const { random, network } = this.house;
    const clock = new Life(this.house.clock);
    this.#life = clock;
    const store = this.disk.open();
    const identity = await this.house.await(openIdentity(store, random, clock, this.name));
    const wire = this.#isCopy ? network.joinBeside(identity.peer) : network.join(identity.peer);
    const log = new RingLog(clock);
    const recentLog = () => log.lines();
    this.#peer = await this.house.await(Peer.open({ clock, random, log, store, wire, identity, recentLog }));
    return this;
  }

  /** Nothing of this process runs until it thaws; its connections stand, and what is said to it or by it meanwhile is lost. */
  freeze(): void {
    this.#life.frozen = true;
    const { peer } = this.peer.identity;
    this.house.network.setWeather((from, to) => (from === peer || to === peer ? [] : [3]));
  }

  thaw(): void {
    this.house.network.setWeather(() => [3]);
    this.#life.thaw();
  }

  /** The process dies: what was not promised to be on disk may be lost. */
  kill(): void {
    if (this.#isCopy) void this.peer.ports.wire.close();
    else this.house.network.crash(this.peer.identity.peer);
    this.disk.crash();
    this.#life.over = true;
    this.#peer = undefined;
  }

  async createQueue(name: string): Promise<QueueId> {
    const queue = granted(await this.house.await(this.service.createQueue({ name, lan: false })));
    await this.house.until(
      'the queue to have a leader',
      () => this.host(queue).condition().condition === 'ready',
    );
    return queue;
  }

  async join(from: Browser, queue: QueueId, role: 'trusted' | 'guest' = 'trusted'): Promise<void> {
    const options = { role, lifeMs: 3_600_000, origin: 'http://localhost' };
    const link = granted(await this.house.await(from.service.makeLink(queue, options)));
    granted(await this.house.await(this.service.joinQueue(link.url)));
    await this.house.until(
      `${this.name} to be ready`,
      () => this.host(queue).condition().condition === 'ready',
    );
  }

  async addFile(queue: QueueId, name: string, text: string): Promise<FileId> {
    const bytes = utf8(text);
    const file = new File([bytes], name);
    const added = await this.house.await(
      this.service.addFile(queue, file, () => undefined, new AbortController().signal),
    );
    return granted(added).file;
  }

  host(queue: QueueId) {
    return must(this.peer.hosts.get(queue), `${this.name} has not opened the queue`);
  }

  /** A printer that answers at once and prints a file in the given time. The tab that had one of that name before is gone. */
  attachPrinter(name: string, printMs = 2_000, { virtual = true } = {}): ToyPrinter {
    const ports = {
      clock: this.house.clock,
      store: () => Promise.resolve(this.disk.open()),
      desk: () => this.#peer?.desk,
    };
    this.#printers.get(name)?.die();
    const printer = new ToyPrinter(ports, name, printMs, virtual);
    this.#printers.set(name, printer);
    return printer;
  }
}

/** The clock of one process: its timers die with it. */
class Life implements Clock {
  over = false;
  frozen = false;
  fired = 0;
  #waiting: (() => void)[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    const fire = () => {
      if (this.over || cancelled) return;
      this.fired++;
      run();
    };
    const cancel = this.#clock.after(delayMs, () => {
      if (this.frozen) this.#waiting.push(fire);
      else fire();
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  thaw(): void {
    this.frozen = false;
    for (const fire of this.#waiting.splice(0)) fire();
  }
}

export function granted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.text}`);
  return result.value;
}
