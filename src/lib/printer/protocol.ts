import type { Bytes } from '../base/index.ts';
import type { Axes, Position, Temperatures } from './port.ts';

/** What happens to the line protocol. Times are milliseconds of one monotonic clock and never run backwards. */
export type ProtocolEvent =
  | { readonly type: 'bytes'; readonly atMs: number; readonly bytes: Uint8Array }
  | { readonly type: 'time'; readonly atMs: number }
  /** A command to send when its turn comes. `id` comes back with `done`; 0 is for lines of a print. */
  | { readonly type: 'command'; readonly atMs: number; readonly command: string; readonly id: number }
  /** A command past the queue and without a number: M112, and others where the firmware's emergency parser reads them. */
  | { readonly type: 'urgent'; readonly atMs: number; readonly command: string }
  /** Forgets everything under way and begins to number anew (M110). Answered by `greeted`. */
  | { readonly type: 'greet'; readonly atMs: number }
  /** Drops the commands that were not sent yet. */
  | { readonly type: 'clear'; readonly atMs: number }
  /** A print begins: statistics start at zero, look-ahead gets its chance. */
  | { readonly type: 'job'; readonly atMs: number };

/** Why the two sides cannot go on together. */
export type BreakCode = 'silent' | 'resend-loop' | 'lost-lines';

/** What the driver must do, or what it learns. */
export type ProtocolEffect =
  | { readonly type: 'write'; readonly bytes: Bytes; readonly text: string }
  /** A line came, as it is, for the terminal. */
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'greeted' }
  /** The printer has taken the command, and finished it if it is none of those that are only queued. */
  | { readonly type: 'done'; readonly id: number; readonly command: string }
  | { readonly type: 'resend'; readonly line: number }
  /** More than a tenth of the lines had to be sent again. Told once per job. */
  | { readonly type: 'noise'; readonly resends: number; readonly lines: number }
  | { readonly type: 'temperatures'; readonly temperatures: Temperatures }
  | { readonly type: 'position'; readonly position: Position }
  | { readonly type: 'identity'; readonly words: ReadonlyMap<string, string> }
  | { readonly type: 'capability'; readonly name: string; readonly present: boolean }
  | { readonly type: 'area'; readonly min: Axes; readonly max: Axes }
  | { readonly type: 'busy'; readonly needsPerson: boolean; readonly text: string }
  | { readonly type: 'action'; readonly name: string; readonly text: string }
  | { readonly type: 'error'; readonly kind: 'pausing' | 'fatal'; readonly text: string }
  /** The firmware has booted: it knows nothing of us any more. */
  | { readonly type: 'restarted' }
  /** No answer for a while: the printer was asked again. */
  | { readonly type: 'silence'; readonly times: number }
  | { readonly type: 'broken'; readonly code: BreakCode; readonly text: string };
