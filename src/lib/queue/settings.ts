import * as v from 'valibot';
import type { PrinterId } from '../base/index.ts';
import * as limits from './limits.ts';

/** A material: a family and, where it matters, a colour and a maker's name. 'PLA' alone means any PLA. */
export const materialSchema = v.strictObject({
  /** 'PLA', 'PETG', 'TPU': compared without regard to case. Empty means unknown. */
  family: v.pipe(v.string(), v.maxLength(32)),
  /** A name or '#rrggbb'. */
  colour: v.exactOptional(v.pipe(v.string(), v.maxLength(32))),
  name: v.exactOptional(v.pipe(v.string(), v.maxLength(64))),
});
export type Material = v.InferOutput<typeof materialSchema>;

/** What a bed is covered with, in the words of the workshop. */
export const surfaceSchema = v.pipe(v.string(), v.maxLength(limits.nameCharsMax));

const millimetres = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));

/** What a set asks of a printer. A rule that is missing here is taken from the file, then from the queue's default. */
export const requirementsSchema = v.strictObject({
  /** Any of these models. */
  models: v.exactOptional(
    v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(limits.nameCharsMax))),
      v.maxLength(limits.alternativesMax),
    ),
  ),
  nozzleMm: v.exactOptional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(10))),
  /** One per tool, in order. */
  materials: v.exactOptional(v.pipe(v.array(materialSchema), v.maxLength(limits.materialsMax))),
  sizeMm: v.exactOptional(v.strictObject({ x: millimetres, y: millimetres, z: millimetres })),
  /** What the bed is covered with: 'smooth PEI', 'glass'. No file says it: slicers write one down whatever the printer has. */
  surface: v.exactOptional(surfaceSchema),
  /** Only these printers. */
  printers: v.exactOptional(
    v.pipe(
      v.array(
        v.custom<PrinterId>((x) => typeof x === 'string' && x.length > 0 && x.length <= limits.idCharsMax),
      ),
      v.minLength(1),
      v.maxLength(limits.alternativesMax),
    ),
  ),
});
export type Requirements = v.InferOutput<typeof requirementsSchema>;

/** How the next print is chosen. */
export const strategies = ['in-order', 'shortest-first', 'least-manual-work', 'round-robin'] as const;
export type Strategy = (typeof strategies)[number];

function whole(least: number, most: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
}

const entries = {
  /** Length of a lease, virtual ms. */
  leaseMs: whole(limits.leaseMsMin, limits.leaseMsMax),
  /** Prints that a printer may hold beyond the one under way. */
  claimAhead: whole(0, limits.claimAheadMax),
  strategy: v.picklist(strategies),
  /** Virtual ms after which a job goes first, however long it prints (shortest-first, least-manual-work). */
  starvationMs: whole(0, limits.lostAfterMsMax),
  /**
   * When nobody is there to clear beds, in minutes since midnight of the clock beside each printer; equal ones: somebody always is. Which
   * print comes next at night depends on it (least-manual-work), nothing that is replicated does.
   */
  night: v.strictObject({ fromMinute: whole(0, 1439), toMinute: whole(0, 1439) }),
  /** Virtual ms after loss of contact when the copy is given out again; null: never by itself. Only the owner may set it. */
  lostAfterMs: v.nullable(whole(limits.lostAfterMsMin, limits.lostAfterMsMax)),
  /** Failed prints of one set that return to the queue before it is quarantined. */
  retriesMax: whole(0, limits.retriesMax),
  /** Where a failed copy may be tried again. */
  retryOn: v.picklist(['any', 'other']),
  /** Different sets failing in a row on one printer that stop it; 0: never. */
  stopAfterSets: whole(0, 100),
  /** Printers on which the same set fails that quarantine it; 0: never. */
  quarantineAfterPrinters: whole(0, 100),
  /**
   * Whether two trusted peers both vote: nothing agreed is lost with one of them, and both must be open for anything to change. Without it one
   * of the two votes, and the other votes once a third one has come.
   */
  twoVoters: v.boolean(),
  /** What a set asks of a printer when neither it nor its file says. */
  defaultRequirements: requirementsSchema,
} as const;

/** Settings of a queue. */
export const settingsSchema = v.strictObject(entries);
export type Settings = v.InferOutput<typeof settingsSchema>;
/** Some settings, the others left as they are. */
export const settingsChangeSchema = v.strictObject({
  leaseMs: v.exactOptional(entries.leaseMs),
  claimAhead: v.exactOptional(entries.claimAhead),
  strategy: v.exactOptional(entries.strategy),
  starvationMs: v.exactOptional(entries.starvationMs),
  night: v.exactOptional(entries.night),
  lostAfterMs: v.exactOptional(entries.lostAfterMs),
  retriesMax: v.exactOptional(entries.retriesMax),
  retryOn: v.exactOptional(entries.retryOn),
  stopAfterSets: v.exactOptional(entries.stopAfterSets),
  quarantineAfterPrinters: v.exactOptional(entries.quarantineAfterPrinters),
  twoVoters: v.exactOptional(entries.twoVoters),
  defaultRequirements: v.exactOptional(entries.defaultRequirements),
});
export type SettingsChange = v.InferOutput<typeof settingsChangeSchema>;

/** What a queue begins with. Part of the rules version. */
export const defaultSettings: Settings = {
  leaseMs: 120_000,
  claimAhead: 0,
  strategy: 'in-order',
  starvationMs: 24 * 3_600_000,
  // Ten in the evening to seven in the morning.
  night: { fromMinute: 1320, toMinute: 420 },
  lostAfterMs: null,
  retriesMax: 2,
  retryOn: 'any',
  stopAfterSets: 2,
  quarantineAfterPrinters: 2,
  twoVoters: false,
  defaultRequirements: {},
};
