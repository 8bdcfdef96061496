import { type PrintId, assert, messageOf, must } from '../../base/index.ts';
import { standingOf } from '../../printer/left-print.ts';
import type { PrintOutcome, PrinterRequest, PrinterStatus } from '../../printer/port.ts';
import type { PeerToPrinter, PrinterBusy, PrinterToPeer } from '../messages.ts';
import type { InHand, Job, JobEffect, JobEvent, JobState, Report } from './job-state.ts';
import { type Journal, type JournalWrite, isWanted, wanting, withFailed } from './journal.ts';
import { clearWithinMs, clearingsMax, noteMs, reportsMax, rewriteMs, writeMsMax } from './limits.ts';

/** Code of a print that ended because an invariant of this program is broken. */
export const faultCode = 'fault';

/**
 * The prints of one printer, as a pure state machine. The page's worker, the simulator's floor and the peers' test bench run it.
 *
 * What it holds, whatever fails: the machine heats and moves only after the peer's yes, and whoever asks is answered. That the
 * machine may be hot is written before it is. When that write fails the print starts all the same: the peer has a durable record
 * of its own, without which it does not say yes (`begun-prints.ts`). An outcome is written first and then told. When that write
 * fails it is told at once, and written again until it is on disk or the peer has it. It is told anew to each new peer.
 *
 * Never throws. A broken invariant (`fault`) drops the event and ends the print: nothing starts, and what runs is cancelled with
 * the heaters off and told as failed.
 */
export function stepJob(state: JobState, event: JobEvent): readonly [JobState, readonly JobEffect[]] {
  try {
    const turn = new Turn(state);
    turn.take(event);
    const ended = turn.state();
    assertSound(ended);
    return [ended, turn.effects];
  } catch (error) {
    const turn = new Turn(state);
    turn.break(event, messageOf(error));
    return [turn.state(), turn.effects];
  }
}

/** What is true between any two events. Throws a `Fault` where it is not. */
export function assertSound({ peer, job, reports, journal }: JobState): void {
  const reported = new Set(reports.map(({ print }) => print));
  const waiting = new Set(journal.waiting.map(({ print }) => print));
  assert(reported.size === reports.length, 'a print has two outcomes');
  assert(waiting.size === journal.waiting.length, 'two writes wait for one print');
  assert(journal.writing !== undefined || waiting.size === 0, 'a write waits for nothing');
  assert(journal.failed.length === 0 || journal.pause !== undefined, 'a failed write is never tried again');
  assert(peer !== undefined || job.at === 'idle', 'a print is in hand that no peer gave');
  assert(job.at === 'idle' || !reported.has(job.print), 'a print that has ended is in hand');
  assert(job.at !== 'noting' || isWanted(journal, 'standing', job.print), 'a start waits for no write');
  for (const { at, print } of reports)
    assert(at === 'told' || isWanted(journal, 'outcome', print), 'an outcome that nobody writes is not told');
}

/** One step: changes a copy of the state and gathers what is to be done. */
class Turn {
  readonly effects: JobEffect[] = [];
  #state: JobState;

  constructor(state: JobState) {
    this.#state = state;
  }

  state(): JobState {
    return this.#state;
  }

