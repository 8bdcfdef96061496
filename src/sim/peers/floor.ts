import {
  type Clock,
  type Log,
  type PrintId,
  type PrinterId,
  type QueueId,
  type Random,
  refuse,
} from '../../lib/base/index.ts';
import type { PeerToPrinter, PrinterToPeer } from '../../lib/peer/messages.ts';
import { JobRunner } from '../../lib/peer/print-worker/job-runner.ts';
import type { PrinterRequest, PrinterState } from '../../lib/printer/port.ts';
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
  readonly log: Log;
  /** The journal's disk: rejects when it is lost. */
  readonly store: () => Promise<Store>;
  readonly watch: FloorWatch;
  readonly printMs: () => number;
  readonly chanceOfFailure: () => number;
}

/** The way to one life of the peer. */
export interface PeerLine {
  readonly tell: (message: PrinterToPeer) => void;
  /** The peer hears that the tab is gone. */
  readonly gone: () => void;
}

/** A print that the machine has accepted, until it has told how it ended. */
interface Held {
  readonly print: PrintId;
  readonly queue: QueueId;
  readonly request: number;
  /** `preparing`: it looks through the file · `asking` whether it may start · `running`. */
  at: 'preparing' | 'asking' | 'running';
  under: PhysicalPrint | undefined;
}

/**
 * The print worker of one tab: the product's own prints (`JobRunner`) around a machine that takes its time, fails, and is torn from its
 * cable. It answers requests as `WorkerHost` does.
 */
export class PrintWorker {
  readonly machine: Machine;
  readonly #ports: WorkerPorts;
  readonly #runner: JobRunner;
  readonly #queues = new Map<PrintId, QueueId>();
  /** What ran here, until its outcome is on a disk. */
  readonly #unwritten = new Map<PrintId, PhysicalPrint>();
  #held: Held | undefined;
  #over = false;
  #line: PeerLine | undefined;

  constructor(machine: Machine, ports: WorkerPorts) {
    this.machine = machine;
    this.#ports = ports;
    this.#runner = new JobRunner({
      clock: ports.clock,
      log: ports.log,
      store: ports.store,
      tell: (message) => this.#line?.tell(message),
      request: (request) => this.#request(request),
      answer: (print, go) => this.#answered(print, go),
      onWritten: ({ kind, print }) => {
        if (kind === 'outcome') this.#journalled(print);
      },
    });
    this.#status('ready');
  }

  /** Tells a peer of itself: the first one, or the next when that has died. */
  connect(line: PeerLine): void {
    this.#line = line;
    const { id, name, autoClear } = this.machine;
    this.#runner.take({ on: 'peer-there', printer: id, name, virtual: autoClear });
  }

  /** The tab is gone: nobody feeds the printer any more. */
  die(): void {
    this.#over = true;
    this.#runner.close();
    const { under } = this.machine;
    if (under !== undefined) this.#stop(under, 'lost');
    this.machine.worker = undefined;
    this.#line?.gone();
  }

  /** The cable is out: a failure, which the worker notices and reports. */
  unplug(): void {
    const held = this.#held;
    if (held?.under !== undefined) this.#end(held, 'failed');
  }

  obey(message: PeerToPrinter): void {
    if (message.kind === 'print') this.#queues.set(message.print, message.queue);
    this.#runner.take({ on: 'message', message });
  }

  #request(request: PrinterRequest): void {
    const { id } = request;
    switch (request.type) {
      case 'print':
        return this.#accept(request.printId, id);
      case 'cancel':
        this.#cancel();
        return this.#reply(id);
      default:
        return this.#reply(id, 'unknown');
    }
  }

  /** Looks through the file, and wants to start. */
  #accept(print: PrintId, request: number): void {
    const queue = this.#queues.get(print);
    if (this.#held !== undefined || queue === undefined) return this.#reply(request, 'printing');
    const held: Held = { print, queue, request, at: 'preparing', under: undefined };
    this.#held = held;
    this.#status('starting');
    const { random, clock } = this.#ports;
    const preparesMs = random.below(8) === 0 ? random.below(25_000) : random.below(500);
    clock.after(preparesMs, () => {
      if (this.#over || this.#held !== held) return;
      held.at = 'asking';
      this.#reply(request);
      this.#runner.take({ on: 'asked', print });
    });
  }

  #answered(print: PrintId, go: boolean): void {
    const held = this.#held;
    if (held?.print !== print || held.at !== 'asking') return;
    if (!go) return this.#end(held, 'cancelled', 'not-started');
    const { machine } = this;
    const { clock, random, watch } = this.#ports;
    const under: PhysicalPrint = {
      print,
      queue: held.queue,
      printer: machine.id,
      startedMs: clock.monotonicMs(),
      end: undefined,
      journalled: false,
    };
    held.at = 'running';
    held.under = under;
    watch.onStart(machine, under);
    machine.under = under;
    machine.part = true;
    this.#status('printing');
    const end = random.below(100) < this.#ports.chanceOfFailure() ? 'failed' : 'good';
    clock.after(this.#ports.printMs(), () => {
      if (this.#held === held && machine.under === under) this.#end(held, end);
    });
  }

  #cancel(): void {
    const held = this.#held;
    if (held === undefined) return;
    if (held.at === 'preparing') {
      this.#held = undefined;
      this.#status('ready');
      this.#reply(held.request, 'cancelled');
      return;
    }
    if (held.under !== undefined) this.#ports.watch.onCancelled(this.machine, held.under);
    this.#end(held, 'cancelled');
  }

  /** It ended, perhaps before its first move. */
  #end(held: Held, end: 'good' | 'failed' | 'cancelled', code: string = end): void {
    const { print, under } = held;
    this.#held = undefined;
    this.#queues.delete(print);
    if (under !== undefined) {
      this.#unwritten.set(print, under);
      this.#stop(under, end);
    }
    // Whoever saw it end may have torn down the tab.
    if (this.#over) return;
    this.#status('ready');
    const outcome = {
      outcome: end,
      code,
      reason: `It ended ${end}.`,
      lines: 10,
      resends: 0,
      seconds: 1,
    };
    this.#runner.take({ on: 'ended', print, outcome });
  }

  #stop(under: PhysicalPrint, end: PhysicalEnd): void {
    const { machine } = this;
    under.end = end;
    machine.under = undefined;
    if (end === 'good' && machine.autoClear) machine.part = false;
    this.#ports.watch.onEnd(machine, under);
  }

  #journalled(print: PrintId): void {
    const under = this.#unwritten.get(print);
    this.#unwritten.delete(print);
    if (under !== undefined) under.journalled = true;
  }

  #reply(request: number, code?: string): void {
    const refused = code === undefined ? undefined : refuse(code, 'The machine refuses.').refusal;
    this.#runner.take({ on: 'replied', request, refusal: refused });
  }

  #status(state: PrinterState): void {
    this.#runner.take({ on: 'status', status: { state, temperatures: { tools: [] } } });
  }
}
