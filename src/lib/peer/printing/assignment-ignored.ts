import { Fault } from '../../base/index.ts';
import {
  type Assignment,
  type Event,
  type Ignored,
  type Stage,
  copyOf,
  isAwaited,
  lateReportsMax,
} from './assignment-state.ts';

/** One kind of event from which nothing follows, and why that is right. The walk of all pairs checks it both ways. */
interface Row {
  readonly code: Ignored;
  readonly where: (state: Assignment, event: Event) => boolean;
  readonly why: string;
}

export const ignored: readonly Row[] = [
  {
    code: 'late',
    where: (state, event) => 'n' in event && !isAwaited(state, event),
    why: 'It ends an effect for which nothing waits any more: the copy has moved on.',
  },
  {
    code: 'not-free',
    where: ({ stage, gone }, { on }) => on === 'choice' && (stage.at !== 'idle' || gone),
    why: 'A copy is in hand already, or the printer has left: the choice is made anew.',
  },
  {
    code: 'question-open',
    where: ({ stage }, event) =>
      event.on === 'ask-start' && isAsked(stage) && copyOf(stage)?.print === event.print,
    why: 'The answer to the first question is the answer to both.',
  },
  {
    code: 'reported-already',
    where: ({ stage, late }, event) =>
      event.on === 'outcome' &&
      ((stage.at === 'reporting' && stage.copy.print === event.print) ||
        (isOfAnother(stage, event) && !isKnown(event) && late.some(({ print }) => print === event.print))),
    why: 'That outcome is being written, and acknowledged when it is.',
  },
  {
    code: 'of-no-queue',
    where: ({ stage, late, returned }, event) =>
      event.on === 'outcome' &&
      isOfAnother(stage, event) &&
      event.known === 'nowhere' &&
      !returned.includes(event.print) &&
      !late.some(({ print }) => print === event.print),
    why: 'No queue here knows the print: its worker tells it again to whoever comes next.',
  },
  {
    code: 'too-many-late',
    where: ({ stage, late, returned }, event) =>
      event.on === 'outcome' &&
      isOfAnother(stage, event) &&
      event.known === 'open' &&
      late.length >= lateReportsMax &&
      !returned.includes(event.print) &&
      !late.some(({ print }) => print === event.print),
    why: 'Its worker keeps it and tells it again when the printer is attached anew.',
  },
  {
    code: 'not-in-hand',
    where: ({ stage }, event) =>
      event.on === 'refused' &&
      (copyOf(stage)?.print !== event.print || !(isAsked(stage) || stage.at === 'delivered')),
    why: 'That print is not with the worker any more, or not yet.',
  },
  {
    code: 'gone-already',
    where: ({ gone }, { on }) => (on === 'detached' || on === 'superseded') && gone,
    why: 'The printer leaves once.',
  },
  {
    code: 'nothing-to-stop',
    where: ({ stage }, { on }) =>
      on === 'cancelled' &&
      !isAsked(stage) &&
      stage.at !== 'fetching' &&
      stage.at !== 'delivered' &&
      stage.at !== 'running' &&
      !(stage.at === 'stopped' && stage.copy !== undefined),
    why: 'Nothing of it is being prepared or printed: it has ended, or goes back already.',
  },
  {
    code: 'not-to-be-taken',
    where: ({ stage }, { on }) =>
      on === 'taken' && stage.at !== 'fetching' && !(stage.at === 'delivered' && !stage.resumed),
    why: 'What may have begun goes on, and a copy of the queue that lags behind is not believed.',
  },
];

/** Why nothing follows. Throws a `Fault` for an event that is ignored without a reason. */
export function reasonToIgnore(state: Assignment, event: Event): Ignored {
  const row = ignored.find(({ where }) => where(state, event));
  if (row === undefined) throw new Fault(`${event.on} is ignored at ${state.stage.at} without a reason`);
  return row.code;
}

function isAsked(stage: Stage): boolean {
  return stage.at === 'starting' || stage.at === 'noting';
}

function isOfAnother(stage: Stage, event: Extract<Event, { on: 'outcome' }>): boolean {
  return copyOf(stage)?.print !== event.print || stage.at === 'stopped' || stage.at === 'claiming';
}

function isKnown({ known }: Extract<Event, { on: 'outcome' }>): boolean {
  return known === 'ended';
}
