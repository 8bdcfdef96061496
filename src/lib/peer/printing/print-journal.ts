import * as v from 'valibot';
import { type PrintId, type PrinterId, type QueueId, encode, parse } from '../../base/index.ts';
import { type PrintOutcome, printerStates } from '../../printer/port.ts';
import type { PrintStanding } from '../../printer/index.ts';
import type { Store } from '../../storage/port.ts';

/**
 * How a print ended, on disk before anyone is told: a print that was physically finished is never forgotten, whichever worker dies
 * first. The peer takes it into its outbox and only then removes it.
 */
export interface JournalEntry {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly outcome: PrintOutcome;
}

/** A print that is under way, or was when its worker died: where it stood a few seconds before. */
export interface StandingEntry {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly printer: PrinterId;
  readonly printerName: string;
  readonly fileName: string;
  /** When this was written, by the wall clock, for a person to read. */
  readonly wallMs: number;
  readonly standing: PrintStanding;
}

const entryBytesMax = 16 * 1024;

/** Prints kept that were left and that nobody has said anything about. The oldest go. */
export const standingsMax = 20;

const text = v.pipe(v.string(), v.maxLength(4096));
const amount = v.pipe(v.number(), v.finite());
const id = <Id>() => v.custom<Id>((x) => typeof x === 'string' && x.length <= 200);
export const endedSchema = v.strictObject({
  v: v.literal(1),
  print: id<PrintId>(),
  queue: id<QueueId>(),
  outcome: v.strictObject({
    outcome: v.picklist(['good', 'failed', 'cancelled']),
    code: text,
    reason: text,
    lines: amount,
    resends: amount,
    seconds: amount,
    bedUnsure: v.exactOptional(v.literal(true)),
  }),
});
export const standingSchema = v.strictObject({
  v: v.literal(1),
  print: id<PrintId>(),
  queue: id<QueueId>(),
  printer: id<PrinterId>(),
  printerName: text,
  fileName: text,
  wallMs: amount,
  standing: v.strictObject({
    touched: v.boolean(),
    state: v.picklist(printerStates),
    bytesDone: amount,
    bytesTotal: amount,
    lines: amount,
    percent: amount,
    heightMm: v.exactOptional(amount),
    nozzleTargetC: v.exactOptional(amount),
    bedTargetC: v.exactOptional(amount),
  }),
});

export async function keepOutcome(store: Store, entry: JournalEntry): Promise<void> {
  await store.put('prints', entry.print, encode({ v: 1, ...entry }));
}

export async function keepStanding(store: Store, entry: StandingEntry): Promise<void> {
  await store.put('prints', entry.print, encode({ v: 1, ...entry }));
}

/** Removes what is known of a print: its outcome is reported, or a person has said how it ended. */
export async function forgetPrint(store: Store, print: PrintId): Promise<void> {
  await store.delete('prints', print);
}

/** How a print ended, if that is written down and no outbox has taken it over yet. */
export async function keptOutcome(store: Store, print: PrintId): Promise<PrintOutcome | undefined> {
  const bytes = await store.get('prints', print);
  const parsed = bytes === undefined ? undefined : parse(endedSchema, bytes, entryBytesMax);
  return parsed?.ok === true ? parsed.value.outcome : undefined;
}

/** Outcomes that no outbox has taken over yet. */
export async function keptOutcomes(store: Store): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for (const [, bytes] of await store.entries('prints')) {
    const parsed = parse(endedSchema, bytes, entryBytesMax);
    if (parsed.ok) entries.push(parsed.value);
  }
  return entries;
}

/** Prints without an outcome, newest first: those under way, and those that were left. Older ones than are kept are removed. */
export async function keptStandings(store: Store): Promise<readonly StandingEntry[]> {
  const entries: StandingEntry[] = [];
  for (const [, bytes] of await store.entries('prints')) {
    const parsed = parse(standingSchema, bytes, entryBytesMax);
    if (parsed.ok) entries.push(parsed.value);
  }
  entries.sort((a, b) => b.wallMs - a.wallMs);
  for (const old of entries.slice(standingsMax)) await forgetPrint(store, old.print);
  return entries.slice(0, standingsMax);
}
