import { wantedOf } from '../../../lib/queue/index.ts';
import type { Job, JobSet, QueueState } from '../../../lib/queue/index.ts';
import { type Line, setKey } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Only good copies count: what is left of a job follows from the verdicts in the log, counted here again. */
export class Counts implements PeersChecker {
  readonly name = 'counts';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine(line: Line, state: QueueState): void {
    const touched = new Set<string>();
    for (const change of line.applied.changed) {
      if (change.kind !== 'job' || touched.has(change.id)) continue;
      touched.add(change.id);
      const job = state.jobs.get(change.id);
      if (job !== undefined) this.#check(job, state, line.index);
    }
  }

  onEnd(): void {
    const { book } = this.#room;
    const state = book.truth;
    if (state === undefined) return;
    for (const job of state.jobs.values()) this.#check(job, state, state.index);
    const ended = [...book.prints.values()].filter(({ verdicts }) => verdicts.length > 0);
    const { all } = state.totals;
    for (const outcome of ['good', 'failed', 'cancelled', 'unknown'] as const) {
      const counted = ended.filter(({ verdicts }) => verdicts.at(-1)?.outcome === outcome).length;
      if (counted !== all[outcome])
        this.#room.break(this.name, `the totals say ${all[outcome]} ${outcome}, the log ${counted}`);
    }
  }

  #check(job: Job, state: QueueState, index: number): void {
    let missing = 0;
    for (const id of job.sets) {
      const set = state.sets.get(id);
      if (set === undefined) continue;
      const good = this.#goodOf(set);
      missing += Math.max(0, wantedOf(job, set) - good);
      if (good !== set.good) {
        this.#room.break(
          this.name,
          `behind entry ${index} set ${id} counts ${set.good} good copies, the log has ${good}`,
        );
      }
    }
    if (job.done !== (missing === 0))
      this.#room.break(
        this.name,
        `behind entry ${index} ${job.id} is ${job.done ? '' : 'not '}done, and ${missing} are missing`,
      );
  }

  #goodOf(set: JobSet): number {
    const key = setKey(set);
    let good = 0;
    for (const print of this.#room.book.prints.values()) {
      if (print.set === key && print.verdicts.at(-1)?.outcome === 'good') good++;
    }
    return good;
  }
}
