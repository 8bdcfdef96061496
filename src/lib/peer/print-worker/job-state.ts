import type { PrintId, PrinterId, QueueId } from '../../base/index.ts';
import type { PrintOutcome, PrinterRequest, PrinterStatus } from '../../printer/port.ts';
import type { Refusal } from '../../base/index.ts';
import type { PeerToPrinter, PrinterToPeer } from '../messages.ts';
import type { BedClearingPlan } from '../printer-api.ts';
import { type Journal, type JournalWrite, emptyJournal } from './journal.ts';

/** A print that the peer has handed over and whose end is not known yet. */
export interface InHand {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly fileName: string;
  /** State that was last noted in the journal. */
  readonly notedState: string | undefined;
  /** While it runs, a note of the same state is not due. */
  readonly notePause: number | undefined;
  /** A broken invariant was found: whatever the machine says, it ends as failed. */
  readonly fault: string | undefined;
}

/**
 * The print in hand. `preparing`: the machine looks through the file · `asking`: the machine wants to heat or move, and the
 * peer was asked · `noting`: the peer has agreed, and that the print begins is being written · `running`: the machine may heat
 * and move · `denied`: it may not, and has yet to say that it stopped (`granted`: the peer had agreed, and believes it runs).
 */
export type Job =
  | { readonly at: 'idle' }
  | (InHand & { readonly at: 'preparing'; readonly request: number; readonly isCancelled: boolean })
  | (InHand & { readonly at: 'asking' | 'noting' | 'running' })
  | (InHand & { readonly at: 'denied'; readonly granted: boolean });

/** How a print ended, as long as no peer has taken it into its outbox. */
export interface Report {
  readonly print: PrintId;
  readonly outcome: PrintOutcome;
  /** `writing`: not told yet, because a write that has neither succeeded nor failed may still keep it. `told`: at once, and to each new peer. */
  readonly at: 'writing' | 'told';
  /** The bed may be cleared by script while this pause runs; undefined: a person clears it. */
  readonly clearPause: number | undefined;
}

/** Who the printer is to its peer. */
export interface PrinterName {
  readonly printer: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
}

/** One printer's prints: plain data. */
export interface JobState {
  /** Undefined until the first peer is there. A peer that dies says nothing; the next one is there some time later. */
  readonly peer: PrinterName | undefined;
  readonly job: Job;
  readonly reports: readonly Report[];
  readonly journal: Journal;
  readonly status: PrinterStatus;
  readonly plan: BedClearingPlan;
  /** Clearings of the bed under way, by the number of their request: after a print, or because a person asked. */
  readonly clearings: readonly { readonly request: number; readonly print: PrintId | undefined }[];
  /** The next number of a write, a pause or (made negative) a request. Never used twice. */
  readonly next: number;
}

/** What happens to it. Every effect that can fail ends in one of these. */
export type JobEvent =
  /** A peer is there, at first or in the place of one that died: all that was said before may be lost. */
  | ({ readonly on: 'peer-there' } & PrinterName)
  | { readonly on: 'message'; readonly message: PeerToPrinter }
  /** The machine is about to heat or move, and waits. */
  | { readonly on: 'asked'; readonly print: PrintId }
  | { readonly on: 'replied'; readonly request: number; readonly refusal: Refusal | undefined }
  | { readonly on: 'ended'; readonly print: PrintId; readonly outcome: PrintOutcome }
  | { readonly on: 'status'; readonly status: PrinterStatus }
  | { readonly on: 'written' | 'write-failed'; readonly id: number }
  | { readonly on: 'pause-over'; readonly id: number }
  /** The owner's choice of who clears the bed. */
  | { readonly on: 'plan'; readonly plan: BedClearingPlan }
  /** A person asked the machine to clear the bed. */
  | { readonly on: 'person-clears'; readonly request: number };

/** What is to be done. The shell carries it out in this order and decides nothing. */
export type JobEffect =
  | { readonly do: 'tell'; readonly message: PrinterToPeer }
  /** Given to the machine; its reply is the event `replied`. */
  | { readonly do: 'request'; readonly request: PrinterRequest }
  /** The answer to the machine's question. Where none is open, it means nothing. */
  | { readonly do: 'answer'; readonly print: PrintId; readonly go: boolean }
  /** Ends in `written` or `write-failed`, or never: writes that are given later must reach the disk later. */
  | { readonly do: 'write'; readonly id: number; readonly write: JournalWrite }
  /** Ends in `pause-over`. */
  | { readonly do: 'pause'; readonly id: number; readonly ms: number }
  /** An invariant is broken: a bug, to be logged as loudly as can be. */
  | { readonly do: 'fault'; readonly text: string };

export const idleStatus: PrinterStatus = { state: 'idle', temperatures: { tools: [] } };

/** Nothing in hand and nobody there yet. */
export const noJob: JobState = {
  peer: undefined,
  job: { at: 'idle' },
  reports: [],
  journal: emptyJournal,
  status: idleStatus,
  plan: { by: 'person', coolToC: undefined },
  clearings: [],
  next: 1,
};
