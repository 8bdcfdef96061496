import type { PrintId, QueueId, SetId } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import type { Return } from '../../queue/index.ts';

/**
 * One attachment of one printer and the copy it has in hand, as a pure state machine. `AssignmentRunner` feeds it events and carries out its effects.
 * Each effect that takes time ends in an event with its number, failures included, so that no stage is a dead end.
 *
 *   idle → claiming → fetching → delivered → starting → noting → running → reporting → settling → idle
 *     ↑        └───────┴───────────┴──────────┴──────────┴──→ releasing → idle
 *     └ resting (a claim could not be written)                          stopped: an invariant was broken
 */
export interface Assignment {
  readonly stage: Stage;
  /** The port to the print worker is closed, or another attachment has taken the printer over. */
  readonly gone: boolean;
  /** How prints ended that are not in hand (any more), until that is kept; at most `lateReportsMax`. */
  readonly late: readonly LateReport[];
  /** Copies that were given back before their first move, newest last: their print worker may still tell how they ended. */
  readonly returned: readonly PrintId[];
  /** Number of the newest effect that ends in an event; an end with a number that nothing waits for is late. */
  readonly count: number;
}

/** A copy of a queue that is, or is about to be, this printer's. */
export interface Copy {
  readonly queue: QueueId;
  readonly print: PrintId;
}

export type Stage =
  | { readonly at: 'idle' }
  /** A claim could not be written down: no other is tried before a pause is over. */
  | { readonly at: 'resting'; readonly n: number }
  | { readonly at: 'claiming'; readonly n: number; readonly copy: Copy }
  | { readonly at: 'fetching'; readonly n: number; readonly copy: Copy }
  /** The print worker has it. `resumed`: it had it before this peer began, whose copy of the queue may lag behind. */
  | { readonly at: 'delivered'; readonly copy: Copy; readonly resumed: boolean }
  /** The print worker waits for an answer. `alone`: the start is written down without the others' agreement. */
  | { readonly at: 'starting'; readonly n: number; readonly copy: Copy; readonly alone: boolean }
  /** It waits still: “begun here” is being written. */
  | { readonly at: 'noting'; readonly n: number; readonly copy: Copy; readonly alone: boolean }
  /** Granted. `told`: whether “started” has been kept for the queue. */
  | {
      readonly at: 'running';
      readonly n: number;
      readonly copy: Copy;
      readonly told: 'writing' | 'waits' | 'done';
    }
  /** How it ended is being written into the outbox; `waits`: that failed, and a pause is not over. */
  | {
      readonly at: 'reporting';
      readonly n: number;
      readonly copy: Copy;
      readonly outcome: PrintOutcome;
      readonly waits: boolean;
    }
  /** The report is kept; the queue has not taken it in yet. */
  | { readonly at: 'settling'; readonly n: number; readonly copy: Copy }
  | {
      readonly at: 'releasing';
      readonly n: number;
      readonly copy: Copy;
      /** What that says of the copy: a person's no, or limits of this printer. */
      readonly why: Return | undefined;
      readonly waits: boolean;
    }
  /** An invariant was broken: nothing is begun any more until the printer is attached again. */
  | { readonly at: 'stopped'; readonly copy: Copy | undefined };

/** An outcome of a print that is not in hand: being written into the outbox, or tried again after a pause. */
export interface LateReport {
  readonly n: number;
  readonly print: PrintId;
  readonly outcome: PrintOutcome;
  readonly at: 'writing' | 'pausing';
}

/** How a command ended: the queue's word, nobody's word in time, or it could not be written into the outbox. */
export type Settled = 'committed' | 'refused' | 'unknown' | 'failed';

/** What holds at the moment when the answer to `starting` is there. */
export interface StartFacts {
  /** The applied state says that the copy is starting on this printer. */
  readonly starting: boolean;
  /** By both clocks of this machine the lease surely holds. */
  readonly leaseHolds: boolean;
  readonly cancelled: boolean;
  /** It is held ahead and nothing has been decided: the others may be about to leave for the night. */
  readonly undecided: boolean;
  /** It may be begun without the others. */
  readonly alone: boolean;
}

