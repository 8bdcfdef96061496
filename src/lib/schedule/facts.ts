import type { Quarantine, Stop, Unfit as OwnLimit } from '../queue/index.ts';
import type { Verdict } from './materials.ts';
import type { Material } from './types.ts';

/**
 * What this room answers with: codes and data. Names are as the queue has them now. The room `words` makes sentences of them
 * where a person reads.
 */

/** Room for a print, or on a bed, in mm. */
export interface SizeMm {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** What one rule asks for, and what the printer has; `has` is missing where nobody said what that is. */
type Asked =
  /** It is meant for other printers. */
  | { readonly rule: 'printer' }
  | { readonly rule: 'kind'; readonly needs: string; readonly has: readonly string[] }
  | { readonly rule: 'model'; readonly needs: readonly string[]; readonly has?: string }
  | { readonly rule: 'nozzle'; readonly needs: number; readonly has?: number }
  | { readonly rule: 'bed'; readonly needs: SizeMm; readonly has?: SizeMm }
  | { readonly rule: 'surface'; readonly needs: string; readonly has?: string }
  /** Its printer has read the file, and found it beyond its own limits. */
  | { readonly rule: 'limits'; readonly found: OwnLimit }
  | {
      readonly rule: 'material';
      readonly needs: Material;
      /** Which tool, from 1, where it needs several. */
      readonly tool?: number;
      /** `no-tool`: the printer has fewer. */
      readonly has?: Material | 'no-tool';
    };

/** What one rule says of a printer, by its name. */
export type Finding = Asked & { readonly verdict: Verdict; readonly printer: string };
export type Rule = Finding['rule'];

/** Name of the file of a copy; undefined when it is not known. */
export interface OfFile {
  readonly file: string | undefined;
}

/** Why a printer takes nothing now, whatever waits. `printer` is its name. */
export type Standing =
  | { readonly code: 'stopped'; readonly printer: string; readonly stop: Stop }
  /** Its driver may not print for this queue. */
  | { readonly code: 'driver-may-not'; readonly printer: string; readonly driver: string }
  | { readonly code: 'switched-off'; readonly printer: string }
  /** Nobody said what it is: neither its model nor its size. */
  | { readonly code: 'undescribed'; readonly printer: string }
  /** `contact`: whether it is heard of; `lost` once its lease ran out. */
  | ({
      readonly code: 'printing';
      readonly printer: string;
      readonly contact: 'here' | 'away' | 'lost';
    } & OfFile)
  | { readonly code: 'not-connected'; readonly printer: string }
  /** It has failed, and must be connected again by a person. */
  | { readonly code: 'must-reconnect'; readonly printer: string }
  | { readonly code: 'bed-occupied'; readonly printer: string }
  | { readonly code: 'bed-unknown'; readonly printer: string };

/** Why no copy of a set is given out now. */
export type Wait =
  | { readonly code: 'draft' }
  | { readonly code: 'quarantined'; readonly quarantine: Quarantine }
  /** All that is left was cancelled by a person, and waits for a person's word. */
  | { readonly code: 'on-hold'; readonly copies: number }
  | { readonly code: 'no-printers' }
  /** All of its job is printed on one printer, which says this. */
  | { readonly code: 'kept-on'; readonly printer: string; readonly why: Unfit | Standing | TurnOf }
  | { readonly code: 'next-in-turn'; readonly printer: string }
  /** Every printer that fits takes nothing now: what the first of them say, and how many more there are. */
  | { readonly code: 'all-taken'; readonly printers: readonly Standing[]; readonly more: number }
  | { readonly code: 'failed-everywhere' }
  /** It is kept on one printer, and none fits all files of its job. */
  | { readonly code: 'none-fits-all' }
  | { readonly code: 'none-fits' }
  | Unfit
  /** Many printers lack the same; `findings` have the first different things that they have instead. */
  | { readonly code: 'unfit-all'; readonly count: number; readonly findings: readonly Finding[] };

interface TurnOf {
  readonly code: 'turn-of';
  readonly printer: string;
}

/** One printer does not fit. */
export interface Unfit {
  readonly code: 'unfit';
  readonly finding: Finding;
}

/** Why just this copy comes next on a printer. Seconds are those of the print, where they are known. */
export type Because =
  | { readonly code: 'waited-longest'; readonly seconds: number }
  | { readonly code: 'shortest'; readonly seconds?: number }
  /** `person` is missing for somebody who left. */
  | { readonly code: 'turn-of-person'; readonly person?: string }
  | { readonly code: 'longest-at-night'; readonly seconds?: number }
  | { readonly code: 'as-it-stands'; readonly printer: string }
  | { readonly code: 'goes-on'; readonly printer: string }
  | { readonly code: 'needs-a-look' }
  | { readonly code: 'first' }
  | { readonly code: 'first-that-fits'; readonly printer: string };

/** Why a printer is given nothing. `file` is what waits first. */
export type Idle =
  | Standing
  | { readonly code: 'unknown-printer' }
  | { readonly code: 'just-changed' }
  | { readonly code: 'nothing-waits' }
  | ({ readonly code: 'first-unfit'; readonly finding: Finding } & OfFile)
  | ({ readonly code: 'first-elsewhere'; readonly printer: string } & OfFile)
  | ({ readonly code: 'first-not-now'; readonly printer: string } & OfFile);

/** Why a printer begins nothing while too few peers are here. */
export type AloneWait = 'stopped' | 'switched-off' | 'last-failed' | 'bed-not-clear' | 'nothing-held';
