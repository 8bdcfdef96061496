import * as v from 'valibot';
import { type QueueId, type Refusal, encode, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';

/** Queues in which this peer must not take part as the replica that it was, over restarts. See halting.ts. */
const prefix = 'halt/';
const bytesMax = 8 * 1024;
export const haltSchema = v.strictObject({ v: v.literal(1), code: v.string(), text: v.string() });

export async function keepHalt(store: Store, queue: QueueId, { code, text }: Refusal): Promise<void> {
  await store.put('queues', prefix + queue, encode({ v: 1, code, text }));
}

export async function forgetHalt(store: Store, queue: QueueId): Promise<void> {
  await store.delete('queues', prefix + queue);
}

export async function keptHalts(store: Store): Promise<ReadonlyMap<string, Refusal>> {
  const halts = new Map<string, Refusal>();
  for (const [key, bytes] of await store.entries('queues')) {
    if (!isHaltKey(key)) continue;
    const parsed = parse(haltSchema, bytes, bytesMax);
    // Whatever it said, it said that this replica must not go on.
    const halt = parsed.ok
      ? { code: parsed.value.code, text: parsed.value.text }
      : { code: 'superseded', text: 'This copy of the queue has stopped. Join again as new to go on.' };
    halts.set(key.slice(prefix.length), halt);
  }
  return halts;
}

export function isHaltKey(key: string): boolean {
  return key.startsWith(prefix);
}
