import { type Clock, Fault, type Log, type Result, messageOf, ok, refuse } from '../base/index.ts';
import { fitted, stripped } from '../gcode/index.ts';
import { heatsOrMoves, hostCommand, pastimeOf } from './commands.ts';
import type { Driver } from './driver.ts';
import { FileLines } from './file-lines.ts';
import { Modal } from './modal.ts';
import type {
  Position,
  PrinterScripts,
  PrinterState,
  PrintJob,
  PrintOutcome,
  PrintProgress,
  Temperatures,
} from './port.ts';
import { sentence } from './problems.ts';
import { Progress } from './progress.ts';
import type { ScriptValues } from './script-values.ts';
import { expand, heatersOff, reheat } from './scripts.ts';
import { type Ask, type Problem, saying, troubleOf } from './facts.ts';

/** The states of one print. `over` is final. */
export type PrintPhase =
  | Extract<
      PrinterState,
      'starting' | 'printing' | 'pausing' | 'paused' | 'resuming' | 'cancelling' | 'finishing'
    >
  | 'over';

/** What a print needs of the host it runs in. */
export interface PrintHost {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Log;
  scripts(): PrinterScripts;
  temperatures(): Temperatures;
  /** The same, with the targets that were sent instead of those that were told. */
  targets(): Temperatures;
  position(): Position | undefined;
  /** How often the printer has told its position. */
  positionsTold(): number;
  /** Whether the firmware reads M108 past its queue. */
  emergencyParser(): boolean;
  changed(): void;
  problem(problem: Problem | undefined): void;
}

/** Times that the printer is asked where it is: firmware without M114 never tells, doubled `ok`s make it late. */
const whereTimesMax = 8;

interface Saved {
  readonly position: Position | undefined;
  readonly temperatures: Temperatures;
  /** Whether our own script moved the head, so that it must be moved back. */
  readonly moved: boolean;
}

/**
 * One print, from its file to its outcome. Lines go out when the driver has room, so the printer's `ok`s set the
 * pace and no timer does. Everything that waits looks at the phase again afterwards: whoever changed it meanwhile
 * has taken over.
 */
export class Print {
  readonly job: PrintJob;
  readonly outcome: Promise<PrintOutcome>;
  readonly #host: PrintHost;
  readonly #settle: (outcome: PrintOutcome) => void;
  readonly #lines: FileLines;
  readonly #modal = new Modal();
  readonly #progress: Progress;
  readonly #beganMs: number;

  #phase: PrintPhase = 'starting';
  #fence: 'closed' | 'asking' | 'open' = 'closed';
  #acknowledged = 0;
  #saved: Saved | undefined;
  #pausedFor: Ask | undefined;
  #result: PrintOutcome | undefined;
  /** What the printer reported after the last line of the file. */
  #endTrouble: string | undefined;

