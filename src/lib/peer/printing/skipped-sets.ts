import type { Clock, SetId } from '../../base/index.ts';
import type { QueueView } from '../../queue/index.ts';
import type { FileKeeper } from '../files/file-keeper.ts';

/** A set whose file did not come is left to other printers for this long, in ms: claims and releases must not fill the log. */
const skipMs = 15_000;

/** Sets whose file cannot be had now, or could not be brought here a moment ago: they are left to others. */
export class SkippedSets {
  readonly #clock: Clock;
  readonly #keeper: Pick<FileKeeper, 'withinReach'>;
  readonly #untilMs = new Map<SetId, number>();

  constructor({ clock, keeper }: { clock: Clock; keeper: Pick<FileKeeper, 'withinReach'> }) {
    this.#clock = clock;
    this.#keeper = keeper;
  }

  /** Whether a set of a queue is left alone now: a copy that nobody could print must not be kept from others, nor a printer from other work. */
  in({ state }: { readonly state: Pick<QueueView, 'sets'> }): (set: SetId) => boolean {
    return (id) => {
      const set = state.sets.get(id);
      return this.has(id) || (set !== undefined && !this.#keeper.withinReach(set.file));
    };
  }

  add(set: SetId): void {
    this.#untilMs.set(set, this.#clock.monotonicMs() + skipMs);
  }

  has(set: SetId): boolean {
    const untilMs = this.#untilMs.get(set);
    if (untilMs === undefined) return false;
    if (this.#clock.monotonicMs() < untilMs) return true;
    this.#untilMs.delete(set);
    return false;
  }
}
