import { type Clock, delay, ok, refuse, type Refusal, type Result } from '../base/index.ts';
import type { Driver } from './driver.ts';
import { clearingMsMax, coolLookMs } from './limits.ts';
import type { PrinterScripts, Temperatures } from './port.ts';
import { expand } from './scripts.ts';

/** How a bed is cleared by script. */
export interface ClearBedPlan {
  /** The bed is waited for until it is this cool, °C: parts come off by themselves. Undefined: not waited for. */
  readonly coolToC?: number;
}

export interface ClearingHost {
  readonly driver: Driver;
  readonly clock: Clock;
  /** Whether the printer is idle and connected. */
  ready(): boolean;
  scripts(): PrinterScripts;
  temperatures(): Temperatures;
  changed(): void;
  /** Why the bed was not cleared, for a person. */
  failed(problem: Refusal): void;
}

/** Clears the bed by script: heaters off, waits for the bed to cool, then what the printer's owner wrote. */
export class BedClearing {
  readonly #host: ClearingHost;
  #text: string | undefined;
  #ended: Refusal | undefined;

  constructor(host: ClearingHost) {
    this.#host = host;
  }

  /** What it does now, or undefined. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Gives up before the next command. What was sent is carried out. */
  stop(): void {
    this.trouble(stopped.refusal);
  }

  /** The printer reported an error: nobody can say what became of the part. */
  trouble(problem: Refusal): void {
    if (this.#text !== undefined) this.#ended ??= problem;
  }

  /** Only a script that was carried out to its end says that the bed is clear. */
  async run(plan: ClearBedPlan = {}): Promise<Result<void>> {
    if (this.#text !== undefined) return refuse('clearing', 'The bed is being cleared already.');
    if (!this.#host.ready()) return refuse('not-ready', 'The printer is not ready.');
    const { coolDown, clearBed } = this.#host.scripts();
    if (clearBed.trim() === '')
      return refuse(
        'no-script',
        'This printer has no script that clears its bed: take the print off by hand.',
      );
    this.#ended = undefined;
    const done = await this.#clear(plan, coolDown, clearBed);
    if (!done.ok) this.#host.failed(done.refusal);
    this.#tell(undefined);
    return done;
  }

  async #clear({ coolToC }: ClearBedPlan, coolDown: string, clearBed: string): Promise<Result<void>> {
    this.#tell('Switching the heaters off');
    const cooled = await this.#commands(coolDown);
    if (!cooled.ok) return cooled;
    if (coolToC !== undefined) {
      const waited = await this.#waitForBed(coolToC);
      if (!waited.ok) return waited;
    }
    this.#tell('Clearing the bed');
    const cleared = await this.#commands(`${clearBed}\nM400`);
    return cleared.ok ? ok(undefined) : cleared;
  }

  async #waitForBed(coolToC: number): Promise<Result<void>> {
    const { clock, driver } = this.#host;
    const endMs = clock.monotonicMs() + clearingMsMax;
    for (;;) {
      // Asked each time: not every firmware reports by itself, and a cold reading of before must not count.
      const asked = await driver.exec('M105');
      if (!asked.ok) return asked;
      const { bed } = this.#host.temperatures();
      if (bed === undefined) return refuse('no-bed', 'The printer does not tell how warm its bed is.');
      if (bed.actualC <= coolToC) return ok(undefined);
      if (this.#ended !== undefined) return { ok: false, refusal: this.#ended };
      if (clock.monotonicMs() > endMs)
        return refuse('too-warm', `The bed stays at ${Math.round(bed.actualC)} °C. Is the room that warm?`);
      this.#tell(`Waiting for the bed: ${Math.round(bed.actualC)} °C, to ${coolToC} °C`);
      await delay(clock, coolLookMs);
    }
  }

  async #commands(script: string): Promise<Result<void>> {
    const commands = expand(script, { file: '' });
    if (!commands.ok) return commands;
    for (const command of commands.value) {
      if (this.#ended !== undefined) return { ok: false, refusal: this.#ended };
      const done = await this.#host.driver.exec(command);
      if (!done.ok) return done;
    }
    return this.#ended === undefined ? ok(undefined) : { ok: false, refusal: this.#ended };
  }

  #tell(text: string | undefined): void {
    this.#text = text;
    this.#host.changed();
  }
}

const stopped = refuse('stopped', 'Clearing the bed was stopped. Look at the bed.');
