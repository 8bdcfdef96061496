import {
  type Clock,
  type Log,
  type PrintId,
  type PrinterId,
  type QueueId,
  messageOf,
} from '../../base/index.ts';
import type { PrintOutcome, PrinterStatus } from '../../printer/port.ts';
import { isFileProblem } from '../../printer/survey.ts';
import { worded } from '../../words/index.ts';
import { nextAlone, startAlone } from './alone.ts';
import { step, stopped } from './assignment-core.ts';
import {
  type Assignment,
  type Copy,
  type Effect,
  type Event,
  type StartFacts,
  type Step,
  attached,
  copyOf,
} from './assignment-state.ts';
import { type Attached, type AttachedPrinter, type PrinterPort, isFree } from './attached-printer.ts';
import type { BegunPrints } from './begun-prints.ts';
import type { Chosen } from './choosing.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import { type SureUntil, sureFrom, surelyHeld } from './lease-keeping.ts';
import { startAgainMs, unkeptPauseMs } from '../limits.ts';
import type { PrinterBusy } from '../messages.ts';
import { type CopyFile, type Hand, doingOf, fileOf, finishCommand, isHeld, returnOf } from './print-work.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { SkippedSets } from './skipped-sets.ts';

export interface SlotPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: FileKeeper;
  readonly begun: BegunPrints;
  readonly skipped: SkippedSets;
  /** The queue that knows a print, as it goes on or has ended. */
  readonly hostOf: (print: PrintId) => QueueHost | undefined;
  readonly hostOfQueue: (queue: QueueId) => QueueHost | undefined;
  readonly choose: (slot: PrinterSlot, after: QueueId | undefined) => Chosen | undefined;
  readonly onChange: () => void;
}

/** Who a printer is, as its worker says when it is attached. */
export interface SlotName {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
}

/**
 * One attachment of one printer: carries out what `assignment-core.ts` wants done, and brings back what comes of it. It decides
 * nothing. What it still has to do when the printer has left goes on: an outcome is reported, a copy given back.
 */
export class PrinterSlot implements Attached {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly port: PrinterPort;
  readonly introduced = new Set<QueueId>();
  status: PrinterStatus | undefined;
  readonly #ports: SlotPorts;
  readonly #events: Event[] = [];
  #state: Assignment;
  #hand: Hand | undefined;
  /** The file that was brought last: what the queue says of it may change while it is on its way. */
  #file: CopyFile | undefined;
  #stepping = false;
  #closed = false;

  constructor(ports: SlotPorts, { id, name, virtual }: SlotName, port: PrinterPort, busy?: PrinterBusy) {
    this.#ports = ports;
    this.id = id;
    this.name = name;
    this.virtual = virtual;
    this.port = port;
    const host = busy === undefined ? undefined : ports.hostOfQueue(busy.queue);
    const print = host === undefined ? undefined : busy?.print;
    if (host === undefined || busy === undefined || print === undefined) {
      this.#state = attached(undefined).state;
      return;
    }
    // Its lease is asked for, not relied on.
    this.#hand = newHand(host, print, { monotonicMs: -Infinity, wallMs: -Infinity });
    const untold = host.state.prints.get(print)?.phase === 'starting';
    const begin = attached({ queue: busy.queue, print, running: busy.stage === 'running', untold });
    this.#state = begin.state;
    for (const effect of begin.effects) this.#carryOut(effect);
  }

  /** The copy in hand, from its claim to its recorded end. */
  get work(): Hand | undefined {
    const { stage } = this.#state;
    const print = copyOf(stage)?.print;
    return stage.at !== 'claiming' && this.#hand?.print === print ? this.#hand : undefined;
  }

