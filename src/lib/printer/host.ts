import { type Clock, type Log, type Refusal, type Result, ok, refuse } from '../base/index.ts';
import { type ActionHost, carryOut } from './actions.ts';
import { BedClearing } from './clear-bed.ts';
import { describe } from './describe.ts';
import { Driver, type DriverListener } from './driver.ts';
import { findPrinter, identify, setUpCommands } from './greeting.ts';
import { Hands } from './hands.ts';
import { Knowledge } from './knowledge.ts';
import { bauds, statusMs } from './limits.ts';
import type {
  Link,
  LinkEnd,
  PrinterScripts,
  PrinterState,
  PrinterStatus,
  PrintJob,
  PrintOutcome,
  TerminalLine,
} from './port.ts';
import { Print } from './print.ts';
import { halted, noisy, printerReset, stoppedByHand } from './problems.ts';
import { Prompt } from './prompt.ts';
import type { ProtocolEffect } from './protocol.ts';
import { heatersOff, standardScripts } from './scripts.ts';
import { Telling } from './telling.ts';
import { TemperaturePoll } from './temperature-poll.ts';
import { type Ask, type Problem, saying } from './facts.ts';

export interface HostOptions {
  readonly scripts?: Partial<PrinterScripts>;
  /** Speeds to try where the link has speeds; its own comes first. */
  readonly bauds?: readonly number[];
  /** Milliseconds between two status objects while only values change. */
  readonly statusMs?: number;
  /** Lines of a print that must go well before more than one is under way, where the firmware allows that at all. */
  readonly lookAheadAfter?: number;
}

/** Times that a printer is greeted from the start: boards reset when the port opens, some twice. */
const introductionsMax = 4;

/** Drives one printer over one link: finds out what it is, keeps its temperatures, runs one print at a time. */
export class PrinterHost {
  /** What a person does by hand. */
  readonly hands: Hands;
  /** Clears the bed by the printer's script. */
  readonly clearing: BedClearing;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #driver: Driver;
  readonly #bauds: readonly number[];
  #scripts: PrinterScripts;

  /** Its own state while no print is under way. */
  #state: Extract<PrinterState, 'idle' | 'connecting' | 'ready' | 'failed' | 'disconnected'> = 'idle';
  #running = false;
  #greetAgain = false;
  #print: Print | undefined;
  readonly #known = new Knowledge();
  #problem: Problem | undefined;
  #notice: string | undefined;
  #busyForPerson: Ask | undefined;
  readonly #prompt = new Prompt();
  #last: PrinterStatus['last'];

  readonly #telling: Telling;
  readonly #poll: TemperaturePoll;
  readonly #actionHost: ActionHost;
  #onGreeted: ((what: 'greeted' | 'restarted' | 'ended') => void) | undefined;

