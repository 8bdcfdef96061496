import type { PeerId, PrintId, PrinterId } from '../../lib/base/index.ts';
import { bedWord } from '../../lib/schedule/index.ts';
import type { Browser } from './browser.ts';
import type { Machine, PhysicalPrint } from './floor.ts';
import type { Room } from './room.ts';
import type { PeersWorld } from './world.ts';

/** Bad luck at the moment at which a print begins, or is claimed ahead: at any other it does nothing. */
export type MishapKind = 'stalled-start' | 'late-clear' | 'blown-fuse' | 'left-alone';

/** How long a printer whose peer hesitates stands still at most, in ms: less than its lease, so that it begins after all. */
const hesitatesMsMax = 5_000;
/** Time in which others hear that it is to start, in ms. */
const heardMs = 500;
/** Within this time of a first or a last move the fuse blows, in ms: less than a slow disk takes. */
const fuseMs = 3;
/** A line that was cut until a print had ended comes back within this time, in ms. */
const backMsMax = 3_000;

/** For how long one is left alone, in ms: leases run out, and the others decide about what they miss. */
const nightMsMin = 40_000;
const nightMsMax = 80_000;
/** How often the others look whether they miss a print, in ms. */
const lookMs = 2_000;

/** What is due at the next start or claim, whosever it is. */
export class Mishaps {
  readonly #world: PeersWorld;
  #over = false;
  #hadNight = false;
  readonly #due = new Set<MishapKind>();
  /** Those whose lines stay cut while others are mended. */
  readonly alone = new Set<Browser>();
  /** Those who said that a bed is clear and are cut off, by the print that began after that. */
  readonly #cutOff = new Map<PrintId, Browser>();

  constructor(world: PeersWorld) {
    this.#world = world;
  }

  /** The next start has this bad luck. */
  expect(kind: MishapKind): void {
    this.#due.add(kind);
  }

  stop(): void {
    this.#over = true;
    this.#due.clear();
    this.alone.clear();
  }

