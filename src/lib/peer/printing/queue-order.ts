import * as v from 'valibot';
import { type QueueId, encode, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import { queuesMax } from '../limits.ts';

/** Stands in the table `settings`. */
const recordKey = 'queue-order';
/** Bytes of the record at most: that many ids, each with room to spare. */
const recordBytesMax = queuesMax * 128 + 64;

export const queueOrderSchema = v.strictObject({
  v: v.literal(1),
  queues: v.pipe(v.array(v.pipe(v.string(), v.maxLength(96))), v.maxLength(queuesMax)),
});

/**
 * The order in which the owner of this browser wants its queues served: a printer here takes from the first one that has something for it.
 * Queues that nobody has put in order come last, as they were opened.
 */
export class QueueOrder {
  readonly #store: Store;
  #queues: readonly QueueId[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** A record that cannot be read is no order. */
  async load(): Promise<void> {
    const bytes = await this.#store.get('settings', recordKey);
    const record = bytes === undefined ? undefined : parse(queueOrderSchema, bytes, recordBytesMax);
    if (record?.ok === true) this.#queues = record.value.queues as QueueId[];
  }

  /** Takes the given queues to be first, in this order. Resolves when it is on the disk. */
  async put(queues: readonly QueueId[]): Promise<void> {
    const given = new Set(queues);
    this.#queues = [...given, ...this.#queues.filter((queue) => !given.has(queue))].slice(0, queuesMax);
    await this.#store.put('settings', recordKey, encode({ v: 1, queues: [...this.#queues] }));
  }

  /** What belongs to queues, as they are to be served. */
  sort<Thing>(byQueue: ReadonlyMap<QueueId, Thing>): readonly Thing[] {
    const first = this.#queues.filter((queue) => byQueue.has(queue));
    if (first.length === 0) return [...byQueue.values()];
    const rest = new Map(byQueue);
    const sorted: Thing[] = [];
    for (const queue of first) {
      const thing = rest.get(queue);
      if (thing !== undefined) sorted.push(thing);
      rest.delete(queue);
    }
    return [...sorted, ...rest.values()];
  }
}
