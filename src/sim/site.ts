import type { Clock, Random } from '../lib/base/index.ts';
import type { ConfState, Role } from '../lib/raft/index.ts';
import type { Agenda } from './agenda.ts';
import type { SimDisk } from './disk.ts';
import { LogImage } from './log-image.ts';
import type { SimReplica } from './replica.ts';

/** `lost`: its disk was wiped, so this id never comes back · `retired`: removed from the group and shut down. */
export type SiteState = 'up' | 'down' | 'lost' | 'retired';

/** A monotonic clock that runs at a rate of its own and may jump ahead. */
export class SiteClock implements Clock {
  rate = 1;
  #shiftMs = 0;
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  jump(byMs: number): void {
    this.#shiftMs += byMs;
  }

  monotonicMs(): number {
    return this.#agenda.nowMs * this.rate + this.#shiftMs;
  }

  wallMs(): number {
    return this.monotonicMs();
  }

  after(delayMs: number, run: () => void): () => void {
    let cancelled = false;
    this.#agenda.after(delayMs / this.rate, () => {
      if (!cancelled) run();
    });
    return () => (cancelled = true);
  }
}

/** Where a replica lives: its disk and clock outlive its processes. What the checkers know of it stands here too. */
export class Site {
  readonly id: number;
  readonly disk: SimDisk;
  readonly clock: SiteClock;
  readonly random: Random;
  state: SiteState = 'down';
  replica: SimReplica | undefined;
  /** Counts its processes. */
  life = 0;
  frozen = false;
  /** What arrived, or was due, while it was frozen. */
  backlog: (() => void)[] = [];
  /** The log as the running replica has it, written or not. */
  log = new LogImage();
  role: Role = 'follower';
  term = 0;
  commit = 0;
  applied = 0;
  /** The members it goes by. */
  confState: ConfState;

  constructor(id: number, disk: SimDisk, clock: SiteClock, random: Random, confState: ConfState) {
    this.id = id;
    this.disk = disk;
    this.clock = clock;
    this.random = random;
    this.confState = confState;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }
}
