import type { Random } from '../lib/base/index.ts';
import type { FaultKind } from './habits.ts';
import { changeMembers } from './operator.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

const downMsMax = 4_000;
const frozenMsMax = 5_000;
const jumpMsMax = 20_000;
/** A write takes no longer than that once the faults have ended, in ms. */
const calmWriteMsMax = 5;

/** Brings the faults of a run, one after the other, until it is told to stop. */
export class Nemesis {
  readonly #world: World;
  readonly #random: Random;
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random;
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
      if (site.state === 'down') world.start(site);
    }
  }

  #schedule(): void {
    const { faultMsMax } = this.#world.habits;
    this.#world.agenda.after(this.#random.below(faultMsMax), () => {
      if (this.#stopped) return;
      const { faults } = this.#world.habits;
      this.#bring(faults[this.#random.below(faults.length)] ?? 'calm');
      this.#schedule();
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
      case 'transfer':
        this.#transfer(site);
        return;
      case 'members':
        changeMembers(world, this.#random);
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

  #transfer(site: Site): void {
    const leader = this.#world.leader();
    if (leader === undefined || leader === site) return;
    this.#world.counts.transfers++;
    this.#world.trace?.(`${leader.id} is asked to hand over to ${site.id}`);
    leader.replica?.transferLeader(site.id);
  }

  #lose(site: Site): void {
    this.#world.lose(site);
    // The browser comes back with nothing: as a new replica, which waits to be made a member.
    this.#world.agenda.after(this.#random.below(downMsMax), () => {
      if (!this.#stopped) changeMembers(this.#world, this.#random);
    });
  }

  /**
   * Raft survives the loss of a minority of disks, so no more are lost at a time: the members must be known for sure, and enough of
   * the voters must be left.
   */
  #mayLose(site: Site): boolean {
    const { ledger, sites } = this.#world;
    const { confState, newestChange } = ledger;
    if (newestChange > ledger.applied || confState.votersOutgoing.length > 0) return false;
    // Whoever does not know of the newest change, or would not after a crash, may still need a vote that is lost then.
    for (const id of confState.voters) {
      const voter = sites.get(id);
      if (voter === undefined || voter.state === 'lost') continue;
      if (Math.max(voter.disk.hardState.commit, voter.disk.snapshot?.index ?? 0) < newestChange) return false;
    }
    const left = confState.voters.filter((id) => id !== site.id && sites.get(id)?.state !== 'lost').length;
    return left * 2 > confState.voters.length;
  }

  #someUp(): Site | undefined {
    const up = [...this.#world.sites.values()].filter((site) => site.isUp && !site.frozen);
    return up[this.#random.below(Math.max(1, up.length))];
  }
}
