import {
  type Clock,
  type Log,
  type PrintId,
  type PrinterId,
  type QueueId,
  type Random,
  delay,
  hex,
  messageOf,
} from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import { isFileProblem } from '../../printer/survey.ts';
import type { Return } from '../../queue/index.ts';
import { nextAlone, startAlone } from './alone.ts';
import {
  type Attached,
  type AttachedPrinter,
  type PrinterPort,
  attachedView,
  isFree,
  isUndecided,
  mayStartAlone,
} from './attached-printer.ts';
import type { BegunPrints } from './begun-prints.ts';
import { heldPrints } from './held-prints.ts';
import { introduce, tell } from '../members/introducing.ts';
import { InterruptedPrints } from './interrupted-prints.ts';
import { ClaimsAhead } from './claims-ahead.ts';
import { DeskBeds, type RecordOf } from './desk-beds.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import { type SureUntil, renewLeases, sureFrom, surelyHeld } from './lease-keeping.ts';
import type { SettledFacts } from '../view-facts.ts';
import type { PrinterToPeer } from '../messages.ts';
import { submitUntilKept } from './until-kept.ts';
import { type Work, fileOf, finishCommand, knowsEnd, resumedWork, returnOf } from './print-work.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { Rounds } from '../rounds.ts';
import { SkippedSets } from './skipped-sets.ts';
import { worded } from '../../words/index.ts';

export interface DeskPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keeper: FileKeeper;
  readonly begun: BegunPrints;
  /** The queues that printers here serve, in the order of their owner's choice. */
  readonly queues: () => Iterable<QueueHost>;
  readonly onChange: () => void;
  /** What the journal says of how a print ended. */
  readonly keptOutcome: (print: PrintId) => Promise<PrintOutcome | undefined>;
  /** A printer was attached: its former worker may have left outcomes in the journal that nobody was told. */
  readonly onAttach: () => void;
}

/**
 * The printers of this peer and their work: claims what fits, brings the file here, holds the fence, reports how it ended. It proposes
 * and obeys; what is true is in the queue's log.
 */
