import { type Clock, type PrintId, type PrinterId, refuse, silentLog } from '../../base/index.ts';
import type { PrinterRequest, PrinterState } from '../../printer/port.ts';
import type { Store } from '../../storage/port.ts';
import type { PeerToPrinter, PrinterToPeer } from '../messages.ts';
import { JobRunner } from '../print-worker/job-runner.ts';
import type { PrinterDesk } from '../printing/printer-desk.ts';

export interface ToyPorts {
  readonly clock: Clock;
  readonly store: () => Promise<Store>;
  /** Of the peer, while it runs. */
  readonly desk: () => PrinterDesk | undefined;
}

type Handed = Extract<PeerToPrinter, { kind: 'print' }>;

/** The product's print worker (`JobRunner`) around a machine without wire and firmware. It outlives the peer's own worker. */
export class ToyPrinter {
  readonly id: PrinterId;
  readonly printed: PrintId[] = [];
  readonly started: PrintId[] = [];
  readonly #ports: ToyPorts;
  readonly #name: string;
  readonly #printMs: number;
  readonly #virtual: boolean;
  readonly #runner: JobRunner;
  /** Why it can print no file, found before anything is heated. */
  unfit: { readonly code: string; readonly text: string } | undefined;
  /** The newest print it was handed. */
  handed: Handed | undefined;
  #port: { post: (message: PeerToPrinter) => void } = { post: () => undefined };
  #known: PrinterId | undefined;
  #state: PrinterState = 'ready';
  /** The print that the machine has accepted and not ended. */
  #accepted: PrintId | undefined;
  #bedTold: { readonly clear: boolean; readonly times: number } | undefined;

  constructor(ports: ToyPorts, name: string, printMs: number, virtual: boolean) {
    this.#virtual = virtual;
    this.#ports = ports;
    this.#name = name;
    this.#printMs = printMs;
    this.id = `printer-${name}` as PrinterId;
    this.#runner = new JobRunner({
      clock: ports.clock,
      log: silentLog,
      store: ports.store,
      tell: (message) => this.#say(message),
      request: (request) => this.#request(request),
      answer: (print, go) => this.#answered(print, go),
    });
    this.#tell('ready');
    this.reattach();
  }

  /** A peer's worker is there, the first one or one in the place of another: the same print worker speaks to it. */
  reattach(): void {
    const port = {
      post: (message: PeerToPrinter) => {
        if (this.#port !== port) return;
        if (message.kind === 'print') this.handed = message;
        this.#runner.take({ on: 'message', message });
      },
    };
    this.#port = port;
    this.#runner.take({ on: 'peer-there', printer: this.id, name: this.#name, virtual: this.#virtual });
  }

  /** Whether a print is in hand that has not been let through the fence. */
  get waiting(): boolean {
    return ['preparing', 'asking'].includes(this.#runner.state.job.at);
  }

  /** A person says at its display that the next print may come, or that it may not. */
  sayBed(clear: boolean): void {
    this.#bedTold = { clear, times: (this.#bedTold?.times ?? 0) + 1 };
    this.#tell(this.#state);
  }

  /** It was unplugged, and is greeted again by the same tab. */
  reconnect(): void {
    for (const state of ['disconnected', 'connecting', 'ready'] as const) this.#tell(state);
  }

  /** Its tab dies without a word, and nobody feeds it any more. */
  die(): void {
    this.#runner.close();
    this.#accepted = undefined;
  }

  /** Its tab is closed, whatever it does. */
  detach(): void {
    this.die();
    this.#ports.desk()?.lost(this.#port);
  }

  #say(message: PrinterToPeer): void {
    this.#known = this.#ports.desk()?.receive(this.#port, this.#known, message);
  }

  #tell(state: PrinterState): void {
    this.#state = state;
    const status = { state, temperatures: { tools: [] }, bedTold: this.#bedTold };
    this.#runner.take({ on: 'status', status });
  }

  #request(request: PrinterRequest): void {
    if (request.type === 'print') this.#accept(request.printId, request.id);
    else if (request.type === 'cancel' && this.#accepted !== undefined)
      this.#end(this.#accepted, 'cancelled');
  }

  #accept(print: PrintId, request: number): void {
    if (this.#accepted !== undefined) {
      const { refusal } = refuse('printing', 'It is printing.');
      this.#runner.take({ on: 'replied', request, refusal });
      return;
    }
    this.#accepted = print;
    const { clock } = this.#ports;
    if (this.unfit !== undefined) {
      clock.after(0, () => this.#end(print, 'failed'));
      return;
    }
    this.#tell('starting');
    clock.after(0, () => {
      if (this.#accepted === print) this.#runner.take({ on: 'asked', print });
    });
  }

  #answered(print: PrintId, go: boolean): void {
    if (this.#accepted !== print) return;
    const { clock } = this.#ports;
    if (!go) {
      clock.after(0, () => this.#end(print, 'cancelled', 'not-started'));
      return;
    }
    this.started.push(print);
    this.#tell('printing');
    clock.after(this.#printMs, () => {
      if (this.#accepted !== print) return;
      this.printed.push(print);
      this.#end(print, 'good');
    });
  }

  #end(print: PrintId, end: 'good' | 'failed' | 'cancelled', why: string = end): void {
    if (this.#accepted !== print) return;
    this.#accepted = undefined;
    const { code, text } = this.unfit ?? { code: why, text: 'Printed.' };
    const seconds = this.unfit === undefined ? this.#printMs / 1000 : 0;
    const outcome = { outcome: end, code, reason: text, lines: 10, resends: 0, seconds };
    this.#runner.take({ on: 'ended', print, outcome });
    this.#tell('ready');
  }
}
