import type { Because, Finding, Idle, OfFile, Standing } from './facts.ts';
import type { Group } from './groups.ts';
import { goesOnWith } from './last-prints.ts';
import type { Stuff } from './last-prints.ts';
import type { Match } from './match.ts';
import type { Waiting } from './strategies.ts';
import type { Job, JobId, Printer, SetId } from './types.ts';

/** What a printer shall do next, and why. */
export type Choice =
  | {
      readonly kind: 'claim';
      readonly set: SetId;
      readonly job: JobId;
      /** Number of the copy within its set, from 1. */
      readonly copy: number;
      /** Name of its file. */
      readonly file: OfFile['file'];
      readonly because: Because;
      /** What a person should know before it prints: what warns, then what nobody knows. */
      readonly warnings: readonly Finding[];
    }
  | { readonly kind: 'wait'; readonly because: Idle };

export interface ChoiceOptions {
  /** Milliseconds until somebody is there to clear the bed; undefined when somebody is. */
  readonly unattendedMs?: number | undefined;
  /** Sets that this printer cannot take just now, for a reason that is not the queue's (a file that is not here). */
  readonly skip?: (set: SetId) => boolean;
  /** What it will take once it has ended what it prints and its bed is clear, for people to see before. */
  readonly preview?: boolean;
}

/** How a printer is away: it may come back by itself, or a person must connect it again. */
export type Away = Extract<Standing['code'], 'not-connected' | 'must-reconnect'>;

/** What no log knows of printers: what those who drive them tell. */
export interface Told {
  /** Another one whenever an answer may be another. */
  readonly key: string;
  /** Why a printer takes nothing before it is back; undefined when it is here. */
  readonly whyAway: (printer: Printer) => Away | undefined;
}

/** Time without anybody that makes a night, in ms. */
const nightMs = 4 * 3_600_000;

export interface Candidate {
  readonly entry: Waiting;
  readonly group: Group;
  readonly match: Match;
  /** Chosen because it has waited too long. */
  readonly starved: boolean;
}

/** How much a person would have to do before a print: nothing · most likely nothing · a look · a change of something. */
type Work = 0 | 1 | 2 | 3;

/** Whether nobody will be there for so long that a long print is better begun now. */
export function isNight(options: ChoiceOptions): boolean {
  return options.unattendedMs !== undefined && options.unattendedMs >= nightMs;
}

/** How much work a copy is for a person, by what is known of the printer and what it printed last. */
export function workOf({ match, group }: Candidate, stuff: Stuff | undefined): Work {
  if (match.verdict === 'fits') return 0;
  if (match.verdict !== 'unknown') return 3;
  return goesOnWith(stuff, group.needs) ? 1 : 2;
}

/** Whether all of a job's several files go to one printer, and none has begun them. */
export function isKeptWhole(job: Job): boolean {
  return job.keepTogether && job.boundTo === undefined && job.sets.length > 1;
}

/** The first that passes; looks no further. */
export function find<Item>(items: Iterable<Item>, test: (item: Item) => boolean): Item | undefined {
  for (const item of items) if (test(item)) return item;
  return undefined;
}