  /** The copy whose lease is to be kept. */
  get held(): Hand | undefined {
    return isHeld(this.#state.stage) ? this.work : undefined;
  }

  /** It has left, and nothing is left to do for it. */
  get isOver(): boolean {
    const { gone, stage, late } = this.#state;
    return gone && stage.at === 'idle' && late.length === 0;
  }

  get isRunning(): boolean {
    return this.#state.stage.at === 'running';
  }

  get view(): AttachedPrinter {
    const { id, name, virtual, status, work } = this;
    const { stage } = this.#state;
    const faulty = stage.at === 'stopped';
    if (work === undefined) return { id, name, virtual, status, work, faulty };
    const doing = doingOf(stage, work, this.#ports.keeper);
    return { id, name, virtual, status, work: { queue: work.host.queue, print: work.print, doing }, faulty };
  }

  /** A queue was opened again, as another replica: what is printed for it goes on. */
  hostOpened(host: QueueHost): void {
    if (this.#hand?.host.queue === host.queue) this.#hand.host = host;
  }

  /** Looks whether there is work, and whether the copy in hand is still wanted. */
  look(): void {
    const { work } = this;
    if (work !== undefined && this.#state.stage.at !== 'reporting') {
      const print = work.host.state.prints.get(work.print);
      if (print === undefined) this.take({ on: 'taken' });
      else if (print.cancel !== undefined) this.take({ on: 'cancelled' });
    }
    if (this.#state.stage.at === 'idle') this.#choose(undefined);
  }

  askStart(print: PrintId): void {
    const { work } = this;
    this.take({ on: 'ask-start', print, alone: work?.print === print && this.#mayStartAlone(work) });
  }

  ended(print: PrintId, outcome: PrintOutcome): void {
    const { code, reason: text } = outcome;
    // A bad file is a failed copy, or it would be claimed for ever.
    const counts = outcome.outcome === 'failed' && isFileProblem(code);
    const host = this.#ports.hostOf(print);
    const known = host === undefined ? 'nowhere' : hasEnded(host, print) ? 'ended' : 'open';
    const why = returnOf({ code, text });
    this.take({ on: 'outcome', print, outcome, counts, known, why, skips: code === 'file' });
  }

  /** Takes an event. One that comes while the effects of another are carried out waits for its turn. */
  take(event: Event): void {
    this.#events.push(event);
    if (this.#stepping || this.#closed) return;
    this.#stepping = true;
    const before = this.#state;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#stepping = false;
    }
    if (this.#state !== before) this.#ports.onChange();
  }

  /** The process ends: nothing follows any more. */
  close(): void {
    this.#closed = true;
    this.#hand?.abort.abort();
  }

  #step(event: Event): void {
    const before = this.#state;
    let next: Step;
    try {
      next = step(before, event);
    } catch (error) {
      // Loud and safe: this printer begins nothing any more; whatever else this peer does goes on.
      this.#ports.log.error(`the work of ${this.name} is stopped: ${messageOf(error)}`);
      next = stopped(before, event);
    }
    this.#state = next.state;
    const { stage } = before;
    // From here on this queue knows what lies there, and speaks for itself.
    const isAlone = stage.at === 'noting' && stage.alone && next.state.stage.at === 'running';
    if (isAlone) this.introduced.add(stage.copy.queue);
    for (const effect of next.effects) {
      try {
        this.#carryOut(effect);
      } catch (error) {
        this.#ports.log.error(`${this.name}: ${effect.do} broke: ${messageOf(error)}`);
        const failed = failureOf(effect);
        if (failed !== undefined) this.take(failed);
      }
    }
  }

  #carryOut(effect: Effect): void {
    const { begun, clock } = this.#ports;
    switch (effect.do) {
      case 'choose':
        return this.#choose(effect.after);
      case 'claim':
        return this.#claim(effect);
      case 'fetch':
        return this.#fetch(effect);
      case 'stop-fetching':
        return this.#hand?.abort.abort();
      case 'deliver':
        return this.#deliver();
      case 'propose-starting':
        return this.#propose(effect);
      case 'look-again': {
        const { n } = effect;
        clock.after(startAgainMs, () => this.take({ on: 'agreed', n, as: 'unknown', facts: this.#facts() }));
        return;
      }
      case 'keep-start-alone':
        return this.#startAlone(effect);
      case 'note-begun': {
        const { n, copy } = effect;
        this.#run(effect, begun.begin(this.id, copy), (written) => {
          this.take({ on: 'noted', n, as: written ? 'written' : 'failed', facts: this.#facts() });
        });
        return;
      }
      case 'clear-note':
        return begun.cleared(this.id, effect.copy.print);
      case 'grant':
      case 'deny':
        return this.port.post({ kind: 'fence', print: effect.print, go: effect.do === 'grant' });
      case 'tell-started':
        return this.#tellStarted(effect);
      case 'keep-report':
        return this.#report(effect);
      case 'acknowledge':
        return this.port.post({ kind: 'outcome-kept', print: effect.print });
      case 'cancel-on-printer':
        return this.port.post({ kind: 'cancel', print: effect.print });
      case 'release':
        return this.#release(effect);
      case 'skip-set': {
        const set = this.#hand?.set;
        if (set !== undefined) this.#ports.skipped.add(set);
        return;
      }
      case 'pause': {
        const { n } = effect;
        clock.after(unkeptPauseMs, () => this.take({ on: 'pause-over', n }));
        return;
      }
    }
  }

  #choose(after: QueueId | undefined): void {
    if (!isFree(this)) return;
    const chosen = this.#ports.choose(this, after);
    if (chosen === undefined) return;
    const { host, print, set } = chosen;
    this.#hand = newHand(host, print, sureFrom(this.#ports.clock, host));
    this.#hand.set = set ?? fileOf(this.#hand)?.set;
    this.take({ on: 'choice', copy: { queue: host.queue, print }, set });
  }

  #claim(effect: Extract<Effect, { do: 'claim' }>): void {
    const hand = this.#handOf(effect.copy);
    const { print } = effect.copy;
    if (hand === undefined) return this.take({ on: 'claimed', n: effect.n, as: 'refused' });
    hand.sureUntil = sureFrom(this.#ports.clock, hand.host);
    const command = { type: 'claim', print, set: effect.set, printer: this.id } as const;
    this.#run(effect, hand.host.submit(command, `Claim a copy for ${this.name}`), ({ kind }) =>
      this.take({ on: 'claimed', n: effect.n, as: kind }),
    );
  }

  #fetch(effect: Extract<Effect, { do: 'fetch' }>): void {
    const hand = this.#handOf(effect.copy);
    const found = hand === undefined ? undefined : fileOf(hand);
    if (hand === undefined || found === undefined)
      return this.take({ on: 'file', n: effect.n, as: 'refused' });
    hand.set = found.set;
    this.#run(effect, this.#ports.keeper.ensure(found.wanted, hand.abort.signal), (ensured) => {
      if (!ensured.ok) {
        const why = ensured.refusal.code === 'storage-full' ? 'storage-full' : 'other';
        hand.trouble = { code: 'no-file', why };
        this.#ports.log.info(`print ${hand.print} has no file: ${ensured.refusal.text}`);
      }
      this.#file = found;
      this.take({ on: 'file', n: effect.n, as: ensured.ok ? 'here' : 'refused' });
    });
  }

  #deliver(): void {
    const hand = this.#hand;
    const file = this.#file;
    if (hand === undefined || file === undefined) return;
    this.port.post({
      kind: 'print',
      queue: hand.host.queue,
      print: hand.print,
      file: file.wanted.file,
      fileName: file.name,
      estimateSeconds: file.seconds,
      sizeMm: hand.host.state.printers.get(this.id)?.sizeMm,
    });
  }

  #propose(effect: Extract<Effect, { do: 'propose-starting' }>): void {
    const hand = this.#handOf(effect.copy);
    const { n } = effect;
    const facts = () => this.#facts();
    if (hand === undefined) return this.take({ on: 'agreed', n, as: 'refused', facts: facts() });
    const { print } = hand;
    const asked = sureFrom(this.#ports.clock, hand.host);
    const text = `Start on ${this.name}`;
    hand.host.submit({ type: 'starting', print }, text).then(
      (settled) => {
        if (settled.kind === 'refused')
          this.#ports.log.info(`print ${print} may not start: ${worded(settled.refusal).text}`);
        // `starting` renews the lease too: it holds at least from when this was asked.
        if (this.#isStarting(hand) && asked.monotonicMs > hand.sureUntil.monotonicMs) hand.sureUntil = asked;
        this.take({ on: 'agreed', n, as: settled.kind, facts: facts() });
      },
      (error: unknown) => {
        this.#ports.log.warn(`${text}: not kept: ${messageOf(error)}`);
        this.take({ on: 'agreed', n, as: 'failed', facts: facts() });
      },
    );
  }

  #startAlone({ n, copy }: Extract<Effect, { do: 'keep-start-alone' }>): void {
    const hand = this.#handOf(copy);
    if (hand === undefined) return this.take({ on: 'alone-kept', n, as: 'failed' });
    startAlone(hand.host, copy.print, this.name, this.#wallMs()).then(
      (kept) => this.take({ on: 'alone-kept', n, as: kept ? 'written' : 'failed' }),
      (error: unknown) => {
        this.#ports.log.warn(`Started on ${this.name}: not kept: ${messageOf(error)}`);
        this.take({ on: 'alone-kept', n, as: 'failed' });
      },
    );
  }

  #tellStarted({ n, copy }: Extract<Effect, { do: 'tell-started' }>): void {
    const hand = this.#handOf(copy);
    const written = () => this.take({ on: 'told', n, as: 'written' });
    if (hand === undefined) return written();
    const command = { type: 'started', print: copy.print, wallMs: this.#wallMs() } as const;
    hand.host.submit(command, `Started on ${this.name}`, { onKept: written }).then(
      // What its queue refuses is told no second time.
      written,
      (error: unknown) => {
        this.#ports.log.warn(`Started on ${this.name}: not kept: ${messageOf(error)}`);
        this.take({ on: 'told', n, as: 'failed' });
      },
    );
  }

  #report({ n, print, outcome }: Extract<Effect, { do: 'keep-report' }>): void {
    const host = this.#hand?.print === print ? this.#hand.host : this.#ports.hostOf(print);
    if (host === undefined) {
      this.#ports.log.warn(`the outcome of print ${print} belongs to no queue here`);
      return this.take({ on: 'kept', n, as: 'nowhere' });
    }
    if (hasEnded(host, print)) {
      this.take({ on: 'kept', n, as: 'written' });
      return this.take({ on: 'reported', n });
    }
    // Somebody else brings the same report: the journal of an earlier life.
    if (host.reports(print)) return this.take({ on: 'kept', n, as: 'later' });
    const text = `Report: ${outcome.outcome}`;
    let isKept = false;
    const onKept = () => {
      isKept = true;
      this.take({ on: 'kept', n, as: 'written' });
    };
    const phase = host.state.prints.get(print)?.phase;
    // It never began, and nobody said no to it: a copy that goes back, and no print that was cancelled.
    const isUnbegun = outcome.code === 'not-started' && phase !== undefined && phase !== 'started';
    const finish = finishCommand(print, outcome, this.#ports.clock.wallMs());
    host.submit(isUnbegun ? { type: 'release', print } : finish, text, { onKept }).then(
      (settled) => {
        if (settled.kind === 'refused') this.#ports.log.warn(`${text}: ${worded(settled.refusal).text}`);
        this.take(isKept ? { on: 'reported', n } : { on: 'kept', n, as: 'later' });
      },
      (error: unknown) => {
        this.#ports.log.warn(`${text}: not kept, tried again: ${messageOf(error)}`);
        this.take({ on: 'kept', n, as: 'failed' });
      },
    );
  }

  #release({ n, copy, why }: Extract<Effect, { do: 'release' }>): void {
    const hand = this.#handOf(copy);
    hand?.abort.abort();
    if (hand?.host.state.prints.has(copy.print) !== true)
      return this.take({ on: 'released', n, as: 'refused' });
    this.#ports.log.info(`print ${copy.print} is handed back${why === undefined ? '' : `: ${why.code}`}`);
    const command = { type: 'release', print: copy.print, ...(why !== undefined && { why }) } as const;
    hand.host.submit(command, 'Hand a copy back').then(
      ({ kind }) => this.take({ on: 'released', n, as: kind }),
      (error: unknown) => {
        this.#ports.log.warn(`Hand a copy back: not kept, tried again: ${messageOf(error)}`);
        this.take({ on: 'released', n, as: 'failed' });
      },
    );
  }

  /** What holds of the copy in hand at this moment. */
  #facts(): StartFacts {
    const hand = this.#hand;
    const print = hand?.host.state.prints.get(hand.print);
    if (hand === undefined || print === undefined)
      return { starting: false, leaseHolds: false, cancelled: false, undecided: false, alone: false };
    const alone = this.#mayStartAlone(hand);
    const cancelled = print.cancel !== undefined;
    return {
      starting: this.#isStarting(hand),
      leaseHolds: surelyHeld(this.#ports.clock, hand.sureUntil),
      cancelled,
      // A copy that is held ahead is not handed back because nobody answers: night may just be falling.
      undecided: print.phase === 'ahead' && !cancelled && !alone,
      alone,
    };
  }

  #isStarting({ host, print }: Hand): boolean {
    const known = host.state.prints.get(print);
    return known?.phase === 'starting' && known.printer === this.id;
  }

