import type { Browser } from './browser.ts';
import { FailingWrites } from './failing-writes.ts';
import { losesDisks } from './habits.ts';
import { pick } from '../habits.ts';
import type { WritePlace } from '../../lib/storage/disk.ts';
import type { Room } from './room.ts';
import type { PeersWorld } from './world.ts';
import type { JobId } from '../../lib/base/index.ts';
import { encode, messageOf, must, parse } from '../../lib/base/index.ts';
import { commandLimits, commandProtocol } from '../../lib/network/protocols.ts';
import type { Command } from '../../lib/queue/index.ts';
import { commandReply } from '../../lib/peer/wire-shapes.ts';

/** A slip is taken back within this time after it was heard, in ms: mostly before Raft has followed the queue. */
const slipMsMax = 200;
/** So often, in ms, and so many times it is looked whether it was heard. */
const slipLookMs = 20;
const slipLooksMax = 50;

/** Everything that goes wrong between people's deeds. */
export class Trouble {
  readonly #world: PeersWorld;
  #over = false;
  #votersLost = 0;

  readonly #welcome: (browser: Browser) => void;
  readonly #takesOut: (browser: Browser) => void;

  /**
   * @param welcome somebody new has come in another's place
   * @param takesOut a member is to be taken out of a queue
   */
  constructor(world: PeersWorld, welcome: (browser: Browser) => void, takesOut: (browser: Browser) => void) {
    this.#world = world;
    this.#welcome = welcome;
    this.#takesOut = takesOut;
    this.#next();
  }

  /** From now on only what is broken comes back. */
  stop(): void {
    this.#over = true;
    const { network, browsers } = this.#world;
    this.#world.stormy = false;
    this.#world.mishaps.stop();
    network.heal();
    for (const browser of browsers) {
      browser.clock.thaw();
      browser.disk.disk.failure = undefined;
      browser.onWord = undefined;
      void browser.open();
    }
  }

