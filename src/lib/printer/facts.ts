import * as v from 'valibot';
import type { Refusal } from '../base/index.ts';

/**
 * What is told of a printer: codes and data, the same for the page beside it, for other peers and for programs. The room `words` makes
 * sentences of them. `said` are words that are not ours: of the firmware, of the file, of a person.
 */

/** Characters of words that are not ours. */
export const saidCharsMax = 200;

const said = v.pipe(v.string(), v.minLength(1), v.maxLength(saidCharsMax));
const celsius = v.pipe(v.number(), v.finite());

function plain<const Code extends string>(code: Code) {
  return v.strictObject({ code: v.literal(code) });
}

/** A code with the words that came with it, if any did. */
function withSaid<const Code extends string>(code: Code) {
  return v.strictObject({ code: v.literal(code), said: v.exactOptional(said) });
}

/** What a printer is doing while its head does not move. Temperatures in °C. */
export const pastimeSchema = v.variant('code', [
  v.strictObject({
    code: v.literal('heating'),
    part: v.picklist(['bed', 'nozzle', 'chamber']),
    celsius: v.exactOptional(celsius),
  }),
  plain('homing'),
  plain('probing'),
  plain('changing-filament'),
  plain('dwelling'),
]);
export type Pastime = v.InferOutput<typeof pastimeSchema>;

/** What is wrong with a printer: the codes of its problems that have words of their own. */
export const troubles = [
  'stopped',
  'printer-reset',
  'halted',
  'noise',
  'silent',
  'lost-lines',
  'resend-loop',
  'printer-error',
  'unplugged',
  'closed',
  'lost',
  'port',
  'file',
  'too-hot',
  'beyond-the-machine',
  'finish-script',
] as const;

/** A problem as others are told of it. `other`: one that only the page beside the printer can explain. */
export const troubleSchema = v.strictObject({
  code: v.picklist([...troubles, 'other']),
  said: v.exactOptional(said),
});
export type Trouble = v.InferOutput<typeof troubleSchema>;

/** Why only a person can make a printer go on. */
export const askSchema = v.variant('code', [
  /** The file holds M0. */
  withSaid('file-asks'),
  /** The firmware asked the host to pause. */
  withSaid('pause-asked'),
  /** It was paused at the printer. */
  withSaid('paused-there'),
  plain('no-filament'),
  plain('power-failure'),
  /** It waits for a person at its own display. */
  plain('at-display'),
  /** The firmware's question, as it came. */
  v.strictObject({ code: v.literal('question'), said }),
  v.strictObject({ code: v.literal('trouble'), trouble: troubleSchema }),
]);
export type Ask = v.InferOutput<typeof askSchema>;

/** What a printer does, beyond its state: `state` where that says it all. */
export const doingSchema = v.variant('code', [
  plain('state'),
  /** The file of its next copy is on its way: percent of its bytes. */
  v.strictObject({
    code: v.literal('copying'),
    percent: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  }),
  /** The file of its next copy could not be brought here. */
  v.strictObject({ code: v.literal('no-file'), why: v.picklist(['storage-full', 'other']) }),
  plain('getting-ready'),
  /** Its print has ended and is being reported. */
  plain('reporting'),
  /** The program found itself at fault, and begins nothing on it before it is connected anew. */
  plain('fault'),
  v.strictObject({ code: v.literal('waiting'), for: pastimeSchema }),
  v.strictObject({ code: v.literal('asking'), ask: askSchema }),
  v.strictObject({ code: v.literal('broken'), trouble: troubleSchema }),
]);
export type Doing = v.InferOutput<typeof doingSchema>;

/** A refusal of the printer, with its sentence for the page beside it, and the words that came with it. */
export interface Problem extends Refusal {
  readonly said?: string;
}

/** A code with what was said, as much of it as fits. */
export function saying<Code extends string>(
  code: Code,
  text: string,
): { readonly code: Code; readonly said?: string } {
  const words = text.trim().slice(0, saidCharsMax).toWellFormed();
  return words === '' ? { code } : { code, said: words };
}

/** A problem as others are told of it. */
export function troubleOf(problem: { readonly code: string; readonly said?: string }): Trouble {
  const code = troubles.find((known) => known === problem.code) ?? 'other';
  return saying(code, problem.said ?? '');
}