  /** Whether the copy that its printer is about to begin may be begun without the others. */
  #mayStartAlone({ host, print }: Hand): boolean {
    const record = host.state.printers.get(this.id);
    return record !== undefined && nextAlone(host, record, this.introduced.has(host.queue)) === print;
  }

  #handOf({ print }: Copy): Hand | undefined {
    return this.#hand?.print === print ? this.#hand : undefined;
  }

  #wallMs(): number {
    return Math.floor(this.#ports.clock.wallMs());
  }

  /** Brings back what comes of an effect; that it broke is an event, too. */
  #run<Value>(effect: Effect, work: Promise<Value>, then: (value: Value) => void): void {
    work.then(then, (error: unknown) => {
      this.#ports.log.warn(`${this.name}: ${effect.do} failed: ${messageOf(error)}`);
      const failed = failureOf(effect);
      if (failed !== undefined) this.take(failed);
    });
  }
}

/** The event of an effect that could not be carried out at all. */
function failureOf(effect: Effect): Event | undefined {
  const facts = { starting: false, leaseHolds: false, cancelled: false, undecided: false, alone: false };
  switch (effect.do) {
    case 'claim':
      return { on: 'claimed', n: effect.n, as: 'failed' };
    case 'fetch':
      return { on: 'file', n: effect.n, as: 'failed' };
    case 'propose-starting':
    case 'look-again':
      return { on: 'agreed', n: effect.n, as: 'failed', facts };
    case 'keep-start-alone':
      return { on: 'alone-kept', n: effect.n, as: 'failed' };
    case 'note-begun':
      return { on: 'noted', n: effect.n, as: 'failed', facts };
    case 'tell-started':
      return { on: 'told', n: effect.n, as: 'failed' };
    case 'keep-report':
      return { on: 'kept', n: effect.n, as: 'failed' };
    case 'release':
      return { on: 'released', n: effect.n, as: 'failed' };
    default:
      return undefined;
  }
}

function newHand(host: QueueHost, print: PrintId, sureUntil: SureUntil): Hand {
  return { host, print, set: undefined, sureUntil, abort: new AbortController(), trouble: undefined };
}

/** Whether the holder's own report is in the queue. A person's word before it is none, and “nobody knows” can be bettered. */
function hasEnded(host: QueueHost, print: PrintId): boolean {
  const ended = host.state.history.get(print);
  return ended?.reported === true && ended.outcome !== 'unknown';
}