export class PrinterDesk {
  readonly #ports: DeskPorts;
  readonly #attached = new Map<PrinterId, Attached>();
  readonly #skipped: SkippedSets;
  readonly #ahead: ClaimsAhead;
  readonly #interrupted: InterruptedPrints;
  readonly #beds: DeskBeds;
  readonly #rounds: Rounds;
  #closed = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#skipped = new SkippedSets(ports);
    this.#ahead = new ClaimsAhead(ports);
    this.#interrupted = new InterruptedPrints(ports);
    this.#beds = new DeskBeds({ ...ports, recordsOf: (printer) => this.#recordsOf(printer) });
    // Without printers there is nothing to look after, and a browser that is only in queues may sleep.
    this.#rounds = new Rounds(ports.clock, roundMs, () => {
      this.look();
      this.#lookAhead();
      this.#renew();
      return this.#attached.size > 0;
    });
  }

  printers(): readonly AttachedPrinter[] {
    return [...this.#attached.values()].map((printer) => attachedView(printer, this.#ports.keeper));
  }

  /** Whether a person closing this browser would interrupt a print. */
  get printing(): boolean {
    return [...this.#attached.values()].some((printer) => printer.work?.stage === 'running');
  }

  /** A print worker speaks. `attach` comes first. */
  receive(port: PrinterPort, known: PrinterId | undefined, message: PrinterToPeer): PrinterId | undefined {
    if (message.kind === 'attach') {
      this.#attach(port, message);
      return message.printer;
    }
    const printer = known === undefined ? undefined : this.#attached.get(known);
    if (printer === undefined || printer.port !== port) return known;
    switch (message.kind) {
      case 'status':
        // Whoever pulled the cable may have put something on the bed.
        if (message.status.state === 'connecting' && printer.status?.state !== 'connecting')
          printer.introduced.clear();
        printer.status = message.status;
        this.#followStatus(printer);
        break;
      case 'ask-start':
        this.#run(printer, this.#fence(printer, message.print));
        break;
      case 'outcome':
        this.#run(printer, this.#finish(printer, message.print, message.outcome));
        break;
      case 'refused':
        this.#handBack(printer, message.print, message.text, returnOf(message));
        break;
      case 'bed-clear':
        this.#beds.told(printer, 'clear', message.print);
        break;
      case 'detach':
        this.#detach(printer);
        break;
    }
    this.#ports.onChange();
    return known;
  }

  /** The worker is gone without a word: its tab was closed. */
  lost(port: PrinterPort): void {
    for (const printer of this.#attached.values()) if (printer.port === port) this.#detach(printer);
  }

  /** A queue was opened again, as another replica: what is printed for it goes on. */
  hostOpened(host: QueueHost): void {
    for (const { work } of this.#attached.values()) if (work?.host.queue === host.queue) work.host = host;
  }

  /** Something changed that work may follow from: an applied entry, a status, time. */
  look(): void {
    if (this.#closed) return;
    for (const printer of this.#attached.values()) {
      for (const host of this.#ports.queues()) {
        if (printer.introduced.has(host.queue) || host.condition().condition !== 'ready') continue;
        printer.introduced.add(host.queue);
        introduce(host, printer, this.#beds.partOf(printer), this.#ports.log, () =>
          printer.introduced.delete(host.queue),
        );
      }
      this.#beds.follow(printer);
      this.#obeyCancel(printer);
      if (printer.work === undefined && !printer.claiming && isFree(printer)) {
        this.#run(printer, this.#claimNext(printer));
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#rounds.close();
    this.#ahead.close();
    for (const printer of this.#attached.values()) printer.work?.abort.abort();
  }

  #attach(port: PrinterPort, message: Extract<PrinterToPeer, { kind: 'attach' }>): void {
    const { printer: id, name, virtual, busy } = message;
    const work = resumedWork(this.#ports, name, busy);
    const fresh = { status: undefined, work, claiming: false, introduced: new Set<QueueId>() };
    this.#attached.set(id, { id, name, virtual, port, ...fresh });
    this.#rounds.start();
    this.#ports.log.info(`printer ${name} is here${work === undefined ? '' : `, with print ${work.print}`}`);
    this.#ports.onAttach();
    this.look();
  }

  #detach(printer: Attached): void {
    // Before the fence nothing was heated or moved: another printer may have the copy at once.
    if (printer.work?.stage === 'fetching' || printer.work?.stage === 'handed') {
      this.#handBack(printer, printer.work.print, 'its printer was disconnected');
    }
    printer.work?.abort.abort();
    this.#attached.delete(printer.id);
    for (const { host, record } of this.#recordsOf(printer))
      this.#ahead.leave(host, record, printer.work?.print);
    this.#ports.onChange();
  }

  async #claimNext(printer: Attached): Promise<void> {
    printer.claiming = true;
    try {
      for (const host of this.#ports.queues()) {
        const record = host.state.printers.get(printer.id);
        if (record === undefined) continue;
        const bedFree = this.#beds.freeFor(printer, host);
        const alone = nextAlone(host, record, printer.introduced.has(host.queue));
        const begun = this.#ports.begun.on(printer.id)?.print;
        if (alone !== undefined && alone !== begun && bedFree) {
          this.#begin(printer, host, alone, sureFrom(this.#ports.clock, host));
          return;
        }
        // Until it was told of this printer it may believe what an earlier life said of the bed.
        if (!printer.introduced.has(host.queue) || host.condition().condition !== 'ready') continue;
        if (record.prints.length > 0) {
          const { begin, over } = heldPrints(host, record, bedFree, begun);
          for (const print of over) this.#run(printer, this.#interrupted.report(host, print));
          if (begin === undefined) continue;
          this.#begin(printer, host, begin, sureFrom(this.#ports.clock, host));
          return;
        }
        if (!bedFree) continue;
        const { agenda, unattendedMs } = host.indexes;
        const choice = agenda.next(record.id, { skip: this.#skipped.in(host), unattendedMs });
        if (choice.kind !== 'claim') continue;
        const print = hex(this.#ports.random.bytes(10)) as PrintId;
        const asked = sureFrom(this.#ports.clock, host);
        const settled = await host.submit(
          { type: 'claim', print, set: choice.set, printer: printer.id },
          `Claim a copy for ${printer.name}`,
        );
        if (settled.kind === 'committed' && this.#attached.get(printer.id) === printer) {
          this.#begin(printer, host, print, asked);
          return;
        }
      }
    } finally {
      printer.claiming = false;
    }
  }

  #begin(printer: Attached, host: QueueHost, print: PrintId, sureUntil: SureUntil): void {
    const work: Work = {
      host,
      print,
      stage: 'fetching',
      sureUntil,
      abort: new AbortController(),
      trouble: undefined,
    };
    printer.work = work;
    this.#ports.onChange();
    this.#run(printer, this.#bringFile(printer, work));
  }

  async #bringFile(printer: Attached, work: Work): Promise<void> {
    const found = fileOf(work);
    if (found === undefined) {
      this.#handBack(printer, work.print, 'The print was taken away.');
      return;
    }
    const { file, name, seconds, wanted } = found;
    const ensured = await this.#ports.keeper.ensure(wanted, work.abort.signal);
    if (printer.work !== work) return;
    if (!ensured.ok) {
      const why = ensured.refusal.code === 'storage-full' ? 'storage-full' : 'other';
      work.trouble = { code: 'no-file', why };
      this.#skipped.add(found.set);
      this.#handBack(printer, work.print, ensured.refusal.text);
      return;
    }
    work.stage = 'handed';
    printer.port.post({
      kind: 'print',
      queue: work.host.queue,
      print: work.print,
      file,
      fileName: name,
      estimateSeconds: seconds,
      sizeMm: work.host.state.printers.get(printer.id)?.sizeMm,
    });
    this.#ports.onChange();
  }

  /**
   * The fence before the first line that heats or moves: `starting` must be committed and applied here, and our own clocks must say
   * that the lease surely holds. Otherwise nothing is sent.
   */
  async #fence(printer: Attached, print: PrintId): Promise<void> {
    const work = printer.work;
    const deny = () => printer.port.post({ kind: 'fence', print, go: false });
    const waits = work?.stage === 'handed' || work?.stage === 'asked';
    if (work?.print !== print || !waits) return deny();
    work.stage = 'asked';
    if (mayStartAlone(printer, work)) return this.#startAlone(printer, work);
    const asked = sureFrom(this.#ports.clock, work.host);
    const settled = await this.#submitStart(printer, work);
    if (settled === undefined) {
      deny();
      const found = fileOf(work);
      if (found !== undefined) this.#skipped.add(found.set);
      this.#handBack(printer, print, 'The storage of this browser failed.');
      return;
    }
    // A copy that is held ahead is not handed back because nobody answers: night may just be falling.
    while (settled.kind === 'unknown' && isUndecided(printer, work)) await delay(this.#ports.clock, roundMs);
    const current = work.host.state.prints.get(print);
    const starts =
      settled.kind !== 'refused' && current?.phase === 'starting' && current.printer === printer.id;
    // `starting` renews the lease too: it holds at least from when this was asked.
    if (starts) work.sureUntil = asked;
    // Cancelled, stopped or detached while the queue decided: what it allows is no longer wanted.
    if (printer.work !== work || work.stage !== 'asked') return deny();
    if (settled.kind === 'unknown' && mayStartAlone(printer, work)) return this.#startAlone(printer, work);
    const now = this.#attached.get(printer.id);
    const gone = now !== printer;
    // Its tab was opened again in the meantime and has taken the print up: it is not ours to hand back.
    if (gone && now?.work?.print === print) return deny();
    if (gone || !starts || current.cancel !== undefined || !surelyHeld(this.#ports.clock, work.sureUntil)) {
      deny();
      const why = settled.kind === 'refused' ? worded(settled.refusal).text : 'The lease could not be held.';
      this.#handBack(printer, print, why);
      return;
    }
    // On disk before the first move: this browser must know of it whatever it loses of the queue.
    const written = await this.#ports.begun.begin(printer.id, { queue: work.host.queue, print });
    // The disk took its time.
    const stillHere = this.#attached.get(printer.id) === printer && printer.work === work;
    const surely = written && surelyHeld(this.#ports.clock, work.sureUntil);
    if (!stillHere || work.stage !== 'asked' || !surely) {
      deny();
      if (!written) this.#skipped.add(current.set);
      this.#ports.begun.cleared(printer.id, print);
      const why = written ? 'The lease could not be held.' : 'The storage of this browser failed.';
      if (stillHere) this.#handBack(printer, print, why);
      return;
    }
    work.stage = 'running';
    printer.port.post({ kind: 'fence', print, go: true });
    const wallMs = Math.floor(this.#ports.clock.wallMs());
    tell(this.#ports.log, work.host, { type: 'started', print, wallMs }, `Started on ${printer.name}`);
  }

  /** Asks for the start. Undefined when this browser could not write that down: then nothing may move. */
  async #submitStart(printer: Attached, { host, print }: Work): Promise<SettledFacts | undefined> {
    const text = `Start on ${printer.name}`;
    try {
      return await host.submit({ type: 'starting', print }, text);
    } catch (error) {
      this.#ports.log.warn(`${text}: not kept: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #startAlone(printer: Attached, work: Work): Promise<void> {
    const { host, print } = work;
    const wallMs = Math.floor(this.#ports.clock.wallMs());
    const kept = await startAlone(host, print, printer.name, wallMs).catch((error: unknown) => {
      this.#ports.log.warn(`Started on ${printer.name}: not kept: ${messageOf(error)}`);
      return false;
    });
    const written = kept && (await this.#ports.begun.begin(printer.id, { queue: host.queue, print }));
    const go = written && printer.work === work && work.stage === 'asked';
    // From here on this queue knows what lies there, and speaks for itself.
    if (go) printer.introduced.add(host.queue);
    if (go) work.stage = 'running';
    else if (printer.work === work) printer.work = undefined;
    printer.port.post({ kind: 'fence', print, go });
    this.#ports.onChange();
  }

  async #finish(printer: Attached, print: PrintId, outcome: PrintOutcome): Promise<void> {
    const work = printer.work;
    const host = work?.print === print ? work.host : this.#hostOf(print);
    if (host === undefined) {
      this.#ports.log.warn(`the outcome of print ${print} belongs to no queue here`);
      return;
    }
    if (work?.print !== print && knowsEnd(host, print, printer.port)) return;
    if (work?.print === print) {
      const byFile = outcome.outcome === 'failed' && isFileProblem(outcome.code);
      if (work.stage !== 'running' && !byFile) {
        // It ended before its first move (a person cancelled, the printer was lost, it is too small): nothing was printed. A bad file is a
        // failed copy, or it would be claimed for ever.
        printer.port.post({ kind: 'outcome-kept', print });
        const { code, reason: text } = outcome;
        // This browser could not read it just now.
        const set = code === 'file' ? fileOf(work)?.set : undefined;
        if (set !== undefined) this.#skipped.add(set);
        this.#handBack(printer, print, text, returnOf({ code, text }));
        printer.port.post({ kind: 'outcome-kept', print });
        return;
      }
      work.stage = 'ended';
    }
    const settled = submitUntilKept(
      this.#ports,
      host,
      finishCommand(print, outcome, this.#ports.clock.wallMs()),
      `Report: ${outcome.outcome}`,
      // Only now may the worker forget it.
      { onKept: () => printer.port.post({ kind: 'outcome-kept', print }) },
      // Whoever attaches it anew tells it again, out of the journal.
      () => this.#isAttached(printer),
    );
    await settled;
    // A late word on an earlier print ends nothing of the present one.
    if (work?.print === print && printer.work === work) printer.work = undefined;
    this.#ports.onChange();
    this.look();
  }

  /** Gives a claim back: nothing was heated or moved for it. */
  #handBack(printer: Attached, print: PrintId, why: string, reason?: Return): void {
    const work = printer.work;
    if (work === undefined || work.print !== print || work.stage === 'running' || work.stage === 'ended')
      return;
    this.#ports.log.info(`print ${print} is handed back: ${why}`);
    work.abort.abort();
    const held = work.host.state.prints.get(print);
    const done = () => {
      if (printer.work === work) printer.work = undefined;
      this.#ports.onChange();
    };
    if (held === undefined) {
      done();
      return;
    }
    work.stage = 'ended';
    const release = submitUntilKept(
      this.#ports,
      work.host,
      { type: 'release', print, ...(reason !== undefined && { why: reason }) },
      'Hand a copy back',
      {},
      () => !this.#closed && work.host.state.prints.has(print),
    );
    this.#run(printer, release.then(done));
  }

  #followStatus(printer: Attached): void {
    if (printer.status?.state === 'ready') this.look();
  }

  /** A person asked for a print of ours to be cancelled, or its claim is no longer ours. */
  #obeyCancel(printer: Attached): void {
    const work = printer.work;
    if (work === undefined || work.stage === 'ended') return;
    const print = work.host.state.prints.get(work.print);
    if (print === undefined) {
      if (work.stage === 'fetching' || work.stage === 'handed') {
        printer.port.post({ kind: 'cancel', print: work.print });
        this.#handBack(printer, work.print, 'the queue gave it to another');
      }
      return;
    }
    if (print.cancel !== undefined) printer.port.post({ kind: 'cancel', print: work.print });
  }

  #renew(): void {
    const held = [...this.#attached.values()].map(({ work }) => work).filter((work) => work !== undefined);
    const ahead = [...this.#attached.values()].flatMap((printer) =>
      this.#recordsOf(printer).flatMap(({ host, record }) => this.#ahead.leases(host, record)),
    );
    const underWay = held.filter((work) => work.stage !== 'ended');
    const known = new Set(underWay.map(({ print }) => print));
    renewLeases(this.#ports, [...underWay, ...ahead.filter(({ print }) => !known.has(print))]);
  }

  #lookAhead(): void {
    for (const printer of this.#attached.values()) {
      for (const { host, record } of this.#recordsOf(printer)) {
        // A printer holds copies ahead in the queue that it prints for, and in no other.
        if (host.condition().condition !== 'ready') continue;
        const workingOn = printer.work?.host === host ? printer.work.print : undefined;
        this.#ahead.look({ host, record, workingOn, skip: this.#skipped.in(host) });
      }
    }
  }

  /** What the queues know of a printer. */
  #recordsOf(printer: Attached): RecordOf[] {
    return [...this.#ports.queues()].flatMap((host) => {
      const record = host.state.printers.get(printer.id);
      return record === undefined ? [] : [{ host, record }];
    });
  }

  #isAttached(printer: Attached): boolean {
    return !this.#closed && this.#attached.get(printer.id) === printer;
  }

  #hostOf(print: PrintId): QueueHost | undefined {
    for (const host of this.#ports.queues()) {
      if (host.state.prints.has(print) || host.state.history.has(print)) return host;
    }
    return undefined;
  }

  #run(printer: Attached, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#ports.log.error(`work for ${printer.name} broke: ${messageOf(error)}`);
    });
  }
}

/** How often the desk looks for work and leases that are due, when no event tells it to. */
const roundMs = 2_000;