  take(event: JobEvent): void {
    switch (event.on) {
      case 'peer-there': {
        const { printer, name, virtual } = event;
        this.#set({ peer: { printer, name, virtual } });
        return this.#greet();
      }
      case 'message':
        return this.#obey(event.message);
      case 'asked':
        return this.#asked(event.print);
      case 'replied':
        return this.#replied(event);
      case 'ended':
        return this.#ended(event.print, event.outcome);
      case 'status':
        return this.#status(event.status);
      case 'written':
      case 'write-failed':
        if (this.#state.journal.writing?.id === event.id) this.#writeEnded(event.on === 'written');
        return;
      case 'pause-over':
        return this.#pauseOver(event.id);
      case 'plan':
        return this.#set({ plan: event.plan });
      case 'person-clears':
        return this.#noteClearing(event.request, undefined);
    }
  }

  /** The event found, or left, a state that must not be: it counts for nothing but this. */
  break(event: JobEvent, text: string): void {
    this.effects.push({ do: 'fault', text });
    const { job, reports } = this.#state;
    if (job.at === 'asking' || job.at === 'noting') this.#answer(job.print, false);
    if (event.on === 'asked') this.#answer(event.print, false);
    if (event.on === 'message' && event.message.kind === 'print')
      this.#tell({ kind: 'refused', print: event.message.print, code: faultCode, text });
    if (event.on === 'ended') {
      const { print } = event;
      const outcome = asFault(event.outcome, text);
      const others = reports.filter((report) => report.print !== print);
      this.#set({ reports: [...others, { print, outcome, at: 'told', clearPause: undefined }] });
      this.#tell({ kind: 'outcome', print, outcome });
      if (job.at !== 'idle' && job.print === print) return this.#set({ job: { at: 'idle' } });
    }
    if (job.at === 'idle') return;
    const fault = job.fault ?? text;
    if (job.at === 'preparing') this.#set({ job: { ...job, isCancelled: true, fault } });
    else if (job.at === 'running') this.#set({ job: { ...job, fault } });
    else this.#set({ job: { ...inHandOf(job), at: 'denied', granted: isGranted(job), fault } });
    this.#request({ type: 'cancel', id: -this.#number() });
  }

  /** A new peer knows nothing: what is in hand, how prints ended that nobody took, what the machine does, what is asked. */
  #greet(): void {
    const peer = must(this.#state.peer, 'nobody is there to be greeted');
    const { job, reports, status } = this.#state;
    this.#tell({ kind: 'attach', ...peer, busy: busyWith(job) });
    for (const { at, print, outcome } of reports)
      if (at === 'told') this.#tell({ kind: 'outcome', print, outcome });
    this.#tell({ kind: 'status', status });
    if (job.at === 'asking') this.#tell({ kind: 'ask-start', print: job.print });
  }

  #obey(message: PeerToPrinter): void {
    switch (message.kind) {
      case 'print':
        return this.#given(message);
      case 'fence':
        return this.#fence(message.print, message.go);
      case 'cancel':
        return this.#cancel(message.print);
      case 'outcome-kept':
        return this.#kept(message.print);
    }
  }