export type Event =
  /** A copy to take: claimed anew from that set, or held already by an earlier life. */
  | { readonly on: 'choice'; readonly copy: Copy; readonly set: SetId | undefined }
  | { readonly on: 'ask-start'; readonly print: PrintId; readonly alone: boolean }
  /**
   * The print worker tells of an end. `counts`: although it was not granted, it is an end and no mere return (a file that cannot be printed).
   * `known`: for a print not in hand: its queue has heard it, has not, or no queue here knows the print.
   */
  | {
      readonly on: 'outcome';
      readonly print: PrintId;
      readonly outcome: PrintOutcome;
      readonly counts: boolean;
      readonly known: 'ended' | 'open' | 'nowhere';
      readonly why: Return | undefined;
      /** Its file could not be read here just now. */
      readonly skips: boolean;
    }
  /** The print worker does not take the print. */
  | { readonly on: 'refused'; readonly print: PrintId; readonly why: Return | undefined }
  /** The port is closed. */
  | { readonly on: 'detached' }
  /** The printer was attached anew, with that print in its worker's hands. */
  | { readonly on: 'superseded'; readonly busy: PrintId | undefined }
  /** The queue says that a person wants the copy in hand to be cancelled. Comes again until something follows. */
  | { readonly on: 'cancelled' }
  /** The queue knows the copy in hand no more. Comes again, too. */
  | { readonly on: 'taken' }
  | { readonly on: 'claimed'; readonly n: number; readonly as: Settled }
  | { readonly on: 'file'; readonly n: number; readonly as: 'here' | 'refused' | 'failed' }
  | { readonly on: 'agreed'; readonly n: number; readonly as: Settled; readonly facts: StartFacts }
  | { readonly on: 'alone-kept'; readonly n: number; readonly as: 'written' | 'failed' }
  | {
      readonly on: 'noted';
      readonly n: number;
      readonly as: 'written' | 'failed';
      readonly facts: Pick<StartFacts, 'leaseHolds' | 'cancelled'>;
    }
  | { readonly on: 'told'; readonly n: number; readonly as: 'written' | 'failed' }
  /**
   * `failed`: the disk did not take it. `later`: its queue takes nothing now, or a report of it is on its way already.
   * `nowhere`: no queue here knows the print any more.
   */
  | { readonly on: 'kept'; readonly n: number; readonly as: 'written' | 'failed' | 'later' | 'nowhere' }
  | { readonly on: 'reported'; readonly n: number }
  | { readonly on: 'released'; readonly n: number; readonly as: Settled }
  | { readonly on: 'pause-over'; readonly n: number };

/** Those with a number end in an event that carries it. */
export type Effect =
  /** Look for a copy, in the queues behind that one, or in all. */
  | { readonly do: 'choose'; readonly after: QueueId | undefined }
  | { readonly do: 'claim'; readonly n: number; readonly copy: Copy; readonly set: SetId }
  | { readonly do: 'fetch'; readonly n: number; readonly copy: Copy }
  | { readonly do: 'stop-fetching' }
  | { readonly do: 'deliver'; readonly copy: Copy }
  | { readonly do: 'propose-starting'; readonly n: number; readonly copy: Copy }
  /** Ask again after a pause how it stands with the start; ends in `agreed` as unknown. */
  | { readonly do: 'look-again'; readonly n: number; readonly copy: Copy }
  | { readonly do: 'keep-start-alone'; readonly n: number; readonly copy: Copy }
  | { readonly do: 'note-begun'; readonly n: number; readonly copy: Copy }
  | { readonly do: 'clear-note'; readonly copy: Copy }
  | { readonly do: 'grant'; readonly print: PrintId }
  | { readonly do: 'deny'; readonly print: PrintId }
  | { readonly do: 'tell-started'; readonly n: number; readonly copy: Copy }
  | {
      readonly do: 'keep-report';
      readonly n: number;
      readonly print: PrintId;
      readonly outcome: PrintOutcome;
    }
  /** The print worker may forget that print. */
  | { readonly do: 'acknowledge'; readonly print: PrintId }
  | { readonly do: 'cancel-on-printer'; readonly print: PrintId }
  | {
      readonly do: 'release';
      readonly n: number;
      readonly copy: Copy;
      readonly why: Return | undefined;
    }
  /** Leave its set to others for a while. */
  | { readonly do: 'skip-set'; readonly copy: Copy }
  | { readonly do: 'pause'; readonly n: number };

