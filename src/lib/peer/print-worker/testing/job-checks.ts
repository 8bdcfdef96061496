import { must, type PrintId, type PrinterId, type QueueId, type FileId } from '../../../base/index.ts';
import type { PrintOutcome, PrinterStatus } from '../../../printer/port.ts';
import type { PeerToPrinter } from '../../messages.ts';
import { stepJob } from '../job-core.ts';
import type { JobEffect, JobEvent, JobState } from '../job-state.ts';

export const prints = ['p1', 'p2'] as const satisfies readonly string[];

export const there: JobEvent = {
  on: 'peer-there',
  printer: 'printer' as PrinterId,
  name: 'Bench',
  virtual: true,
};

export function outcomeOf(outcome: PrintOutcome['outcome']): PrintOutcome {
  return { outcome, code: outcome, reason: '', lines: 1, resends: 0, seconds: 1 };
}

export function statusOf(state: PrinterStatus['state'], print?: string, bytesDone = 10): PrinterStatus {
  if (print === undefined) return { state, temperatures: { tools: [] } };
  return {
    state,
    temperatures: { tools: [{ actualC: 200, targetC: 210 }], bed: { actualC: 60, targetC: 60 } },
    print: {
      printId: print as PrintId,
      fileName: 'a.gcode',
      lines: bytesDone / 10,
      resends: 0,
      bytesDone,
      bytesTotal: 1000,
      percent: bytesDone / 10,
      percentFrom: 'bytes',
      seconds: 1,
      heightMm: 0.2,
    },
  };
}

function say(message: PeerToPrinter): JobEvent {
  return { on: 'message', message };
}

/** The events of one print, as short as they can be said. */
export function of(name: string) {
  const print = name as PrintId;
  return {
    print,
    given: say({
      kind: 'print',
      queue: 'queue' as QueueId,
      print,
      file: 'file' as FileId,
      fileName: 'a.gcode',
      estimateSeconds: undefined,
      sizeMm: undefined,
    }),
    asked: { on: 'asked', print } as JobEvent,
    go: say({ kind: 'fence', print, go: true }),
    no: say({ kind: 'fence', print, go: false }),
    cancel: say({ kind: 'cancel', print }),
    kept: say({ kind: 'outcome-kept', print }),
    ended: (outcome: PrintOutcome['outcome']): JobEvent => ({
      on: 'ended',
      print,
      outcome: outcomeOf(outcome),
    }),
  };
}

/** The write under way has ended. */
export function written(state: JobState, isDone = true): JobEvent {
  const { id } = must(state.journal.writing, 'a write is under way');
  return { on: isDone ? 'written' : 'write-failed', id };
}

export function toldIn(effects: readonly JobEffect[], kind: string, print?: string): boolean {
  return effects.some(
    (effect) =>
      effect.do === 'tell' &&
      effect.message.kind === kind &&
      (print === undefined || ('print' in effect.message && effect.message.print === print)),
  );
}

function answerIn(effects: readonly JobEffect[], print: string): boolean | undefined {
  const answer = effects.findLast((effect) => effect.do === 'answer' && effect.print === print);
  return answer?.do === 'answer' ? answer.go : undefined;
}

function isOpen({ job }: JobState, print: string): boolean {
  return (job.at === 'asking' || job.at === 'noting') && job.print === print;
}

