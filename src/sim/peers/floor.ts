import {
  type Clock,
  type FileId,
  type PrintId,
  type PrinterId,
  type QueueId,
  type Random,
  RefusalError,
  messageOf,
} from '../../lib/base/index.ts';
import type { PeerToPrinter, PrinterToPeer } from '../../lib/peer/messages.ts';
import { forgetPrint, keepOutcome } from '../../lib/peer/printing/print-journal.ts';
import type { PrintOutcome, PrinterState } from '../../lib/printer/port.ts';
import type { Store } from '../../lib/storage/port.ts';

/** `lost`: the browser that fed the printer died, and nobody wrote down how far it came. */
export type PhysicalEnd = 'good' | 'failed' | 'cancelled' | 'lost';

/** What really happened on a printer: the ledger that the queue's own is held against. */
export interface PhysicalPrint {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly printer: PrinterId;
  readonly startedMs: number;
  end: PhysicalEnd | undefined;
  /** Its outcome is on a disk that is still there. */
  journalled: boolean;
}

export interface FloorWatch {
  readonly onStart: (machine: Machine, print: PhysicalPrint) => void;
  /** The peer tells the printer to stop this print, which is under way. */
  readonly onCancelled: (machine: Machine, print: PhysicalPrint) => void;
  readonly onEnd: (machine: Machine, print: PhysicalPrint) => void;
}

/** A printer as it stands on the floor. It outlives every process. */
export class Machine {
  readonly id: PrinterId;
  readonly name: string;
  readonly autoClear: boolean;
  /** Something lies on the bed. */
  part = false;
  under: PhysicalPrint | undefined;
  worker: PrintWorker | undefined;

  constructor(id: PrinterId, name: string, autoClear: boolean) {
    this.id = id;
    this.name = name;
    this.autoClear = autoClear;
  }
}

export interface WorkerPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** The journal's disk, as long as it is there. */
  readonly store: () => Store | undefined;
  readonly watch: FloorWatch;
  readonly printMs: () => number;
  readonly chanceOfFailure: () => number;
  readonly onFault: (text: string) => void;
}

/** The way to one life of the peer. */
export interface PeerLine {
  readonly tell: (message: PrinterToPeer) => void;
  /** The peer hears that the tab is gone. */
  readonly gone: () => void;
}

/** An outcome that no peer has taken into its outbox yet. */
interface Report {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly outcome: PrintOutcome;
  readonly under: PhysicalPrint | undefined;
  /** It is on the disk, or no disk takes it: the peer may be told. */
  ready: boolean;
}

interface Job {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly file: FileId;
  asked: boolean;
  cancelled: boolean;
}

/**
 * The print worker of one tab, as `lib/peer/tab/print.worker.ts` is to its peer, around a printer that takes its time, fails, and is torn
 * from its cable.
 */
export class PrintWorker {
  readonly machine: Machine;
  readonly #ports: WorkerPorts;
  readonly #reports = new Set<Report>();
  #job: Job | undefined;
  #over = false;
  #line: PeerLine | undefined;

  constructor(machine: Machine, ports: WorkerPorts) {
    this.machine = machine;
    this.#ports = ports;
  }