  constructor(link: Link, clock: Clock, log: Log, options: HostOptions = {}) {
    this.#link = link;
    this.#clock = clock;
    this.#log = log;
    this.#scripts = { ...standardScripts, ...options.scripts };
    this.#bauds = options.bauds ?? bauds;
    const listener: DriverListener = {
      effect: (effect) => this.#effect(effect),
      settled: () => this.#print?.pump(),
      ended: (end) => this.#ended(end),
    };
    this.#driver = new Driver(link, clock, listener, options.lookAheadAfter);
    this.#actionHost = {
      log,
      close: () => this.close(),
      notice: (text) => {
        this.#notice = text;
        this.#telling.publishSoon();
      },
      bed: (clear) => {
        this.#known.bedTold = { clear, times: (this.#known.bedTold?.times ?? 0) + 1 };
        this.#telling.publish();
      },
    };
    this.#poll = new TemperaturePoll(this.#driver, clock);
    this.hands = new Hands({
      driver: this.#driver,
      link,
      clock,
      room: () => ({
        state: this.#shownState(),
        temperatures: this.#known.temperatures,
        movable: this.#print?.movable ?? true,
      }),
      emergencyParser: () => this.#known.emergencyParser,
      emergencyStop: () => this.emergencyStop(),
      changed: () => this.#telling.publishSoon(),
    });
    this.clearing = new BedClearing({
      driver: this.#driver,
      clock,
      ready: () => this.#print === undefined && this.#state === 'ready',
      scripts: () => this.#scripts,
      temperatures: () => this.#known.temperatures,
      changed: () => this.#telling.publish(),
      failed: (problem) => {
        this.#problem = problem;
      },
    });
    this.#telling = new Telling(clock, options.statusMs ?? statusMs, () => this.#describe());
  }

  /** The newest status: plain data. */
  status(): PrinterStatus {
    return this.#telling.status;
  }

  /** Calls back at each change of state, and a few times a second while values change. Returns how to stop it. */
  onStatus(listener: (status: PrinterStatus) => void): () => void {
    return this.#telling.onStatus(listener);
  }

  /** Calls back for each line sent and received. Costs nothing while nobody listens. */
  onTerminal(listener: (line: TerminalLine) => void): () => void {
    return this.#telling.onTerminal(listener);
  }

  setScripts(scripts: Partial<PrinterScripts>): void {
    this.#scripts = { ...this.#scripts, ...scripts };
  }

  /** Finds the printer's speed and firmware. Also after a failure, while the link is open. */
  async connect(): Promise<Result<void>> {
    if (this.#state === 'disconnected')
      return refuse('disconnected', 'The connection is closed. Open the port again.');
    if (this.#state === 'connecting') return refuse('connecting', 'Already connecting.');
    if (this.#print !== undefined) return refuse('printing', 'A print is under way.');
    this.#problem = undefined;
    this.#enter('connecting');
    if (!this.#running) {
      this.#running = true;
      void this.#driver.run();
    }
    for (let times = 1; ; times++) {
      this.#greetAgain = false;
      const done = await this.#introduce();
      if (!this.#connecting())
        return refuse('disconnected', this.status().problem?.text ?? 'The connection ended.');
      if (this.#greetAgain && times < introductionsMax) continue;
      if (!done.ok) return this.#failed(done.refusal);
      this.#enter('ready');
      this.#poll.begin(() => this.#state === 'ready' && !this.#known.reportsTemperatures);
      return ok(undefined);
    }
  }

  /** Closes the link. Refused while printing: that would leave a hot machine alone. */
  async disconnect(): Promise<Result<void>> {
    if (this.#print !== undefined) return refuse('printing', 'A print is under way. Cancel it first.');
    await this.close();
    return ok(undefined);
  }

  /** Closes the link whatever happens on it. A print under way fails. */
  async close(): Promise<void> {
    await this.#link.close();
    this.#driver.stop();
  }

  /**
   * Sends one command for a person, and gives what the printer said. Emergency commands go at once. Refused while
   * a print is fed, where it would come between its lines.
   */
  send(text: string): Promise<Result<readonly string[]>> {
    return this.hands.send(text);
  }

  /** Begins a print. The result's promise resolves with its outcome and never rejects. */
  print(job: PrintJob): Result<Promise<PrintOutcome>> {
    if (this.#print !== undefined) return refuse('printing', 'A print is under way.');
    if (this.#state !== 'ready') return refuse('not-ready', 'The printer is not ready.');
    if (this.clearing.text !== undefined) return refuse('clearing', 'The bed is being cleared.');
    this.#problem = undefined;
    this.#last = undefined;
    this.#driver.beginJob();
    const print = new Print(job, {
      driver: this.#driver,
      clock: this.#clock,
      log: this.#log,
      scripts: () => this.#scripts,
      temperatures: () => this.#known.temperatures,
      targets: () => this.#known.targets,
      position: () => this.#known.position,
      positionsTold: () => this.#known.positionsTold,
      emergencyParser: () => this.#known.emergencyParser,
      changed: () => this.#printChanged(),
      problem: (problem) => {
        this.#problem = problem;
        this.#telling.publish();
      },
    });
    this.#print = print;
    this.#log.info(`print ${job.printId}: ${job.fileName}, ${job.source.size} bytes`);
    this.#telling.publish();
    print.pump();
    return ok(print.outcome);
  }

  pause(): Promise<Result<void>> {
    return this.#print?.pause() ?? Promise.resolve(refuse('not-printing', 'Nothing is being printed.'));
  }

  resume(): Promise<Result<void>> {
    return this.#print?.resume() ?? Promise.resolve(refuse('not-printing', 'Nothing is being printed.'));
  }

  cancel(reason?: string): Promise<Result<void>> {
    return (
      this.#print?.cancel(reason) ?? Promise.resolve(refuse('not-printing', 'Nothing is being printed.'))
    );
  }

  /** Answers the firmware's question by the index of the choice. */
  answer(choice: number): Result<void> {
    if (this.#prompt.open === undefined) return refuse('no-prompt', 'The printer asks nothing.');
    this.#prompt.close();
    const command = `M876 S${choice}`;
    if (this.#known.emergencyParser) this.#driver.urgent(command);
    else void this.#driver.exec(command);
    this.#telling.publish();
    return ok(undefined);
  }

  /**
   * Stops everything at once: M112, past every queue, then heaters off for firmware that does not know it. In every
   * state in which there is a link. The printer must be reset afterwards.
   */
  emergencyStop(): Result<void> {
    if (this.#state === 'disconnected' || !this.#running)
      return refuse('disconnected', 'The printer is not connected. Switch it off at the mains.');
    this.#log.warn('emergency stop');
    this.#driver.urgent('M112');
    this.#driver.raw(['M112', ...heatersOff(this.#known.temperatures)]);
    this.#problem = stoppedByHand;
    this.#state = 'failed';
    if (this.#print !== undefined) this.#print.fail('stopped', 'Stopped by hand (emergency stop).', false);
    this.#telling.publish();
    return ok(undefined);
  }

  /** Greets, asks what it is, sets it up. Wants to be done again when the printer turns out to have booted meanwhile. */
  async #introduce(): Promise<Result<void>> {
    const found = await findPrinter({
      link: this.#link,
      clock: this.#clock,
      log: this.#log,
      bauds: this.#bauds,
      driver: this.#driver,
      next: (listener) => {
        this.#onGreeted = listener;
      },
      wanted: () => this.#connecting(),
    });
    this.#onGreeted = undefined;
    if (!found.ok) return found;
    const firmware = await identify(this.#driver, this.#clock, () => this.#known.firmware);
    this.#known.firmware = firmware;
    this.#log.info(`firmware: ${firmware.family}, ${firmware.name}`);
    for (const command of setUpCommands(firmware, this.#scripts.connected)) {
      if (!this.#connecting() || this.#greetAgain) break;
      const done = await this.#driver.exec(command);
      if (!done.ok) return done;
    }
    return ok(undefined);
  }

  #connecting(): boolean {
    return this.#state === 'connecting';
  }

  #failed(problem: Refusal): Result<void> {
    this.#problem = problem;
    this.#enter('failed');
    return { ok: false, refusal: problem };
  }

  #effect(effect: ProtocolEffect): void {
    switch (effect.type) {
      case 'write':
        this.hands.sent(effect.text);
        this.#known.sent(effect.text);
        this.#telling.line('sent', effect.text);
        return;
      case 'line':
        this.#telling.line('received', effect.text);
        return;
      case 'greeted':
        this.#onGreeted?.('greeted');
        return;
      case 'done':
        if (effect.id === 0) this.#print?.acknowledged();
        this.#busyForPerson = undefined;
        this.#telling.publishSoon();
        return;
      case 'resend':
        this.#log.debug(`resend of line ${effect.line}`);
        return;
      case 'noise':
        this.#problem = noisy(effect.resends, effect.lines);
        this.#telling.publish();
        return;
      case 'busy':
        if (effect.needsPerson !== (this.#busyForPerson !== undefined)) {
          this.#busyForPerson = effect.needsPerson ? { code: 'at-display' } : undefined;
          this.#telling.publish();
        }
        return;
      case 'action':
        this.#action(effect.name, effect.text);
        return;
      case 'error':
        this.#error(effect.kind, effect.text);
        return;
      case 'restarted':
        this.#restarted();
        return;
      case 'silence':
        this.#log.warn(`no answer for a while (${effect.times})`);
        return;
      case 'broken':
        // The ok of our greeting was one from before: the printer does not know our numbers yet.
        if (this.#state === 'connecting') this.#greetAgain = true;
        else this.#lost({ code: effect.code, text: effect.text }, true);
        return;
      default:
        if (this.#known.take(effect)) this.#telling.publishSoon();
    }
  }

  #error(kind: 'pausing' | 'fatal', text: string): void {
    const said = text === '' ? 'an error without a text' : text;
    this.#log.warn(`printer error: ${said}`);
    if (kind === 'fatal') {
      // The halt that a person asked for is no surprise of the printer's.
      if (this.#problem === stoppedByHand) return;
      this.#lost(halted(said), false);
      return;
    }
    const problem = { ...saying('printer-error', text), text: `The printer reports: ${said}` };
    if (this.#print !== undefined) this.#print.trouble(problem);
    else {
      this.#problem = problem;
      this.clearing.trouble(problem);
      this.#telling.publish();
    }
  }

  #restarted(): void {
    this.#known.restarted();
    if (this.#state === 'connecting') {
      this.#greetAgain = true;
      this.#onGreeted?.('restarted');
      return;
    }
    this.hands.restarted();
    if (this.#state === 'idle' || this.#state === 'failed' || this.#state === 'disconnected') return;
    this.#lost(printerReset, false);
  }

  /** Nothing more can be done with this printer before it is greeted again. */
  #lost(problem: Problem, reachable: boolean): void {
    this.#problem = problem;
    this.#state = 'failed';
    this.#log.error(problem.text);
    if (this.#print !== undefined) this.#print.fail(problem.code, problem.text, reachable);
    this.#onGreeted?.('ended');
    this.#telling.publish();
  }

  #ended(end: LinkEnd): void {
    this.#poll.end();
    this.#state = 'disconnected';
    if (end.code !== 'closed') this.#problem = { code: end.code, text: end.text };
    if (this.#print !== undefined) {
      const heaters = 'Its heaters may still be on: look at the printer.';
      this.#print.fail(end.code === 'closed' ? 'disconnected' : end.code, `${end.text} ${heaters}`, false);
    }
    this.#onGreeted?.('ended');
    this.#telling.publish();
  }

  #action(name: string, text: string): void {
    if (!name.startsWith('prompt_')) carryOut(name, text, this.#print, this.#actionHost);
    else if (this.#prompt.read(name, text)) this.#telling.publish();
  }

  #printChanged(): void {
    const print = this.#print;
    const result = print?.result;
    if (print !== undefined && result !== undefined) {
      this.#log.info(`print ${print.job.printId}: ${result.outcome}, ${result.reason}`);
      this.#last = { printId: print.job.printId, outcome: result };
      this.#print = undefined;
      this.#busyForPerson = undefined;
      if (result.outcome === 'failed' && this.#problem === undefined)
        this.#problem = { code: result.code, text: result.reason };
    }
    this.#telling.publish();
  }

  #enter(state: 'idle' | 'connecting' | 'ready' | 'failed' | 'disconnected'): void {
    this.#state = state;
    this.#telling.publish();
  }

  #shownState(): PrinterState {
    const phase = this.#print?.phase;
    return phase === undefined || phase === 'over' || this.#state === 'disconnected' ? this.#state : phase;
  }

  #describe(): PrinterStatus {
    return describe({
      state: this.#shownState(),
      link: this.#link,
      known: this.#known,
      hands: this.hands,
      print: this.#print,
      busyForPerson: this.#busyForPerson,
      prompt: this.#prompt.open,
      problem: this.#problem,
      clearing: this.clearing.text,
      notice: this.#notice,
      last: this.#last,
    });
  }
}
