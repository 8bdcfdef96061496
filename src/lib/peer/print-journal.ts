import * as v from 'valibot';
import { type PrintId, type QueueId, encode, parse } from '../base/index.ts';
import type { PrintOutcome } from '../printer/port.ts';
import type { Store } from '../storage/port.ts';

/**
 * How a print ended, on disk before anyone is told: a print that was physically finished is never forgotten, whichever worker dies
 * first. The peer takes it into its outbox and only then removes it.
 */
export interface JournalEntry {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly outcome: PrintOutcome;
}

const entryBytesMax = 16 * 1024;
const text = v.pipe(v.string(), v.maxLength(4096));
const schema = v.strictObject({
  v: v.literal(1),
  print: v.custom<PrintId>((x) => typeof x === 'string'),
  queue: v.custom<QueueId>((x) => typeof x === 'string'),
  outcome: v.strictObject({
    outcome: v.picklist(['good', 'failed', 'cancelled']),
    code: text,
    reason: text,
    lines: v.number(),
    resends: v.number(),
    seconds: v.number(),
  }),
});

export async function keepOutcome(store: Store, entry: JournalEntry): Promise<void> {
  await store.put('prints', entry.print, encode({ v: 1, ...entry }));
}

export async function forgetOutcome(store: Store, print: PrintId): Promise<void> {
  await store.delete('prints', print);
}

/** Outcomes that no outbox has taken over yet. */
export async function keptOutcomes(store: Store): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (const [, bytes] of await store.entries('prints')) {
    const parsed = parse(schema, bytes, entryBytesMax);
    if (parsed.ok) entries.push(parsed.value);
  }
  return entries;
}