  /** Tells a peer of itself: the first one, or the next when that has died. */
  connect(line: PeerLine): void {
    this.#line = line;
    const { id, name, autoClear } = this.machine;
    const job = this.#job;
    const stage = this.machine.under === undefined ? 'waiting' : 'running';
    const busy = job === undefined ? undefined : ({ queue: job.queue, print: job.print, stage } as const);
    this.#tell({ kind: 'attach', printer: id, name, virtual: autoClear, busy });
    for (const { print, outcome, ready } of this.#reports)
      if (ready) this.#tell({ kind: 'outcome', print, outcome });
    this.#status(job === undefined ? 'ready' : stage === 'running' ? 'printing' : 'starting');
    if (job?.asked === true && stage === 'waiting') this.#tell({ kind: 'ask-start', print: job.print });
  }

  /** The tab is gone: nobody feeds the printer any more. */
  die(): void {
    this.#over = true;
    const { under } = this.machine;
    if (under !== undefined) this.#stop(under, 'lost');
    this.machine.worker = undefined;
    this.#reports.clear();
    this.#line?.gone();
  }

  /** The disk was taken from under it, but not from it: what was being written is written. */
  writeAgain(): void {
    for (const report of this.#reports) if (!report.ready) this.#keep(report);
  }

  /** The cable is out: a failure, which the worker notices and reports. */
  unplug(): void {
    const { under } = this.machine;
    if (under !== undefined) this.#end(under, 'failed');
  }

  obey(message: PeerToPrinter): void {
    if (this.#over) return;
    switch (message.kind) {
      case 'print':
        return this.#begin({
          print: message.print,
          queue: message.queue,
          file: message.file,
          asked: false,
          cancelled: false,
        });
      case 'fence':
        return this.#fence(message.print, message.go);
      case 'cancel':
        return this.#cancel(message.print);
      case 'outcome-kept':
        return this.#forget(message.print);
    }
  }

  #begin(job: Job): void {
    if (this.#job !== undefined) {
      this.#tell({ kind: 'refused', print: job.print, code: 'busy', text: 'It is printing.' });
      return;
    }
    this.#job = job;
    this.#status('starting');
    const { random, clock } = this.#ports;
    const preparesMs = random.below(8) === 0 ? random.below(25_000) : random.below(500);
    clock.after(preparesMs, () => {
      if (this.#over || this.#job !== job) return;
      if (job.cancelled) return this.#notBegun(job);
      job.asked = true;
      this.#tell({ kind: 'ask-start', print: job.print });
    });
  }

  #fence(print: PrintId, go: boolean): void {
    const job = this.#job;
    if (job?.print !== print) return;
    if (!go || job.cancelled) return this.#notBegun(job);
    const { machine } = this;
    const { clock, random, watch } = this.#ports;
    const under: PhysicalPrint = {
      print,
      queue: job.queue,
      printer: machine.id,
      startedMs: clock.monotonicMs(),
      end: undefined,
      journalled: false,
    };
    watch.onStart(machine, under);
    machine.under = under;
    machine.part = true;
    this.#status('printing');
    const end = random.below(100) < this.#ports.chanceOfFailure() ? 'failed' : 'good';
    clock.after(this.#ports.printMs(), () => {
      if (machine.under === under) this.#end(under, end);
    });
  }

  #cancel(print: PrintId): void {
    const job = this.#job;
    if (job?.print !== print) return;
    job.cancelled = true;
    const { under } = this.machine;
    if (under !== undefined) {
      this.#ports.watch.onCancelled(this.machine, under);
      this.#end(under, 'cancelled');
    }
  }

  /** It ended before its first move. */
  #notBegun(job: Job): void {
    this.#status('ready');
    this.#report(job, 'cancelled', undefined);
  }

  #end(under: PhysicalPrint, end: 'good' | 'failed' | 'cancelled'): void {
    const job = this.#job;
    this.#stop(under, end);
    if (this.#over || job === undefined) return;
    this.#status('ready');
    this.#report(job, end, under);
  }

  #stop(under: PhysicalPrint, end: PhysicalEnd): void {
    const { machine } = this;
    under.end = end;
    machine.under = undefined;
    if (end === 'good' && machine.autoClear) machine.part = false;
    this.#ports.watch.onEnd(machine, under);
  }

  /** On disk first, then told. */
  #report(job: Job, end: PrintOutcome['outcome'], under: PhysicalPrint | undefined): void {
    this.#job = undefined;
    const outcome: PrintOutcome = {
      outcome: end,
      code: end,
      reason: `It ended ${end}.`,
      lines: 10,
      resends: 0,
      seconds: 1,
    };
    const report: Report = { print: job.print, queue: job.queue, outcome, under, ready: false };
    this.#reports.add(report);
    this.#keep(report);
  }

  #keep(report: Report): void {
    const { print, queue, outcome, under } = report;
    const store = this.#ports.store();
    if (store === undefined) return;
    keepOutcome(store, { print, queue, outcome }).then(
      () => {
        report.ready = true;
        if (under !== undefined) under.journalled = true;
        if (!this.#over) this.#tell({ kind: 'outcome', print, outcome });
      },
      (error: unknown) => {
        // The disk has gone away, with the process that opened it: it is written again.
        if (error instanceof RefusalError && error.code === 'closed') return;
        this.#diskFailed(error);
        // Then the peer's outbox is all that can keep it.
        report.ready = true;
        if (!this.#over) this.#tell({ kind: 'outcome', print, outcome });
      },
    );
  }

  #forget(print: PrintId): void {
    for (const report of this.#reports) if (report.print === print) this.#reports.delete(report);
    const store = this.#ports.store();
    if (store !== undefined) forgetPrint(store, print).catch((error: unknown) => this.#diskFailed(error));
  }

  /** The disk may have gone away in between, with the process that opened it. Nothing else may happen to it here. */
  #diskFailed(error: unknown): void {
    if (error instanceof RefusalError && error.code === 'closed') return;
    this.#ports.onFault(`its journal cannot be written: ${messageOf(error)}`);
  }

  #tell(message: PrinterToPeer): void {
    this.#line?.tell(message);
  }

  #status(state: PrinterState): void {
    this.#tell({ kind: 'status', status: { state, temperatures: { tools: [] } } });
  }
}
