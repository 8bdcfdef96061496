import type { Random } from '../lib/base/index.ts';
import { isQuorum } from './checkers/quorums.ts';
import type { FaultKind } from './habits.ts';
import { changeMembers, promoteLearner } from './operator.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

const downMsMax = 4_000;
const frozenMsMax = 5_000;
const jumpMsMax = 20_000;
/** Copies of one disk that are kept. */
const backupsMax = 3;
/** A disk that was put back is started within this time, in ms. */
const restoredMsMax = 500;
/** Whoever is struck with new members has so long to commit something by them, in ms. */
const struckMsMax = 1_500;
/** A write takes no longer than that once the faults have ended, in ms. */
const calmWriteMsMax = 5;

/** Brings the faults of a run, one after the other, until it is told to stop. */
export class Nemesis {
  readonly #world: World;
  readonly #random: Random;
  #stopped = false;
  /** Until then no further fault is brought. */
  #calmUntilMs = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random;
    if (world.habits.faults.includes('struck-changer'))
      world.onNewMembers = (site) => this.#strikeChanger(site);
    this.#schedule();
  }

  /** All faults end: cuts are mended, frozen processes wake, dead ones start again. */
  stop(): void {
    this.#stopped = true;
    const world = this.#world;
    world.trace?.('--- the faults end');
    world.network.isFaulty = false;
    world.network.mend();
    for (const site of world.sites.values()) {
      site.clock.rate = 1;
      site.disk.writeMsMax = Math.min(site.disk.writeMsMax, calmWriteMsMax);
      if (site.frozen) world.thaw(site);
      // Of a disk that was put back a moment ago nobody has to know.
      if (site.state === 'down' && site.isRestored) world.lose(site);
      else if (site.state === 'down') world.start(site);
    }
  }

  #schedule(): void {
    const { faultMsMax } = this.#world.habits;
    this.#world.agenda.after(this.#random.below(faultMsMax), () => {
      if (this.#stopped) return;
      this.#schedule();
      if (this.#world.agenda.nowMs < this.#calmUntilMs) return;
      const { faults } = this.#world.habits;
      this.#bring(faults[this.#random.below(faults.length)] ?? 'calm');
    });
  }

  #bring(fault: FaultKind): void {
    const world = this.#world;
    const site = this.#someUp();
    if (site === undefined) return;
    switch (fault) {
      case 'crash':
        this.#crash(this.#random.below(3) === 0 ? (world.leader() ?? site) : site);
        return;
      case 'crash-all':
        if (this.#random.below(3) === 0)
          for (const each of world.sites.values()) if (each.isUp) this.#crash(each);
        return;
      case 'freeze':
        this.#freeze(this.#random.below(2) === 0 ? (world.leader() ?? site) : site);
        return;
      case 'pause':
        this.#pause(world.leader() ?? site);
        return;
      case 'split':
      case 'one-way':
      case 'isolate':
        this.#cut(fault, site);
        return;
      case 'clock':
        if (this.#random.below(2) === 0) site.clock.rate = 0.5 + this.#random.below(200) / 100;
        else site.clock.jump(this.#random.below(jumpMsMax));
        return;
      case 'wipe':
        if (this.#mayLose(site)) this.#lose(site);
        return;
      case 'backup':
        this.#backUp(site);
        return;
      case 'restore':
        this.#restore(site);
        return;
      case 'transfer':
        this.#transfer(site);
        return;
      case 'members':
        changeMembers(world, this.#random);
        return;
      case 'struck-changer':
        // It waits for the next change.
        promoteLearner(world);
        return;
      case 'calm':
        world.network.mend();
    }
  }

  #crash(site: Site): void {
    const world = this.#world;
    // A torn record fails its checksum: the replica cannot go on, as if its disk was lost.
    if (world.crash(site, this.#mayLose(site))) {
      world.counts.torn++;
      this.#lose(site);
      return;
    }
    const { life } = site;
    world.agenda.after(this.#random.below(downMsMax), () => {
      if (site.life === life && site.state === 'down') world.start(site);
    });
  }

  #freeze(site: Site): void {
    const world = this.#world;
    world.freeze(site);
    const { life } = site;
    world.agenda.after(this.#random.below(frozenMsMax), () => {
      if (site.life === life) world.thaw(site);
    });
  }

  /** A leader is cut off and stops for a while, with answers to it still on their way: it wakes up believing that it leads. */
  #pause(site: Site): void {
    const { network, sites, counts } = this.#world;
    counts.cuts++;
    network.mend();
    for (const id of sites.keys()) {
      network.cut(id, site.id);
      network.cut(site.id, id);
    }
    this.#freeze(site);
  }

  #cut(kind: 'split' | 'one-way' | 'isolate', site: Site): void {
    const { network, sites, counts } = this.#world;
    counts.cuts++;
    network.mend();
    const apart = new Set<number>();
    if (kind === 'isolate')
      apart.add((this.#random.below(2) === 0 ? this.#world.leader() : undefined)?.id ?? site.id);
    else for (const id of sites.keys()) if (this.#random.below(2) === 0) apart.add(id);
    const bothWays = kind === 'split' || (kind === 'isolate' && this.#random.below(2) === 0);
    this.#world.trace?.(`cut ${[...apart].join(' ')} from the others, ${bothWays ? 'both ways' : 'one way'}`);
    for (const a of sites.keys()) {
      for (const b of sites.keys()) {
        if (apart.has(a) === apart.has(b)) continue;
        if (bothWays || apart.has(a)) network.cut(a, b);
      }
    }
  }

  /**
   * Whoever has new members first is heard by some of the others only, and is gone a moment later: for ever, if a minority may
   * be lost then.
   */
  #strikeChanger(site: Site): void {
    const world = this.#world;
    if (this.#stopped || this.#random.below(2) > 0) return;
    world.trace?.(`${site.id} is struck, which has new members first`);
    const { network, sites, agenda } = world;
    const isMute = this.#random.below(2) === 0;
    for (const id of sites.keys()) {
      if (isMute || this.#random.below(2) === 0) network.cut(site.id, id);
      if (this.#random.below(4) === 0) network.cut(id, site.id);
    }
    const { life } = site;
    agenda.after(this.#random.below(struckMsMax), () => {
      if (this.#stopped) return;
      network.mend();
      if (site.life !== life || !site.isUp) return;
      if (this.#mayLose(site)) this.#lose(site);
      else this.#crash(site);
    });
  }

  #transfer(site: Site): void {
    const leader = this.#world.leader();
    if (leader === undefined || leader === site) return;
    this.#world.counts.transfers++;
    this.#world.trace?.(`${leader.id} is asked to hand over to ${site.id}`);
    leader.replica?.transferLeader(site.id);
  }

  #backUp(site: Site): void {
    site.backups.push(site.disk.backup());
    if (site.backups.length > backupsMax) site.backups.shift();
  }

  /**
   * A disk is put back as it was, while somebody is awake and connected who knows what it had: then it must be recognised. Where nobody
   * is, nothing could tell it from one that has lost nothing.
   */
  #restore(site: Site): void {
    const world = this.#world;
    const backup = site.backups[this.#random.below(Math.max(1, site.backups.length))];
    if (backup === undefined || !this.#mayLose(site)) return;
    const witness = () =>
      [...world.sites.values()].find((other) => {
        const isAwake = other !== site && other.isUp && !other.frozen && other.replica?.takesPart === true;
        return isAwake && world.witnesses.knowsMore(other, site.id, backup);
      });
    if (witness() === undefined) return;
    world.restore(site, backup);
    const { life } = site;
    world.agenda.after(this.#random.below(restoredMsMax), () => {
      if (site.life !== life) return;
      const by = witness();
      if (by === undefined) {
        this.#lose(site);
        return;
      }
      const { settings, netMs } = world.habits;
      this.#calmUntilMs = world.agenda.nowMs + settings.returnWaitMs + 2 * netMs;
      world.network.join(site.id, by.id);
      site.witness = by.id;
      world.start(site);
      // It asks only those whom it knows to vote.
      const { voters = [], votersOutgoing = [] } = site.replica?.confState ?? {};
      if (!voters.includes(by.id) && !votersOutgoing.includes(by.id)) this.#lose(site);
    });
  }

  #lose(site: Site): void {
    this.#world.lose(site);
    // The browser comes back with nothing: as a new replica, which waits to be made a member.
    this.#world.agenda.after(this.#random.below(downMsMax), () => {
      if (!this.#stopped) changeMembers(this.#world, this.#random);
    });
  }

  /**
   * A minority may be lost for ever: of the members in force, and of those that are to follow them. Of a change that no replica has
   * applied yet the members are not known for sure.
   */
  #mayLose(site: Site): boolean {
    const { ledger, sites } = this.#world;
    if (ledger.newestChange > ledger.applied) return false;
    const remains = (id: number) => id !== site.id && sites.get(id)?.isGone !== true;
    return ledger.deciding.every((confState) => isQuorum(confState, remains));
  }

  #someUp(): Site | undefined {
    const up = [...this.#world.sites.values()].filter((site) => site.isUp && !site.frozen);
    return up[this.#random.below(Math.max(1, up.length))];
  }
}