  #given(message: Extract<PeerToPrinter, { kind: 'print' }>): void {
    const { job, reports } = this.#state;
    const { print, queue, file, fileName, estimateSeconds, sizeMm } = message;
    const report = reports.find((each) => each.print === print);
    // Given twice: the peer does not know how far it is.
    if (job.at !== 'idle' && job.print === print) return this.#greet();
    if (report !== undefined) {
      if (report.at === 'told') this.#tell({ kind: 'outcome', print, outcome: report.outcome });
      return;
    }
    if (job.at !== 'idle')
      return this.#tell({ kind: 'refused', print, code: 'printing', text: 'A print is in hand.' });
    if (reports.length >= reportsMax) {
      const text = 'Too many prints have ended that this browser has not taken note of.';
      return this.#tell({ kind: 'refused', print, code: 'unreported', text });
    }
    const request = -this.#number();
    const inHand = { print, queue, fileName, notedState: undefined, notePause: undefined, fault: undefined };
    this.#set({ job: { ...inHand, at: 'preparing', request, isCancelled: false } });
    this.#request({
      type: 'print',
      id: request,
      printId: print,
      fileId: file,
      fileName,
      ...(estimateSeconds === undefined ? {} : { estimateSeconds }),
      ...(sizeMm === undefined ? {} : { sizeMm }),
    });
  }

  #asked(print: PrintId): void {
    const { job } = this.#state;
    if (job.at === 'idle' || job.print !== print) return this.#answer(print, false);
    switch (job.at) {
      case 'preparing':
        if (job.isCancelled) return this.#deny(job, false);
        this.#set({ job: { ...inHandOf(job), at: 'asking' } });
        return this.#tell({ kind: 'ask-start', print });
      case 'asking':
      case 'noting':
        // The answer to the first question is the answer to both.
        return;
      case 'running':
      case 'denied':
        return this.#answer(print, false);
    }
  }

  #fence(print: PrintId, go: boolean): void {
    const { job } = this.#state;
    if (job.at === 'idle' || job.print !== print) return;
    if (job.at === 'noting' && !go) this.#deny(job, true);
    if (job.at !== 'asking') return;
    if (!go) return this.#deny(job, false);
    const noting = { ...job, at: 'noting' } as const;
    this.#set({ job: noting });
    this.#note(noting);
  }

  /** Nothing moves for it. The machine then says how it ended. */
  #deny(job: InHand, granted: boolean): void {
    this.#set({ job: { ...inHandOf(job), at: 'denied', granted } });
    this.#answer(job.print, false);
  }

  #cancel(print: PrintId): void {
    const { job } = this.#state;
    if (job.at === 'idle' || job.at === 'denied' || job.print !== print) return;
    if (job.at === 'preparing') this.#set({ job: { ...job, isCancelled: true } });
    // Before the answer, or the machine would say that its start was not agreed on, which is no person's no.
    this.#request({ type: 'cancel', id: -this.#number() });
    if (job.at === 'asking' || job.at === 'noting') this.#deny(job, job.at === 'noting');
  }

  /** The outcome is in the peer's outbox: nothing of the print is kept any more, and its bed may be cleared. */
  #kept(print: PrintId): void {
    const report = this.#state.reports.find((each) => each.print === print);
    if (report === undefined) return;
    this.#set({ reports: this.#state.reports.filter((each) => each !== report) });
    this.#write({ kind: 'forget', print });
    const { by, coolToC } = this.#state.plan;
    if (report.clearPause === undefined || by !== 'script') return;
    const request = -this.#number();
    this.#noteClearing(request, print);
    this.#request({ type: 'clear-bed', id: request, ...(coolToC !== undefined && { coolToC }) });
  }

  #replied({ request, refusal }: Extract<JobEvent, { on: 'replied' }>): void {
    const { job, clearings } = this.#state;
    const clearing = clearings.find((each) => each.request === request);
    if (clearing !== undefined) {
      this.#set({ clearings: clearings.filter((each) => each !== clearing) });
      if (refusal === undefined) this.#tell({ kind: 'bed-clear', print: clearing.print });
      return;
    }
    // What the machine has accepted ends by its outcome.
    if (job.at !== 'preparing' || job.request !== request || refusal === undefined) return;
    this.#set({ job: { at: 'idle' } });
    this.#write({ kind: 'forget', print: job.print });
    const { code, text } = job.fault === undefined ? refusal : { code: faultCode, text: job.fault };
    this.#tell({ kind: 'refused', print: job.print, code, text });
  }

  #ended(print: PrintId, machines: PrintOutcome): void {
    const { job, reports } = this.#state;
    if (reports.some((report) => report.print === print)) return;
    const known = job.at !== 'idle' && job.print === print ? job : undefined;
    const outcome = known?.fault === undefined ? machines : asFault(machines, known.fault);
    // That a print was none of this peer's is for the peer to find.
    const granted = known !== undefined && isGranted(known);
    if (known?.at === 'asking' || known?.at === 'noting') this.#answer(print, false);
    if (known !== undefined) this.#set({ job: { at: 'idle' } });
    const good = outcome.outcome === 'good' && outcome.bedUnsure !== true;
    const clearPause = good ? this.#pause(clearWithinMs) : undefined;
    const at = granted ? 'writing' : 'told';
    this.#set({ reports: [...reports, { print, outcome, at, clearPause }] });
    if (granted) return this.#write({ kind: 'outcome', print, queue: known.queue, outcome });
    // It ended before its first move, and leaves nothing behind.
    this.#write({ kind: 'forget', print });
    this.#tell({ kind: 'outcome', print, outcome });
  }

  #status(status: PrinterStatus): void {
    this.#set({ status });
    this.#tell({ kind: 'status', status });
    const { job } = this.#state;
    if (job.at === 'idle' || status.print?.printId !== job.print) return;
    if (status.state !== job.notedState || job.notePause === undefined) this.#note(job);
  }

  /** Writes down where the print stands: at each change of state and every few seconds. */
  #note(job: Exclude<Job, { at: 'idle' }>): void {
    const { status } = this.#state;
    const { printer, name } = must(this.#state.peer, 'a print was given by nobody');
    const touched = isGranted(job);
    const known = status.print?.printId === job.print ? standingOf(status, touched) : undefined;
    const atStart = { touched, state: status.state, bytesDone: 0, bytesTotal: 0, lines: 0, percent: 0 };
    this.#set({ job: { ...job, notedState: status.state, notePause: this.#pause(noteMs) } });
    this.#write({
      kind: 'standing',
      print: job.print,
      entry: {
        print: job.print,
        queue: job.queue,
        printer,
        printerName: name.slice(0, 500),
        fileName: job.fileName.slice(0, 4096),
        standing: known ?? atStart,
      },
    });
  }

  #write(write: JournalWrite): void {
    this.#journal(wanting(this.#state.journal, write));
    this.#writeNext();
  }

  #writeNext(): void {
    const { writing, waiting } = this.#state.journal;
    const [write, ...later] = waiting;
    if (writing !== undefined || write === undefined) return;
    const id = this.#number();
    this.effects.push({ do: 'write', id, write });
    const pause = this.#pause(writeMsMax);
    this.#journal({ ...this.#state.journal, writing: { id, write, pause }, waiting: later });
  }

  #writeEnded(isDone: boolean): void {
    const { journal } = this.#state;
    const { write } = must(journal.writing, 'a write has ended that never began');
    this.#journal(isDone ? { ...journal, writing: undefined } : withFailed(journal, write));
    const { failed, pause } = this.#state.journal;
    if (failed.length > 0 && pause === undefined)
      this.#journal({ ...this.#state.journal, pause: this.#pause(rewriteMs) });
    if (write.kind === 'standing') this.#noted(write);
    if (write.kind === 'outcome') this.#mayTell(write.print);
    this.#writeNext();
  }

  /** That the print begins is written, or cannot be: the machine may heat and move. */
  #noted({ print, entry }: Extract<JournalWrite, { kind: 'standing' }>): void {
    const { job } = this.#state;
    if (job.at !== 'noting' || job.print !== print || !entry.standing.touched) return;
    this.#set({ job: { ...job, at: 'running' } });
    this.#answer(print, true);
  }

  /** An outcome is on disk, or no disk takes it now: the peer may know of it. */
  #mayTell(print: PrintId): void {
    const { reports } = this.#state;
    const report = reports.find((each) => each.print === print);
    if (report?.at !== 'writing') return;
    const told: Report = { ...report, at: 'told' };
    this.#set({ reports: reports.map((each) => (each === report ? told : each)) });
    this.#tell({ kind: 'outcome', print, outcome: report.outcome });
  }

  #pauseOver(id: number): void {
    const { journal, job, reports } = this.#state;
    if (journal.writing?.pause === id) this.#writeEnded(false);
    else if (journal.pause === id) {
      this.#journal({ ...journal, pause: undefined, failed: [], waiting: oldestFirst(journal) });
      this.#writeNext();
    } else if (job.at !== 'idle' && job.notePause === id)
      this.#set({ job: { ...job, notePause: undefined } });
    else if (reports.some(({ clearPause }) => clearPause === id))
      this.#set({
        reports: reports.map((each) => (each.clearPause === id ? { ...each, clearPause: undefined } : each)),
      });
  }

  #noteClearing(request: number, print: PrintId | undefined): void {
    this.#set({ clearings: [...this.#state.clearings, { request, print }].slice(-clearingsMax) });
  }

  #journal(journal: Journal): void {
    this.#set({ journal });
  }

  #set(change: Partial<JobState>): void {
    this.#state = { ...this.#state, ...change };
  }

  #number(): number {
    const { next } = this.#state;
    this.#set({ next: next + 1 });
    return next;
  }

  #pause(ms: number): number {
    const id = this.#number();
    this.effects.push({ do: 'pause', id, ms });
    return id;
  }

  #tell(message: PrinterToPeer): void {
    if (this.#state.peer !== undefined) this.effects.push({ do: 'tell', message });
  }

  #request(request: PrinterRequest): void {
    this.effects.push({ do: 'request', request });
  }

  #answer(print: PrintId, go: boolean): void {
    this.effects.push({ do: 'answer', print, go });
  }
}

/** Whether its peer has agreed to the start, and so believes that it runs. */
function isGranted(job: Exclude<Job, { at: 'idle' }>): boolean {
  return job.at === 'noting' || job.at === 'running' || (job.at === 'denied' && job.granted);
}

/** What is in hand, for a peer that has not seen it begin. */
function busyWith(job: Job): PrinterBusy | undefined {
  if (job.at === 'idle') return undefined;
  return { queue: job.queue, print: job.print, stage: isGranted(job) ? 'running' : 'waiting' };
}

function inHandOf({ print, queue, fileName, notedState, notePause, fault }: InHand): InHand {
  return { print, queue, fileName, notedState, notePause, fault };
}

/** What failed stands before what came later, and a later write of the same print replaces it. */
function oldestFirst({ failed, waiting }: Journal): readonly JournalWrite[] {
  const later = new Set(waiting.map(({ print }) => print));
  return [...failed.filter(({ print }) => !later.has(print)), ...waiting];
}

function asFault(outcome: PrintOutcome, text: string): PrintOutcome {
  const { lines, resends, seconds } = outcome;
  const reason = `This program has met a fault, and stopped the print: ${text}. Look at the printer.`;
  return { outcome: 'failed', code: faultCode, reason, lines, resends, seconds };
}
