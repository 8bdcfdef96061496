import { type Clock, type Result, delay, ok, refuse } from '../base/index.ts';
import { codeOf, fitted, stripped } from '../gcode/index.ts';
import { Adjustments } from './adjustments.ts';
import { isEmergency } from './commands.ts';
import type { Driver } from './driver.ts';
import { resetPulseMs } from './limits.ts';
import { manualCommands, type ManualRoom, standardHeatLimits, whyNot } from './manual.ts';
import type { HeatLimits, Link, ManualAction, Pace, PrinterState, WhyNot } from './port.ts';

export interface HandsHost {
  readonly driver: Driver;
  readonly link: Link;
  readonly clock: Clock;
  /** Where the printer stands now. */
  room(): Omit<ManualRoom, 'limits'>;
  /** Whether the firmware reads emergency commands past its queue. */
  emergencyParser(): boolean;
  emergencyStop(): void;
  changed(): void;
}

const notConnected: readonly PrinterState[] = ['idle', 'connecting', 'failed', 'disconnected'];

/** What a person does with the printer by hand, beside and between prints. */
export class Hands {
  readonly #host: HandsHost;
  readonly #adjustments = new Adjustments();
  #limits = standardHeatLimits;

  constructor(host: HandsHost) {
    this.#host = host;
  }

  get pace(): Pace {
    return this.#adjustments.pace;
  }

  setLimits(limits: HeatLimits): void {
    this.#limits = limits;
    this.#host.changed();
  }

  whyNot(): WhyNot {
    return whyNot(this.#room());
  }

  /** Does what a person asks for, or says why not. Adjustments go between the lines of a print. */
  async do(action: ManualAction): Promise<Result<void>> {
    const commands = manualCommands(action, this.#room());
    if (!commands.ok) return commands;
    for (const command of commands.value) {
      const done = await this.#host.driver.exec(command);
      if (!done.ok) return done;
    }
    return ok(undefined);
  }

  /** Sends a line that a person typed, and gives what the printer said. Emergency commands go at once. */
  async send(text: string): Promise<Result<readonly string[]>> {
    const command = fitted(stripped(text));
    if (!command.ok) return command;
    const code = codeOf(command.value);
    const { state } = this.#host.room();
    if (command.value === '') return refuse('empty', 'There is no command in this line.');
    if (code === 'M112') {
      this.#host.emergencyStop();
      return ok([]);
    }
    if (code === 'M110')
      return refuse('line-numbers', 'M110 is sent by the host itself: it would break the line numbers.');
    if (notConnected.includes(state)) return refuse('not-ready', 'The printer is not connected.');
    if (isEmergency(command.value) && this.#host.emergencyParser()) {
      this.#host.driver.urgent(command.value);
      return ok([]);
    }
    if (state !== 'ready' && state !== 'paused')
      return refuse('printing', 'A print is under way. Pause it first, then commands can be sent.');
    return this.#host.driver.exec(command.value);
  }

  /**
   * Resets the board by its DTR line, as opening a port does: heaters and motors go off, the position is lost. The
   * last resort where M112 is not obeyed, so it works in every state that has a link.
   */
  async hardReset(): Promise<Result<void>> {
    const { link, clock } = this.#host;
    if (link.ended() !== undefined) return refuse('disconnected', 'The printer is not connected.');
    if (link.setSignals === undefined)
      return refuse('no-signals', 'This connection has no reset line. Switch the printer off and on.');
    await link.setSignals({ dataTerminalReady: false });
    await delay(clock, resetPulseMs);
    await link.setSignals({ dataTerminalReady: true });
    return ok(undefined);
  }

  /** A line went to the printer, whoever sent it. */
  sent(line: string): void {
    if (this.#adjustments.sent(line)) this.#host.changed();
  }

  /** The firmware began anew. */
  restarted(): void {
    this.#adjustments.reset();
  }

  #room(): ManualRoom {
    return { ...this.#host.room(), limits: this.#limits };
  }
}
