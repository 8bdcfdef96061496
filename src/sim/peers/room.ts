import { simulatedDisk } from '../../lib/storage/disk.ts';
import { type PeerId, type PrintId, messageOf } from '../../lib/base/index.ts';
import type { QueueHost } from '../../lib/peer/host/queue-host.ts';
import type { Applied, Command, Print } from '../../lib/queue/index.ts';
import { Book } from './book.ts';
import type { Browser } from './browser.ts';
import { type PeersChecker, allPeersCheckers } from './checkers/index.ts';
import type { Machine, PhysicalPrint } from './floor.ts';
import type { MemberHabits, PeersHabits } from './habits.ts';
import type { Setting } from './setting.ts';
import type { PeersCounts, PeersWorld } from './world.ts';

/** A command that a person gave to their browser. */
export interface Deed {
  readonly browser: Browser;
  readonly life: number;
  readonly command: Command;
  readonly text: string;
  kept: boolean;
  /** How it ended for them: the index if it was committed. `unkept`: it could not be written, and nothing of it stays behind. */
  end: 'committed' | 'refused' | 'unknown' | 'unkept' | undefined;
  index: number;
}

/** One queue of a world: what was said in it, what was printed for it, and what is held against it. */
export class Room {
  readonly world: PeersWorld;
  readonly name: string;
  readonly setting: Setting;
  readonly book: Book;
  /** What printers began for this queue. */
  readonly physical: PhysicalPrint[] = [];
  readonly deeds: Deed[] = [];
  /** Members that were taken out: their replicas may stop. */
  readonly removed = new Set<PeerId>();
  readonly #checkers: readonly PeersChecker[];
  readonly #results = new Map<number, string>();
  readonly #reigns = new Set<number>();

  constructor(world: PeersWorld, name: string, setting: Setting) {
    this.world = world;
    this.name = name;
    this.setting = setting;
    this.book = new Book(setting.digest);
    this.#checkers = allPeersCheckers(this);
  }

  get browsers(): readonly Browser[] {
    return this.world.browsers;
  }

  get habits(): PeersHabits {
    return this.world.habits;
  }

  get counts(): PeersCounts {
    return this.world.counts;
  }

  hostOf(browser: Browser | undefined): QueueHost | undefined {
    return browser?.peer?.hosts.get(this.setting.queue);
  }

  /** A print as the browser of that printer knows it. */
  knownAt(machine: Machine, print: PrintId): Print | undefined {
    const home = this.browsers.find(({ machines }) => machines.includes(machine));
    return this.hostOf(home)?.state.prints.get(print);
  }

  placeOf(peer: PeerId): MemberHabits {
    return this.world.placeOf(peer);
  }

  tell(line: string): void {
    this.world.tell(`${this.name} ${line}`);
  }

  break(checker: string, text: string): void {
    this.world.break(checker, `${this.name}: ${text}`);
  }

  /** A person gives a command to their browser. */
  do(browser: Browser, command: Command, text: string): void {
    const host = this.hostOf(browser);
    if (host === undefined) return;
    const deed: Deed = { browser, life: browser.life, command, text, kept: false, end: undefined, index: 0 };
    this.deeds.push(deed);
    this.counts.deeds++;
    this.tell(`${browser.name}: ${text}`);
    host.submit(command, text, { onKept: () => (deed.kept = true) }).then(
      (settledAs) => {
        if (browser.life !== deed.life) return;
        deed.end = settledAs.kind;
        if (settledAs.kind === 'committed') deed.index = settledAs.index;
        if (settledAs.kind === 'refused') {
          this.counts.refusals++;
          this.tell(`${browser.name}: ${text}: refused, ${settledAs.refusal.code}`);
        }
        for (const checker of this.#checkers) checker.onSettled?.(deed);
      },
      (error: unknown) => {
        const why = messageOf(error);
        // Their browser tells them that it could not be written: nothing of it may happen.
        if (why.includes(simulatedDisk)) deed.end = 'unkept';
        else this.break('fault', `${text}: ${why}`);
      },
    );
  }

  started(machine: Machine, print: PhysicalPrint): void {
    for (const checker of this.#checkers) checker.onStart?.(machine, print);
    this.physical.push(print);
  }

  stopped(machine: Machine, print: PhysicalPrint): void {
    for (const checker of this.#checkers) checker.onStopped?.(machine, print);
  }

  applied(browser: Browser, host: QueueHost, applied: Applied): void {
    const { result, repeated, index } = applied;
    const text = `${result.kind === 'committed' ? (result.value ?? 'ok') : result.refusal.code} ${repeated} ${applied.author} ${applied.seq}`;
    const known = this.#results.get(index);
    if (known === undefined) this.#results.set(index, text);
    // What a snapshot brought is told without an author.
    else if (known !== text && applied.author !== undefined)
      this.break('agreement', `entry ${index} gives “${text}” on ${browser.name} and gave “${known}”`);
    if (index <= this.book.index) return;
    this.counts.entries++;
    const line = this.book.take(applied, host.state);
    if (this.world.trace !== undefined && applied.author !== undefined)
      this.tell(`#${index} at ${applied.stampMs}: ${JSON.stringify(line.command)} → ${text}`);
    for (const checker of this.#checkers) checker.onLine?.(line, host.state);
    const { command } = line;
    const isAgreed = applied.author !== undefined && !repeated && result.kind === 'committed';
    if (isAgreed && command?.type === 'starting')
      this.world.mishaps.startAgreed(this, command.print, applied.author, browser);
    if (isAgreed && command?.type === 'claim' && this.book.prints.get(command.print)?.ahead === true)
      this.world.mishaps.claimedAhead(this, command.print, applied.author);
  }

  /** New leaders, and replicas that gave up. */
  look(): void {
    for (const browser of this.browsers) {
      const host = this.hostOf(browser);
      if (host === undefined) continue;
      const { admits, term } = host.status();
      if (admits && !this.#reigns.has(term)) {
        this.#reigns.add(term);
        this.counts.reigns++;
        this.book.reignMs = Math.max(this.book.reignMs, host.state.stampMs);
        this.tell(`${browser.name} leads term ${term}`);
      }
      const { condition, text } = host.condition();
      const wasRemoved = host.trouble?.code === 'removed' && this.removed.has(browser.peerId);
      const byDisk = host.trouble?.code === 'storage-full' || host.trouble?.code === 'storage-failed';
      if (condition === 'stopped' && !wasRemoved && !byDisk) this.break('fault', `${browser.name}: ${text}`);
    }
  }

  /** The last look, when all has come to rest. */
  end(): void {
    for (const checker of this.#checkers) checker.onEnd?.();
  }
}
