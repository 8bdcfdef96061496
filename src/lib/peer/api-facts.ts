import type { Ask, Doing } from '../printer/facts.ts';
import type { PrinterState } from '../printer/port.ts';
import type { Outcome, Stop } from '../queue/index.ts';
import type { Because, Finding, Idle, OfFile, Wait } from '../schedule/index.ts';

/** What views say by codes and data. The page beside the worker adds the sentences (`tab/said-views.ts`). */

/** Why no copy of a set is given out now: what the queue says, or that nobody who is here has its file. */
export type SetWait = Wait | { readonly code: 'nobody-has-file'; readonly file: string };

/** What a printer takes next and why, with what does not quite fit; or why it takes nothing. */
export type Coming =
  | ({
      readonly kind: 'claim';
      readonly because: Because;
      readonly warnings: readonly Finding[];
    } & OfFile)
  | { readonly kind: 'wait'; readonly because: Idle };

/** How a print stands. `printer` is its name. */
export type PrintNow =
  /** As its printer tells it. */
  | { readonly code: 'live'; readonly state: PrinterState; readonly doing: Doing }
  /** Held ahead, behind the copy that is printed. */
  | { readonly code: 'kept'; readonly printer: string }
  /** The same, and its printer is not heard of: it may be printing it. */
  | { readonly code: 'kept-away'; readonly printer: string }
  | { readonly code: 'cancelling' }
  /** Its printer is to hear of it first. */
  | { readonly code: 'cancelling-later'; readonly printer: string }
  | { readonly code: 'lost'; readonly printer: string }
  | { readonly code: 'getting-ready' }
  | { readonly code: 'starting' }
  | { readonly code: 'was-printing' }
  | { readonly code: 'ended'; readonly outcome: Outcome };

/**
 * Why it is not known yet how a command ended. `too-few-peers`: it is kept, and goes to them when they are back · `closed`: the queue was closed here
 * before · `forgotten`: the queue no longer knows whether it was done · `not-kept`: this browser could not write it down · `worker-ended`: the next worker sends on what was kept.
 */
export type NotKnown = 'too-few-peers' | 'closed' | 'forgotten' | 'not-kept' | 'worker-ended';

/** Who said how a print ended: the owner's rule, or a person by name. */
export type Decider = { readonly by: 'rule' } | { readonly by: 'person'; readonly name: string };

/** What a person must see to at a printer. */
export type AlertCause =
  /** Its own question, or why it waits for a person. */
  | { readonly kind: 'question'; readonly ask: Ask }
  /** The printer or its connection failed. */
  | { readonly kind: 'failed'; readonly doing: Doing }
  /** Contact was lost in the middle of a print of that job. */
  | { readonly kind: 'lost'; readonly job: string }
  /** The queue stopped it after failures. */
  | { readonly kind: 'stopped'; readonly stop: Stop }
  | { readonly kind: 'bed'; readonly bed: 'occupied' | 'unknown' };