  constructor(job: PrintJob, host: PrintHost) {
    this.job = job;
    this.#host = host;
    this.#lines = new FileLines(job.source, {
      more: () => this.pump(),
      failed: ({ code, text }) => this.fail(code, text),
    });
    this.#progress = new Progress(job.source.size, job.estimateSeconds);
    this.#beganMs = host.clock.monotonicMs();
    const { promise, resolve } = Promise.withResolvers<PrintOutcome>();
    this.outcome = promise;
    this.#settle = resolve;
  }

  get phase(): PrintPhase {
    return this.#phase;
  }
  get result(): PrintOutcome | undefined {
    return this.#result;
  }
  /** Why only a person can make it go on. */
  get needsPerson(): Ask | undefined {
    return this.#phase === 'paused' || this.#phase === 'pausing' ? this.#pausedFor : undefined;
  }

  /** Whether a person may move the head: while paused, when our own script moved it away and will bring it back. */
  get movable(): boolean {
    return this.#phase === 'paused' && this.#saved?.moved === true;
  }

  progress(): PrintProgress {
    const seconds = this.#seconds();
    const secondsLeft = this.#progress.secondsLeft(seconds);
    const current = this.#host.driver.current;
    const waitingFor = current === undefined ? undefined : pastimeOf(current);
    const { heightMm } = this.#modal;
    return {
      printId: this.job.printId,
      fileName: this.job.fileName,
      lines: this.#acknowledged,
      resends: this.#host.driver.resends,
      bytesDone: this.#progress.bytesDone,
      bytesTotal: this.job.source.size,
      percent: this.#progress.percent,
      percentFrom: this.#progress.percentFrom,
      ...(heightMm !== undefined && { heightMm }),
      ...(secondsLeft !== undefined && { secondsLeft }),
      seconds,
      ...(waitingFor !== undefined && { waitingFor }),
    };
  }

  /** The printer acknowledged a line of this print. */
  acknowledged(): void {
    this.#acknowledged += 1;
  }

  /** Sends lines as long as there is room for them. */
  pump(): void {
    const { driver } = this.#host;
    const { unfit } = this.job;
    if (unfit !== undefined && this.#phase === 'starting') {
      this.fail(unfit.code, unfit.text);
      return;
    }
    while (
      (this.#phase === 'printing' || this.#phase === 'starting') &&
      this.#fence !== 'asking' &&
      driver.room > 0
    ) {
      const line = this.#lines.peek();
      if (line === undefined) {
        if (this.#lines.over) void this.#finish();
        return;
      }
      const command = stripped(line.text);
      const own = command === '' && !line.text.includes('@') ? undefined : hostCommand(command, line.text);
      if (own !== undefined) {
        this.#lines.take();
        if (own.type === 'skip') this.#host.log.warn(`left out: ${own.why}`);
        else if (own.type === 'cancel') void this.cancel('The file itself asked to cancel.');
        else void this.pause(saying('file-asks', own.text));
        continue;
      }
      if (command === '') {
        this.#lines.take();
        continue;
      }
      if (this.#fence === 'closed' && heatsOrMoves(command)) {
        void this.#openFence();
        return;
      }
      const fit = fitted(command);
      if (!fit.ok) {
        void this.fail(fit.refusal.code, fit.refusal.text);
        return;
      }
      this.#lines.take();
      this.#modal.read(fit.value);
      this.#progress.sent(fit.value, line.endOffset, this.#seconds());
      driver.printLine(fit.value);
    }
  }

  /** Stops feeding, remembers where and how, and moves away. With `byPrinter` the firmware has paused itself already. */
  async pause(asks?: Ask, byPrinter = false): Promise<Result<void>> {
    if (this.#phase !== 'printing')
      return refuse('not-printing', 'Nothing is being printed that could be paused.');
    this.#enter('pausing');
    this.#pausedFor = asks;
    const still = await this.#standStill('pausing');
    if (!still.ok) return still;
    const position = this.#modal.position(this.#host.position());
    const moves = !byPrinter && position !== undefined && this.#host.scripts().pause.trim() !== '';
    this.#saved = { position, temperatures: this.#host.targets(), moved: moves };
    if (moves) {
      const done = await this.#script('pause', this.#values(), 'pausing');
      if (!this.#in('pausing')) return this.#superseded();
      if (!done.ok) {
        this.#saved = { ...this.#saved, moved: false };
        this.#host.problem(done.refusal);
      }
    }
    this.#enter('paused');
    return ok(undefined);
  }

  /** Restores temperatures, place and modes, and goes on. */
  async resume(): Promise<Result<void>> {
    if (this.#phase !== 'paused') return refuse('not-paused', 'Nothing is paused that could go on.');
    this.#enter('resuming');
    this.#host.problem(undefined);
    const saved = this.#saved;
    const values = this.#values();
    if (saved !== undefined) {
      const heated = await this.#run(reheat(saved.temperatures), 'resuming');
      if (!heated.ok) return heated;
      if (saved.moved && saved.position !== undefined) {
        const moved = await this.#script('resume', values, 'resuming');
        if (!this.#in('resuming')) return this.#superseded();
        if (!moved.ok) {
          // Not moved back: nothing may be printed from here.
          this.#host.problem(moved.refusal);
          this.#enter('paused');
          return moved;
        }
        const restored = await this.#run(this.#modal.restore(saved.position), 'resuming');
        if (!restored.ok) return restored;
      }
    }
    this.#saved = undefined;
    this.#pausedFor = undefined;
    this.#enter('printing');
    this.pump();
    return ok(undefined);
  }

  /** Ends the print with heaters off. */
  async cancel(reason = 'Cancelled.'): Promise<Result<void>> {
    if (this.#phase === 'over') return refuse('not-printing', 'Nothing is being printed.');
    if (this.#phase === 'cancelling') return ok(undefined);
    const untouched = this.#fence !== 'open';
    this.#enter('cancelling');
    const { driver } = this.#host;
    driver.clear();
    if (!untouched) {
      // Breaks a wait for heat; elsewhere it means nothing.
      if (this.#host.emergencyParser()) driver.urgent('M108');
      const done = await this.#script('cancel', this.#values(), 'cancelling');
      if (!this.#in('cancelling')) return this.#superseded();
      if (!done.ok) {
        this.#over(
          'cancelled',
          'cancelled',
          `${reason} The printer did not take every line of the cancel script: look whether its heaters are off.`,
        );
        return ok(undefined);
      }
    }
    this.#over('cancelled', 'cancelled', reason);
    return ok(undefined);
  }

  /** Ends the print as failed; tries to leave the machine cold. */
  fail(code: string, text: string, reachable = true): void {
    if (this.#phase === 'over') return;
    if (reachable && this.#fence === 'open') {
      this.#host.driver.clear();
      this.#host.driver.raw(heatersOff(this.#host.temperatures()));
    }
    this.#over('failed', code, text);
  }

  /** Something that a person should look at before it goes on. */
  trouble(problem: Problem): void {
    this.#host.problem(problem);
    if (this.#phase === 'finishing') this.#endTrouble ??= problem.text;
    if (this.#phase === 'printing') void this.pause({ code: 'trouble', trouble: troubleOf(problem) });
    else if (this.#phase === 'starting') this.fail(problem.code, problem.text);
  }

  #seconds(): number {
    return (this.#host.clock.monotonicMs() - this.#beganMs) / 1000;
  }

  #enter(phase: PrintPhase): void {
    this.#phase = phase;
    this.#host.changed();
  }

  /** Asked anew after each await. (A comparison would be narrowed away by the compiler.) */
  #in(phase: PrintPhase): boolean {
    return this.#phase === phase;
  }

  #superseded(): Result<void> {
    return refuse('superseded', 'Something else happened to the print meanwhile.');
  }

  #over(outcome: PrintOutcome['outcome'], code: string, reason: string, bedUnsure = false): void {
    if (this.#phase === 'over') throw new Fault('a print ended twice');
    this.#result = {
      outcome,
      code,
      reason,
      lines: this.#acknowledged,
      resends: this.#host.driver.resends,
      seconds: this.#seconds(),
      ...(bedUnsure && { bedUnsure }),
    };
    // The file's reader may hold a handle; nothing depends on when it lets go.
    this.#lines
      .close()
      .catch((error: unknown) => this.#host.log.warn(`closing the file: ${messageOf(error)}`));
    this.#enter('over');
    this.#settle(this.#result);
  }

  async #openFence(): Promise<void> {
    this.#fence = 'asking';
    let allowed = false;
    try {
      allowed = await this.job.beforeFirstHeatOrMove();
    } catch (error) {
      if (this.#phase === 'starting')
        this.fail('fence', `The start could not be agreed on: ${messageOf(error)}`);
      return;
    }
    if (!this.#in('starting')) return;
    if (!allowed) {
      this.#over(
        'cancelled',
        'not-started',
        'The print was given to another printer, or its start was not agreed in time. Nothing was moved or heated.',
      );
      return;
    }
    this.#fence = 'open';
    this.#progress.began(this.#seconds());
    const started = await this.#script('start', this.#values(), 'starting');
    if (!this.#in('starting')) return;
    if (!started.ok) {
      this.fail(started.refusal.code, started.refusal.text);
      return;
    }
    this.#enter('printing');
    this.pump();
  }

  async #finish(): Promise<void> {
    if (this.#phase === 'starting') {
      this.#over('failed', 'no-commands', 'The file has no command that heats or moves anything.');
      return;
    }
    this.#enter('finishing');
    const still = await this.#standStill('finishing');
    if (!still.ok) return;
    const script = await this.#script('finish', this.#values(), 'finishing');
    if (!this.#in('finishing')) return;
    const trouble = script.ok ? this.#endTrouble : script.refusal.text;
    if (trouble === undefined) {
      this.#over('good', 'good', 'Printed to its end.');
      return;
    }
    // The part is good; whether its bed is free, only a person can say.
    const text = `The script “Finish” was not carried out to its end: ${sentence(trouble)} Look at the bed and the heaters.`;
    this.#host.problem({ code: 'finish-script', text });
    this.#over('good', 'good', `Printed to its end. ${text}`, true);
  }

  /**
   * Waits until the head has made every move that was sent. Moves are only queued when they are answered, so M400
   * waits for them; and because an `ok` too many may have answered for it, the printer is asked where it is: that it
   * took this question shows by the line numbers that it took every line before.
   */
  async #standStill(phase: PrintPhase): Promise<Result<void>> {
    const done = await this.#run(['M400'], phase);
    if (!done.ok) return done;
    const before = this.#host.positionsTold();
    for (let times = 0; times < whereTimesMax && this.#host.positionsTold() === before; times++) {
      const asked = await this.#run(['M114'], phase);
      if (!asked.ok) return asked;
    }
    return ok(undefined);
  }

  async #script(name: keyof PrinterScripts, values: ScriptValues, phase: PrintPhase): Promise<Result<void>> {
    const commands = expand(this.#host.scripts()[name], values);
    if (!commands.ok) {
      this.#host.log.warn(`script "${name}": ${commands.refusal.text}`);
      return phase === 'cancelling' ? this.#run(heatersOff(this.#host.temperatures()), phase) : commands;
    }
    return this.#run(commands.value, phase);
  }

  /** Runs commands one by one for as long as the phase stays. */
  async #run(commands: readonly string[], phase: PrintPhase): Promise<Result<void>> {
    for (const command of commands) {
      if (!this.#in(phase)) return this.#superseded();
      const done = await this.#host.driver.exec(command);
      if (!this.#in(phase)) return this.#superseded();
      if (!done.ok) return done;
    }
    return ok(undefined);
  }

  #values(): ScriptValues {
    const position = this.#saved?.position ?? this.#host.position();
    const temperatures = this.#saved?.temperatures ?? this.#host.targets();
    return {
      ...(position && { x: position.x, y: position.y, z: position.z, e: position.e }),
      nozzle: temperatures.tools[this.#modal.tool]?.targetC ?? 0,
      bed: temperatures.bed?.targetC ?? 0,
      fan: this.#modal.fan,
      tool: this.#modal.tool,
      file: this.job.fileName,
    };
  }
}
