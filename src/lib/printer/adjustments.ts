import { codeOf, wordOf } from '../gcode/index.ts';
import type { Pace } from './port.ts';

/** Fan, speed and flow as they were last set, by whoever sent the command: a file, a script or a person. Firmware does not tell them by itself. */
export class Adjustments {
  #pace: Pace = {};

  get pace(): Pace {
    return this.#pace;
  }

  /** Reads a line as it went to the printer, numbered or not. True if something changed. */
  sent(line: string): boolean {
    // Nearly all lines are moves: one look tells.
    const at = line.startsWith('N') ? line.indexOf(' ') + 1 : 0;
    if (line[at] !== 'M') return false;
    const star = line.lastIndexOf('*');
    const command = line.slice(at, star < 0 ? undefined : star);
    const value = wordOf(command, 'S');
    switch (codeOf(command)) {
      case 'M106':
        // P1 and above are other fans: of the case, of a chamber.
        if ((wordOf(command, 'P') ?? 0) > 0) return false;
        return this.#set({ fanPercent: Math.round((Math.min(255, value ?? 255) / 255) * 100) });
      case 'M107':
        return (wordOf(command, 'P') ?? 0) === 0 && this.#set({ fanPercent: 0 });
      case 'M220':
        return value !== undefined && this.#set({ speedPercent: value });
      case 'M221':
        return value !== undefined && this.#set({ flowPercent: value });
      default:
        return false;
    }
  }

  /** The firmware began anew: it goes by its own standards. */
  reset(): void {
    this.#pace = {};
  }

  #set(change: Pace): boolean {
    this.#pace = { ...this.#pace, ...change };
    return true;
  }
}
