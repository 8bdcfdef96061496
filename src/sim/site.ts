import type { Clock, Random } from '../lib/base/index.ts';
import type { ConfState, Role } from '../lib/raft/index.ts';
import type { Agenda } from './agenda.ts';
import type { Backup, SimDisk } from './disk.ts';
import { LogImage } from './log-image.ts';
import type { SimListener } from './listener.ts';
import type { SimReplica } from './replica.ts';

/** `lost`: its disk was wiped, so this id never comes back · `retired`: removed from the group and shut down. */
export type SiteState = 'up' | 'down' | 'lost' | 'retired';

/** A monotonic clock that runs at a rate of its own and may jump ahead. */
export class SiteClock implements Clock {
  #rate = 1;
  #shiftMs = 0;
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  get rate(): number {
    return this.#rate;
  }

  /** From now on: what it has shown so far stays. */
  set rate(rate: number) {
    this.#shiftMs += this.#agenda.nowMs * (this.#rate - rate);
    this.#rate = rate;
  }

  jump(byMs: number): void {
    this.#shiftMs += byMs;
  }

  monotonicMs(): number {
    return this.#agenda.nowMs * this.#rate + this.#shiftMs;
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
  /** Instead of a replica that takes part. */
  listener: SimListener | undefined;
  /** Since when it knows of no leader; infinite while it knows one. */
  ledMs = 0;
  /** Counts its processes. */
  life = 0;
  frozen = false;
  /** Since when it is awake. */
  awakeMs = 0;
  /** Copies of its disk, oldest first. */
  backups: Backup[] = [];
  /** Its disk was put back from a backup, and the replica `witness` knows what it had. */
  isRestored = false;
  /** What it had on its disk before that. */
  before: LogImage | undefined;
  witness = 0;
  /** What arrived, or was due, while it was frozen. */
  backlog: (() => void)[] = [];
  /** The log as the running replica has it, written or not. */
  log = new LogImage();
  role: Role = 'follower';
  term = 0;
  commit = 0;
  applied = 0;
  /** The members it goes by, and the index of the change that made them. */
  confState: ConfState;
  confIndex = 0;

  constructor(id: number, disk: SimDisk, clock: SiteClock, random: Random, confState: ConfState) {
    this.id = id;
    this.disk = disk;
    this.clock = clock;
    this.random = random;
    this.confState = confState;
  }

  /** Its id never decides anything any more: its disk is lost, or was put back and must not be believed. */
  get isGone(): boolean {
    return this.state === 'lost' || this.isRestored;
  }

  get isUp(): boolean {
    return this.state === 'up';
  }
}
