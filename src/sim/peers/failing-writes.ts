import type { Random } from '../../lib/base/index.ts';
import type { Disk, WritePlace } from '../../lib/storage/disk.ts';
import { tables } from '../../lib/storage/port.ts';

/** All that a browser writes to: what holds for one of them alone can jam it as well as what holds for all. Where prints are told of it happens most. */
const places: readonly WritePlace[] = ['logs', 'chunks', ...tables, 'outbox', 'outbox', 'outbox', 'prints'];
/** A disk stays full, or its transactions go on failing, for this long at most, in ms. */
const failsMsMax = 20_000;

/**
 * Writes of a browser that fail for a while, and change nothing: transactions are aborted, or its disk is full. It
 * holds for all places or for one, for the next write there or for all of them.
 */
export class FailingWrites {
  readonly forMs: number;
  readonly text: string;

  /** @param at the place, where it is not chance that chooses */
  constructor(random: Random, disk: Disk, at?: WritePlace) {
    const chosen = random.below(4) === 0 ? undefined : places[random.below(places.length)];
    const place = at ?? chosen;
    const isFull = random.below(2) === 0;
    const isOne = !isFull && random.below(2) === 0;
    this.forMs = random.below(failsMsMax);
    const which = isOne ? 'the next write' : 'writes';
    this.text = `${which} to ${place ?? 'all places'} ${isFull ? 'find no room' : 'are aborted'}`;
    disk.failure = (to, removes) => {
      if ((place !== undefined && to !== place) || (isFull && removes)) return undefined;
      if (isOne) disk.failure = undefined;
      return isFull ? 'storage-full' : 'storage-failed';
    };
  }
}