  #next(): void {
    const { agenda, random, habits } = this.#world;
    agenda.after(100 + random.below(habits.troubleMsMax), () => {
      if (this.#over) return;
      if (this.#world.mishaps.alone.size === 0) this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    const { random, habits, browsers, network, counts, agenda } = this.#world;
    const kind = habits.troubles[random.below(habits.troubles.length)] ?? 'calm';
    const up = browsers.filter(({ state }) => state === 'up');
    // Whose printer works is missed most.
    const printing = up.filter(({ machines }) => machines.some(({ under }) => under !== undefined));
    const from = printing.length > 0 && random.below(2) === 0 ? printing : up;
    const browser = from[random.below(Math.max(1, from.length))];
    if (browser === undefined) return;
    this.#world.tell(`trouble: ${kind} ${browser.name}`);
    switch (kind) {
      case 'browser-crash':
        return this.#crash(browser);
      case 'all-crash':
        for (const each of browsers) this.#crash(each);
        return;
      case 'worker-crash':
        counts.crashes++;
        browser.crashWorker();
        return this.#reopen(browser, 3_000);
      case 'tab-closed': {
        const machine = browser.machines[random.below(Math.max(1, browser.machines.length))];
        if (machine === undefined) return;
        if (random.below(2) === 0) machine.worker?.unplug();
        else browser.closeTab(machine, 500 + random.below(15_000));
        return;
      }
      case 'freeze':
      case 'sleep':
        counts.freezes++;
        browser.clock.freeze(kind === 'sleep');
        agenda.after(random.below(habits.awayMsMax), () => browser.clock.thaw());
        return;
      case 'stalled-start':
      case 'late-clear':
      case 'blown-fuse':
      case 'left-alone':
        this.#world.mishaps.expect(kind);
        return;
      case 'slip':
        return this.#slip();
      case 'isolate':
        for (const other of browsers)
          if (other !== browser) network.cut(browser.peerId, other.peerId, random.below(4) === 0);
        return this.#mendLater();
      case 'split':
      case 'one-way': {
        const side = browsers.filter(() => random.below(2) === 0);
        for (const a of side)
          for (const b of browsers)
            if (!side.includes(b)) network.cut(a.peerId, b.peerId, kind === 'one-way');
        return this.#mendLater();
      }
      case 'wall-jump':
        browser.clock.setWall((random.below(3) === 0 ? -1 : 1) * random.below(3_600_000));
        return;
      case 'hand-over':
        browser.peer?.handOver();
        return;
      case 'disk-lost':
        return this.#lose(browser);
      case 'log-damaged':
        return this.#damage(browser);
      case 'writes-fail':
        return this.#failWrites(browser);
      case 'removed':
        return this.#remove(browser);
      case 'forgery':
        return this.#forge(browser);
      case 'calm':
        return;
    }
  }

  #crash(browser: Browser): void {
    if (browser.state === 'lost' || browser.state === 'down') return;
    this.#world.counts.crashes++;
    browser.crash();
    this.#reopen(browser, 20_000);
  }

  #reopen(browser: Browser, withinMs: number): void {
    this.#world.agenda.after(this.#world.random.below(withinMs), () => {
      if (browser.state === 'down') void browser.open();
    });
  }

  #mendLater(): void {
    const { agenda, random, habits } = this.#world;
    agenda.after(random.below(habits.awayMsMax), () => this.#mend());
  }

  /** All lines but those of who is left alone. */
  #mend(): void {
    const { browsers, network, mishaps } = this.#world;
    const reachable = browsers.filter((browser) => !mishaps.alone.has(browser));
    for (const a of reachable) for (const b of reachable) network.heal(a.peerId, b.peerId);
  }

  /** The owner presses a wrong switch, and takes it back when the other one says so: somebody who listens is to vote, and then not. */
  #slip(): void {
    const { browsers, habits, random } = this.#world;
    const room = this.#anyRoom();
    const [owner] = browsers;
    // Voters may come and go only where no disk is lost besides.
    if (owner?.isUp !== true || losesDisks(habits)) return;
    const known = room.hostOf(owner)?.state;
    const listeners = browsers.filter((browser) => {
      const hears = browser.isUp && room.hostOf(browser)?.state.index === known?.index;
      return hears && known?.members.get(browser.peerId)?.voter === false;
    });
    const listener = listeners[random.below(Math.max(1, listeners.length))];
    if (listener === undefined) return;
    const promote: Command = { type: 'set-member', peer: listener.peerId, voter: true };
    room.do(owner, promote, `promotes ${listener.name} by mistake`);
    this.#takeBack(room, owner, listener, slipLooksMax);
  }

  #takeBack(room: Room, owner: Browser, listener: Browser, looks: number): void {
    const { agenda, random } = this.#world;
    const { peerId: peer, name } = listener;
    agenda.after(slipLookMs, () => {
      if (!owner.isUp || looks === 0) return;
      if (room.hostOf(listener)?.state.members.get(peer)?.voter !== true)
        return this.#takeBack(room, owner, listener, looks - 1);
      agenda.after(random.below(slipMsMax), () =>
        room.do(owner, { type: 'set-member', peer, voter: false }, `takes that back of ${name}`),
      );
    });
  }

  /** The whole disk: key, log, journal and files. Somebody new comes in its place. */
  #lose(browser: Browser): void {
    if (!this.#mayLose(browser)) return;
    this.#world.counts.disksLost++;
    browser.lose();
    const { agenda, random } = this.#world;
    agenda.after(random.below(60_000), () => {
      const newcomer = this.#world.replace(browser);
      this.#world.tell(`${newcomer.name} comes in the place of ${browser.name}`);
      this.#welcome(newcomer);
      void newcomer.open();
    });
  }

  /** A flipped bit in the log, found when the browser is opened again. */
  #damage(browser: Browser): void {
    if (!this.#mayLose(browser)) return;
    this.#crash(browser);
    this.#world.counts.logsDamaged++;
    this.#world.damaged.add(browser);
    browser.disk.disk.rot(this.#anyRoom().setting.queue);
  }

  /** A full disk, or transactions that are aborted. The room comes back, and what was not written is to be written then. */
  #failWrites(browser: Browser): void {
    const { agenda, random, counts } = this.#world;
    const { disk } = browser.disk;
    const fail = (at?: WritePlace) => {
      const failing = new FailingWrites(random, disk, at);
      counts.failingDisks++;
      this.#world.tell(`on the disk of ${browser.name}, ${failing.text}`);
      const { failure } = disk;
      agenda.after(failing.forMs, () => {
        if (disk.failure === failure) disk.failure = undefined;
      });
    };
    // Just when a print asks for its start, or has ended: what is written then decides about hot machines.
    const kind = pick(random, ['ask-start', 'outcome', undefined, undefined] as const);
    if (kind === undefined) return fail();
    const run = () => {
      browser.onWord = undefined;
      fail('outbox');
    };
    browser.onWord = { kind, run };
  }

  /** Raft survives the loss of a minority: here of one among three or more voters, and of anybody who only listens. */
  #mayLose(browser: Browser): boolean {
    const { browsers, habits } = this.#world;
    if (browser === browsers[0] || browser.state !== 'up') return false;
    if (!this.#world.placeOf(browser.peerId).voter) return true;
    const voters = habits.members.filter(({ voter }) => voter).length;
    if (this.#votersLost > 0 || voters < 3) return false;
    this.#votersLost++;
    return true;
  }

  #remove(browser: Browser): void {
    if (this.#world.placeOf(browser.peerId).voter && losesDisks(this.#world.habits)) return;
    this.#takesOut(browser);
  }

  /** A member brings the leader a command under somebody else's name. */
  #forge(liar: Browser): void {
    const { browsers, random } = this.#world;
    const room = this.#anyRoom();
    const victim = browsers[random.below(browsers.length)];
    const leader = browsers.find((browser) => room.hostOf(browser)?.status().role === 'leader');
    if (victim === undefined || leader === undefined || victim === liar || leader === liar) return;
    const job = `forged-${random.below(1000)}` as JobId;
    const envelope = this.#world.forge(room, liar, victim, { type: 'delete-job', job });
    const request = encode({ v: 1, q: room.setting.digest, envelope });
    liar.peer?.ports.wire.request(leader.peerId, commandProtocol, request, 5_000).then(
      (answer) => {
        const reply = parse(commandReply, answer, commandLimits.frameBytesMax);
        if (!reply.ok || reply.value.kind === 'accepted')
          this.#world.break(
            'authors',
            `${leader.name} takes a command in ${victim.name}’s name from ${liar.name}`,
          );
      },
      // The line may be cut, and the leader be gone, before it has answered.
      (error: unknown) =>
        this.#world.tell(`${liar.name} hears nothing of what it forged: ${messageOf(error)}`),
    );
  }

  #anyRoom(): Room {
    const { rooms, random } = this.#world;
    return must(rooms[random.below(rooms.length)], 'a world has a queue');
  }
}