/** What one step must never do, and what it must not leave undone. Says what is wrong. */
export function wrongIn(before: JobState, event: JobEvent, after: JobState, effects: readonly JobEffect[]) {
  const wrong: string[] = [];
  const check = (holds: boolean, text: string) => {
    if (!holds) wrong.push(`${event.on} at ${before.job.at}: ${text}`);
  };
  const fault = effects.find((effect) => effect.do === 'fault');
  check(fault === undefined, `a fault: ${fault?.text}`);
  // The machine's question.
  if (event.on === 'asked')
    check(isOpen(after, event.print) || answerIn(effects, event.print) !== undefined, 'no answer');
  const { job } = before;
  if (job.at !== 'idle' && isOpen(before, job.print) && !isOpen(after, job.print))
    check(answerIn(effects, job.print) !== undefined, 'a question is forgotten');
  for (const effect of effects)
    if (effect.do === 'answer' && effect.go) {
      check(job.at === 'noting' && job.print === effect.print, 'a start that was not granted');
      check(after.job.at === 'running', 'a start that is not known');
    }
  // The peer's order.
  if (event.on === 'message' && event.message.kind === 'print') {
    const { print } = event.message;
    const isTold = ['refused', 'outcome'].some((kind) => toldIn(effects, kind, print));
    const begins = effects.some((effect) => effect.do === 'request' && effect.request.type === 'print');
    const isWriting = after.reports.some((report) => report.print === print && report.at === 'writing');
    check(isTold || begins || isWriting || toldIn(effects, 'attach'), 'a print is neither begun nor refused');
  }
  // Outcomes.
  for (const report of before.reports) {
    const isThere = after.reports.some(({ print }) => print === report.print);
    const isKept =
      event.on === 'message' && event.message.kind === 'outcome-kept' && event.message.print === report.print;
    check(isThere || isKept, `the outcome of ${report.print} is dropped`);
  }
  for (const { print, at } of after.reports) {
    const was = before.reports.find((report) => report.print === print)?.at;
    if (at === 'told' && was !== 'told' && after.peer !== undefined)
      check(toldIn(effects, 'outcome', print), `the outcome of ${print} is not told`);
    if (at === 'writing') check(!toldIn(effects, 'outcome', print), `the outcome of ${print} is told early`);
    if (event.on === 'peer-there' && at === 'told')
      check(toldIn(effects, 'outcome', print), `a new peer does not hear of ${print}`);
  }
  if (event.on === 'ended')
    check(
      after.reports.some(({ print }) => print === event.print),
      'an outcome is not kept',
    );
  if (event.on === 'peer-there') {
    const [first] = effects;
    check(first?.do === 'tell' && first.message.kind === 'attach', 'a peer is not greeted first');
    if (after.job.at === 'asking') check(toldIn(effects, 'ask-start'), 'a new peer is not asked');
  }
  return wrong;
}

/** The next event of a machine, a disk and a peer that do what they should, or undefined when all has come to rest. */
export function benign(state: JobState): JobEvent | undefined {
  const { job, journal, reports, clearings, peer } = state;
  if (journal.writing !== undefined) return written(state);
  if (job.at === 'preparing') return job.isCancelled ? of(job.print).ended('cancelled') : of(job.print).asked;
  if (job.at === 'asking') return of(job.print).go;
  if (job.at === 'running') return of(job.print).ended('good');
  if (job.at === 'denied') return of(job.print).ended('cancelled');
  const [clearing] = clearings;
  if (clearing !== undefined) return { on: 'replied', request: clearing.request, refusal: undefined };
  if (journal.failed.length > 0)
    return { on: 'pause-over', id: must(journal.pause, 'what failed is written again') };
  const [report] = reports;
  if (report === undefined) return undefined;
  return peer === undefined ? there : of(report.print).kept;
}

/** Steps within which everything must come to rest. */
const stepsToRestMax = 200;

/** Lets benign things happen until nothing is left to do. Says what is wrong on the way, or at its end. */
export function toRest(from: JobState): readonly string[] {
  let state = from;
  for (let steps = 0; steps < stepsToRestMax; steps++) {
    const event = benign(state);
    if (event === undefined) {
      const { job, reports, journal } = state;
      const rests = job.at === 'idle' && reports.length === 0 && journal.failed.length === 0;
      return rests ? [] : [`comes to rest at ${job.at} with ${reports.length} outcomes`];
    }
    const [next, effects] = stepJob(state, event);
    const wrong = wrongIn(state, event, next, effects);
    if (wrong.length > 0) return wrong;
    state = next;
  }
  return [`never comes to rest from ${from.job.at}`];
}