/** What follows from one event. */
export interface Step {
  readonly state: Assignment;
  readonly effects: readonly Effect[];
  /** Set when nothing follows from the event, and why. */
  readonly ignored: Ignored | undefined;
}

/** Outcomes of prints not in hand that are kept for one printer: more than a worker can have unreported in a night. */
export const lateReportsMax = 64;

/** Copies given back whose end is still acknowledged: far more than one print worker has in hand at a time. */
export const returnedMax = 16;

/** What the worker of a printer that is attached says is in its hands. `untold`: the queue has not heard that it was begun. */
export interface Busy extends Copy {
  readonly running: boolean;
  readonly untold: boolean;
}

/** A printer that was attached just now. */
export function attached(busy: Busy | undefined): Step {
  const base = { gone: false, late: [], returned: [], count: 0 };
  const begins = (stage: Stage, ...effects: Effect[]): Step => ({
    state: { ...base, stage, count: effects.length },
    effects,
    ignored: undefined,
  });
  if (busy === undefined) return begins({ at: 'idle' });
  const copy: Copy = { queue: busy.queue, print: busy.print };
  if (!busy.running) return begins({ at: 'delivered', copy, resumed: true });
  if (!busy.untold) return begins({ at: 'running', n: 0, copy, told: 'done' });
  return begins({ at: 'running', n: 1, copy, told: 'writing' }, { do: 'tell-started', n: 1, copy });
}

/** The copy that is in hand. */
export function copyOf(stage: Stage): Copy | undefined {
  return 'copy' in stage ? stage.copy : undefined;
}

/** The event in which the effect of a stage ends. */
function endOf(stage: Stage): Event['on'] | undefined {
  switch (stage.at) {
    case 'idle':
    case 'delivered':
    case 'stopped':
      return undefined;
    case 'resting':
      return 'pause-over';
    case 'claiming':
      return 'claimed';
    case 'fetching':
      return 'file';
    case 'starting':
      return stage.alone ? 'alone-kept' : 'agreed';
    case 'noting':
      return 'noted';
    case 'running':
      return stage.told === 'done' ? undefined : stage.told === 'writing' ? 'told' : 'pause-over';
    case 'reporting':
      return stage.waits ? 'pause-over' : 'kept';
    case 'settling':
      return 'reported';
    case 'releasing':
      return stage.waits ? 'pause-over' : 'released';
  }
}

/** Whether something waits for this end of an effect. */
export function isAwaited({ stage, late }: Assignment, { on, n }: Event & { readonly n: number }): boolean {
  if ('n' in stage && stage.n === n) return endOf(stage) === on;
  const report = late.find((each) => each.n === n);
  return report !== undefined && on === (report.at === 'writing' ? 'kept' : 'pause-over');
}

/** Why nothing follows from an event: a row of the table in `assignment-ignored.ts`. */
export type Ignored =
  | 'late'
  | 'not-free'
  | 'question-open'
  | 'reported-already'
  | 'of-no-queue'
  | 'too-many-late'
  | 'not-in-hand'
  | 'gone-already'
  | 'nothing-to-stop'
  | 'not-to-be-taken';