  /** A start was agreed on, and `applier` is the first to know. */
  startAgreed(room: Room, print: PrintId, holder: PeerId, applier: Browser): void {
    const browser = this.#world.browsers.find(({ peerId }) => peerId === holder);
    if (browser === undefined || browser === applier || !browser.isUp) return;
    if (this.#due.delete('stalled-start')) {
      this.#world.tell(`${browser.name} stands still before it hears that it may start`);
      const asleep = this.#world.random.below(2) === 0;
      this.#freeze(browser, this.#world.random.below(this.#world.habits.awayMsMax), asleep);
    } else if (this.#due.has('late-clear')) this.#clearTooEarly(room, print, browser, applier);
  }

  /** A copy is held ahead: now the others go to bed, or so it looks to its holder. Once in a world, and nothing else goes wrong that night. */
  claimedAhead(room: Room, print: PrintId, holder: PeerId): void {
    const { agenda, random, network, browsers } = this.#world;
    const browser = browsers.find(({ peerId }) => peerId === holder);
    const printer = room.book.prints.get(print)?.printer;
    const machine = browser?.machines.find(({ id }) => id === printer);
    if (browser === undefined || machine === undefined || !this.#due.has('left-alone')) return;
    // Without a person only a bed that clears itself lets it go on.
    if (!machine.autoClear && random.below(4) > 0) return;
    this.#due.delete('left-alone');
    if (this.#hadNight) return;
    this.#hadNight = true;
    const others = () => browsers.filter((other) => other !== browser);
    agenda.after(heardMs, () => {
      if (this.#over) return;
      this.#world.tell(`${browser.name} is left alone`);
      this.alone.add(browser);
      network.heal();
      for (const other of others()) {
        other.clock.thaw();
        network.cut(browser.peerId, other.peerId);
      }
      this.#giveUpLost(room, machine.id, browser);
    });
    agenda.after(nightMsMin + random.below(nightMsMax - nightMsMin), () => {
      this.alone.delete(browser);
      for (const other of others()) if (!this.alone.has(other)) network.heal(browser.peerId, other.peerId);
    });
  }

  /** A printer makes its first move. */
  started(machine: Machine): void {
    if (this.#world.random.below(2) === 0) this.#blowFuse(machine);
  }

  #blowFuse(machine: Machine): void {
    if (this.alone.size > 0 || !this.#due.delete('blown-fuse')) return;
    const { agenda, random, browsers, counts } = this.#world;
    agenda.after(random.below(fuseMs), () => {
      this.#world.tell(`the heater of ${machine.name} blows the fuse`);
      for (const browser of browsers) {
        // Some of the others hang on the same fuse.
        if (!browser.machines.includes(machine) && random.below(2) === 0) continue;
        if (browser.state !== 'up') continue;
        counts.crashes++;
        browser.crash();
        agenda.after(random.below(20_000), () => {
          if (browser.state === 'down') void browser.open();
        });
      }
    });
  }

  /** A printer has stopped, whatever became of the print. */
  ended(machine: Machine, { print }: PhysicalPrint): void {
    this.#blowFuse(machine);
    const browser = this.#cutOff.get(print);
    if (browser === undefined) return;
    this.#cutOff.delete(print);
    const { agenda, random, network, browsers } = this.#world;
    agenda.after(random.below(backMsMax), () => {
      for (const other of browsers) network.heal(browser.peerId, other.peerId);
    });
  }

  /**
   * The app says that a print starts, and its printer stands still: somebody looks at the bed, which is empty, and says that it is clear, from
   * a phone that has just lost the network. Then it begins after all, and the word arrives when it has ended.
   */
  #clearTooEarly(room: Room, print: PrintId, holder: Browser, applier: Browser): void {
    const { agenda, random, browsers, network } = this.#world;
    const machine = holder.machines.find(({ id }) => id === room.book.prints.get(print)?.printer);
    const others = browsers.filter((each) => {
      const { role } = room.placeOf(each.peerId);
      return each !== holder && each !== applier && each.isUp && (role === 'owner' || role === 'operator');
    });
    const somebody = others[random.below(Math.max(1, others.length))];
    if (machine === undefined || machine.part || somebody === undefined) return;
    this.#due.delete('late-clear');
    const stillMs = heardMs + random.below(hesitatesMsMax - heardMs);
    this.#freeze(holder, stillMs, false);
    agenda.after(stillMs - 1, () => {
      const host = room.hostOf(somebody);
      const printer = host?.state.printers.get(machine.id);
      if (
        this.#over ||
        host === undefined ||
        !somebody.isUp ||
        printer?.bedPrint !== print ||
        machine.under !== undefined
      )
        return;
      for (const other of browsers) if (other !== somebody) network.cut(somebody.peerId, other.peerId);
      this.#cutOff.set(print, somebody);
      room.do(
        somebody,
        bedWord(host.state, printer, host.unsettled(), 'clear'),
        `clears ${machine.id} too early`,
      );
    });
  }

  /** The others miss what it was printing, and somebody gives it up. */
  #giveUpLost(room: Room, printer: PrinterId, alone: Browser): void {
    const { agenda, browsers } = this.#world;
    agenda.after(lookMs, () => {
      if (!this.alone.has(alone)) return;
      for (const browser of browsers) {
        const { role } = room.placeOf(browser.peerId);
        if (browser === alone || !browser.isUp || (role !== 'owner' && role !== 'operator')) continue;
        const prints = room.hostOf(browser)?.state.prints.values() ?? [];
        const lost = [...prints].find(
          (print) => print.printer === printer && print.phase === 'started' && print.lostMs !== undefined,
        );
        if (lost === undefined) continue;
        room.do(browser, { type: 'resolve', print: lost.id, verdict: 'unknown' }, `gives up ${lost.id}`);
        return;
      }
      this.#giveUpLost(room, printer, alone);
    });
  }

  #freeze(browser: Browser, forMs: number, asleep: boolean): void {
    this.#world.counts.freezes++;
    browser.clock.freeze(asleep);
    this.#world.agenda.after(forMs, () => browser.clock.thaw());
  }
}
