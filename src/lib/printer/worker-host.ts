import {
  type Bytes,
  type Clock,
  type FileId,
  type Log,
  messageOf,
  type PrintId,
  type Refusal,
  type Result,
  unreachable,
} from '../base/index.ts';
import { PrinterHost } from './host.ts';
import { statusMs, terminalLinesMax } from './limits.ts';
import { standardHeatLimits } from './manual.ts';
import type {
  HeatLimits,
  OpenLink,
  PrinterEvent,
  PrinterRequest,
  PrinterScripts,
  PrinterStatus,
  PrintSource,
  TerminalLine,
} from './port.ts';
import { surveyFile } from './survey.ts';
import { TemperatureRecord } from './temperature-record.ts';

/** The part of a MessagePort (or of a worker's own scope) that is used. */
export interface PrinterPort {
  postMessage(event: PrinterEvent): void;
  addEventListener(type: 'message', listener: (message: { readonly data: PrinterRequest }) => void): void;
}

export interface WorkerHostOptions {
  readonly port: PrinterPort;
  readonly openLink: OpenLink;
  /** The whole, verified file on this machine. Rejects if it is not there. */
  openFile(fileId: FileId): Promise<PrintSource>;
  /** The fence: whether this print may heat and move now. Awaited right before the first line that does. */
  askStart(printId: PrintId): Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The print worker's core: one printer, driven by messages. A print in it needs nobody: it goes on when the page's
 * other parts are gone, for as long as the worker lives.
 */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  #host: PrinterHost | undefined;
  #scripts: Partial<PrinterScripts> = {};
  #heatLimits: HeatLimits = standardHeatLimits;
  readonly #temperatures = new TemperatureRecord();
  #connecting = false;
  /** A print whose file is looked through. */
  #starting: { cancelled: boolean } | undefined;
  #unlisten: () => void = () => undefined;
  #untap: (() => void) | undefined;
  #terminalWanted = false;
  #terminal: TerminalLine[] = [];
  #cancelTerminalTimer: (() => void) | undefined;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    options.port.addEventListener('message', ({ data }) => {
      this.#answer(data).catch((error: unknown) => {
        options.log.error(messageOf(error));
        this.#reply(data.id, { code: 'fault', text: `The print worker met a fault: ${messageOf(error)}` });
      });
    });
  }

  /** The newest status, also for those who run the core in their own thread. */
  status(): PrinterStatus {
    return this.#host?.status() ?? { state: 'idle', temperatures: { tools: [] } };
  }

  async #answer(request: PrinterRequest): Promise<void> {
    const { id } = request;
    const host = this.#host;
    switch (request.type) {
      case 'connect':
        this.#result(id, await this.#connect(request));
        return;
      case 'print':
        this.#result(id, await this.#print(request));
        return;
      case 'terminal':
        this.#terminalWanted = request.wanted;
        this.#tap();
        this.#reply(id);
        return;
      case 'scripts':
        this.#scripts = { ...this.#scripts, ...request.scripts };
        host?.setScripts(request.scripts);
        this.#reply(id);
        return;
      case 'heat-limits':
        this.#heatLimits = request.limits;
        host?.hands.setLimits(request.limits);
        this.#reply(id);
        return;
      case 'temperatures': {
        const samples = this.#temperatures.since(request.sinceMs);
        this.#options.port.postMessage({ type: 'reply', id, samples });
        return;
      }
    }
    if (host === undefined) {
      this.#reply(id, { code: 'disconnected', text: 'No printer is connected.' });
      return;
    }
    switch (request.type) {
      case 'disconnect':
        this.#result(id, await host.disconnect());
        return;
      case 'pause':
        this.#result(id, await host.pause());
        return;
      case 'resume':
        this.#result(id, await host.resume());
        return;
      case 'cancel':
        if (this.#starting === undefined) this.#result(id, await host.cancel());
        else {
          this.#starting.cancelled = true;
          this.#reply(id);
        }
        return;
      case 'stop':
        this.#result(id, host.emergencyStop());
        return;
      case 'manual':
        this.#result(id, await host.hands.do(request.action));
        return;
      case 'hard-reset':
        this.#result(id, await host.hands.hardReset());
        return;
      case 'clear-bed':
        this.#result(id, await host.clearing.run(request));
        return;
      case 'stop-clearing':
        host.clearing.stop();
        this.#reply(id);
        return;
      case 'answer':
        this.#result(id, host.answer(request.choice));
        return;
      case 'send': {
        const sent = await host.send(request.command);
        if (sent.ok) this.#options.port.postMessage({ type: 'reply', id, lines: sent.value });
        else this.#reply(id, sent.refusal);
        return;
      }
      default:
        unreachable(request);
    }
  }

  async #connect(request: Extract<PrinterRequest, { type: 'connect' }>): Promise<Result<void>> {
    const state = this.#host?.status().state;
    if (this.#connecting || (state !== undefined && state !== 'disconnected' && state !== 'failed')) {
      return { ok: false, refusal: { code: 'connected', text: 'A printer is connected already.' } };
    }
    this.#connecting = true;
    try {
      if (this.#host !== undefined) await this.#host.close();
      const { clock, log } = this.#options;
      const link = await this.#options.openLink(request.target);
      if (!link.ok) return link;
      this.#scripts = { ...this.#scripts, ...request.scripts };
      this.#unlisten();
      this.#host = new PrinterHost(link.value, clock, log, { scripts: this.#scripts });
      this.#host.hands.setLimits(this.#heatLimits);
      this.#unlisten = this.#host.onStatus((status) => {
        this.#temperatures.take(status.temperatures, clock.wallMs());
        this.#options.port.postMessage({ type: 'status', status });
      });
      this.#untap = undefined;
      this.#tap();
      return await this.#host.connect();
    } finally {
      this.#connecting = false;
    }
  }

  async #print(request: Extract<PrinterRequest, { type: 'print' }>): Promise<Result<void>> {
    const host = this.#host;
    if (host === undefined)
      return { ok: false, refusal: { code: 'disconnected', text: 'No printer is connected.' } };
    if (this.#starting !== undefined)
      return { ok: false, refusal: { code: 'printing', text: 'A print is about to begin.' } };
    const starting = { cancelled: false };
    this.#starting = starting;
    let source: PrintSource;
    let fit: Result<void>;
    try {
      source = await this.#options.openFile(request.fileId);
      const { area } = host.status().firmware ?? {};
      const limits = { area, sizeMm: request.sizeMm, heat: this.#heatLimits };
      fit = await surveyFile(source, limits, () => !starting.cancelled);
    } catch (error) {
      return {
        ok: false,
        refusal: { code: 'file', text: `The file could not be opened: ${messageOf(error)}` },
      };
    } finally {
      this.#starting = undefined;
    }
    if (starting.cancelled)
      return { ok: false, refusal: { code: 'cancelled', text: 'Cancelled before it began.' } };
    const { printId } = request;
    const begun = host.print({
      printId,
      fileName: request.fileName,
      source,
      ...(request.estimateSeconds !== undefined && { estimateSeconds: request.estimateSeconds }),
      ...(!fit.ok && { unfit: fit.refusal }),
      beforeFirstHeatOrMove: () => this.#options.askStart(printId),
    });
    if (!begun.ok) return begun;
    void begun.value.then((outcome) => this.#options.port.postMessage({ type: 'outcome', printId, outcome }));
    return { ok: true, value: undefined };
  }

  /** Terminal lines go in bundles: one message per line would cost more than the line. */
  #tap(): void {
    if (!this.#terminalWanted) {
      this.#untap?.();
      this.#untap = undefined;
      this.#terminal = [];
      return;
    }
    this.#untap ??= this.#host?.onTerminal((line) => {
      this.#terminal.push(line);
      if (this.#terminal.length > terminalLinesMax) this.#terminal.shift();
      this.#cancelTerminalTimer ??= this.#options.clock.after(statusMs, () => {
        this.#cancelTerminalTimer = undefined;
        const lines = this.#terminal;
        this.#terminal = [];
        if (lines.length > 0) this.#options.port.postMessage({ type: 'terminal', lines });
      });
    });
  }

  #result(id: number, result: Result<unknown>): void {
    this.#reply(id, result.ok ? undefined : result.refusal);
  }

  #reply(id: number, refusal?: Refusal): void {
    this.#options.port.postMessage({ type: 'reply', id, ...(refusal && { refusal }) });
  }
}

/** A source over bytes in memory, for small files and tests. */
export function memorySource(bytes: Bytes, pieceBytes = 65_536): PrintSource {
  return {
    size: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await Promise.resolve();
        yield bytes.subarray(at, at + pieceBytes);
      }
    },
  };
}
