export type ErrorKind =
  /** A `Resend` follows, or nothing is wrong. */
  | 'harmless'
  /** Like an `ok` that does not come: the line was refused and no `Resend` follows. */
  | 'no-resend'
  /** A person should look. */
  | 'pausing'
  /** The firmware has stopped, or soon will. */
  | 'fatal';

/** A text by which an error of some firmware is known. */
export interface KnownError {
  readonly kind: ErrorKind;
  readonly pattern: RegExp;
}

/**
 * The errors that are known, of Marlin, Prusa, Repetier, Klipper and Smoothie; the first that fits counts. `errors.test.ts` holds an
 * example of each.
 */
export const knownErrors: readonly KnownError[] = [
  { kind: 'no-resend', pattern: /no line ?number with checksum/i },
  { kind: 'no-resend', pattern: /missing line ?number/i },
  { kind: 'harmless', pattern: /line ?number/i },
  { kind: 'harmless', pattern: /checksum/i },
  { kind: 'harmless', pattern: /format error/i },
  { kind: 'harmless', pattern: /expected line/i },
  { kind: 'fatal', pattern: /kill\(\)/i },
  { kind: 'fatal', pattern: /halted/i },
  { kind: 'fatal', pattern: /^fatal:/i },
  { kind: 'fatal', pattern: /\bmintemp/i },
  { kind: 'fatal', pattern: /\bmaxtemp/i },
  { kind: 'fatal', pattern: /thermal[ _]runaway/i },
  { kind: 'fatal', pattern: /heating[ _]failed/i },
  { kind: 'fatal', pattern: /heater[ _].*fault/i },
  { kind: 'fatal', pattern: /heater[ _].*decoupl/i },
  { kind: 'fatal', pattern: /emergency/i },
  { kind: 'fatal', pattern: /shutdown/i },
  { kind: 'fatal', pattern: /shut down/i },
  { kind: 'fatal', pattern: /system stopped/i },
  { kind: 'fatal', pattern: /stopped due to errors/i },
  { kind: 'fatal', pattern: /M112/i },
  { kind: 'fatal', pattern: /watchdog/i },
  { kind: 'fatal', pattern: /lost communication/i },
  { kind: 'harmless', pattern: /\bSD\b/i },
  { kind: 'harmless', pattern: /volume\.init/i },
  { kind: 'harmless', pattern: /open(?:root|file)/i },
  { kind: 'harmless', pattern: /cannot open/i },
  { kind: 'harmless', pattern: /no media/i },
  { kind: 'harmless', pattern: /unknown command/i },
  { kind: 'harmless', pattern: /unknown [MG]-?code/i },
  { kind: 'harmless', pattern: /(?:not |un)supported/i },
  { kind: 'harmless', pattern: /workdir/i },
  { kind: 'harmless', pattern: /M29/i },
];

/** Sorts an error by its text. What nobody knows is for a person to look at. */
export function errorKind(text: string): ErrorKind {
  return knownErrors.find(({ pattern }) => pattern.test(text))?.kind ?? 'pausing';
}
