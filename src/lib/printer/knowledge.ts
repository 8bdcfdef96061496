import { learn } from './greeting.ts';
import { HeaterTargets } from './heater-targets.ts';
import type { FirmwareInfo, Position, PrinterStatus, Temperatures } from './port.ts';
import type { ProtocolEffect } from './protocol.ts';

/** What is known of a printer in this connection: what it has told, and what its heaters were sent. */
export class Knowledge {
  firmware: FirmwareInfo | undefined;
  temperatures: Temperatures = { tools: [] };
  position: Position | undefined;
  /** How often it has told where it is. */
  positionsTold = 0;
  /** Whether its firmware has said `start` since the port was opened: then it had forgotten everything of before. */
  booted = false;
  /** What the printer's own display last said of its bed. */
  bedTold: PrinterStatus['bedTold'];
  readonly #targets = new HeaterTargets();

  /** Takes what concerns it. True if it did. */
  take(effect: ProtocolEffect): boolean {
    switch (effect.type) {
      case 'temperatures':
        this.temperatures = effect.temperatures;
        this.#targets.told(effect.temperatures);
        return true;
      case 'position':
        this.position = effect.position;
        this.positionsTold += 1;
        return true;
      case 'identity':
      case 'capability':
      case 'area':
        this.firmware = learn(this.firmware, effect);
        return true;
      default:
        return false;
    }
  }

  /** A line went to the printer. */
  sent(line: string): void {
    this.#targets.sent(line);
  }

  /** The firmware began anew. */
  restarted(): void {
    this.booted = true;
    this.#targets.reset();
  }

  /** Temperatures with the targets that were sent, instead of those that a noisy line may tell. */
  get targets(): Temperatures {
    return this.#targets.corrected(this.temperatures);
  }

  /** Whether the firmware reads M108 and its like past its queue. */
  get emergencyParser(): boolean {
    return this.firmware?.capabilities['EMERGENCY_PARSER'] === true;
  }

  get reportsTemperatures(): boolean {
    return this.firmware?.capabilities['AUTOREPORT_TEMP'] === true;
  }
}
