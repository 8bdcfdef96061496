import type { Applied } from '../../lib/queue/index.ts';
import type { Entry } from '../../lib/raft/index.ts';
import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** One command, one effect: however often a command is in the log, one entry of it takes effect. */
export class ExactlyOnce implements Checker {
  readonly name = 'exactly-once';
  /** Entry that took effect, by session and number. */
  readonly #done = new Map<string, number>();

  onApplied(site: Site, entry: Entry, applied: Applied): void {
    if (applied.session === 0 || applied.repeated || applied.result.kind === 'refused') return;
    const key = `${applied.session} ${applied.seq}`;
    const index = this.#done.get(key);
    if (index === undefined) this.#done.set(key, entry.index);
    else if (index !== entry.index) {
      violated(
        this,
        `command ${applied.seq} of session ${applied.session} takes effect at ${index} and again at ${entry.index} on ${site.id}`,
      );
    }
  }
}
