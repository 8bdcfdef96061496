import { type Message, MessageType } from '../lib/raft/index.ts';
import type { Backup } from './disk.ts';
import type { Site } from './site.ts';

/** What one replica heard of another in one of its lives. */
interface Heard {
  /** The newest term that it said to have on its disk, and when it was first heard in it. */
  term: number;
  termMs: number;
  /** The last entry that it acknowledged in the term of the listener, which led then, and when that was first heard. */
  ledTerm: number;
  index: number;
  indexMs: number;
}

/**
 * Who knows what a replica had: kept by an onlooker, beside what replicas write down of each other. It says when a disk that
 * was put back must be recognised, which is: whenever somebody is awake and connected who knows.
 */
export class Witnesses {
  readonly #heard = new Map<Site, Map<number, Heard>>();
  /** What was heard is on the disk of who heard it after so long, in ms. */
  readonly #keptMs: number;

  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /**
   * A replica has taken a message of a member.
   * @param written the term that its sender says to have on its disk: what is not there yet promises nothing
   */
  heard(by: Site, message: Message, written: number, nowMs: number): void {
    const { from, term, type, index, reject } = message;
    const { voters, learners, votersOutgoing } = by.confState;
    if (![...voters, ...learners, ...votersOutgoing].includes(from)) return;
    const all = this.#heard.get(by) ?? new Map<number, Heard>();
    this.#heard.set(by, all);
    const known = all.get(from) ?? { term: 0, termMs: 0, ledTerm: 0, index: 0, indexMs: 0 };
    all.set(from, known);
    if (written > known.term) {
      known.term = written;
      known.termMs = nowMs;
    }
    if (type !== MessageType.AppResp || reject || by.role !== 'leader' || by.term !== term) return;
    if (term === known.ledTerm && index <= known.index) return;
    known.ledTerm = term;
    known.index = index;
    known.indexMs = nowMs;
  }

  /** A process has died: what it heard a moment ago, of the time in which it was awake, is not on its disk. */
  died(site: Site, nowMs: number): void {
    for (const known of this.#heard.get(site)?.values() ?? []) {
      const isKept = (ms: number) => !site.frozen && nowMs - Math.max(ms, site.awakeMs) >= this.#keptMs;
      if (!isKept(known.termMs)) known.term = 0;
      if (!isKept(known.indexMs)) known.ledTerm = 0;
    }
  }

  /** Whether that replica knows for certain that the other one had more than this. */
  knowsMore(by: Site, of: number, { term, last }: Backup): boolean {
    const known = this.#heard.get(by)?.get(of);
    if (known === undefined) return false;
    return known.term > term || (known.ledTerm === term && known.index > last);
  }
}
