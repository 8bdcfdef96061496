import { codeOf, wordOf } from '../gcode/index.ts';
import type { Position } from './port.ts';

type Axis = 'x' | 'y' | 'z' | 'e';

const axes: Readonly<Record<string, Axis>> = {
  X: 'x',
  Y: 'y',
  Z: 'z',
  E: 'e',
  x: 'x',
  y: 'y',
  z: 'z',
  e: 'e',
};

/**
 * The modes a file has set and the place it has sent the head to, so that they can be set again after a pause. The
 * printer's own answer (M114) is rounded; what the file says is exact. Lengths are in the file's unit.
 */
export class Modal {
  #absolute = true;
  #absoluteE = true;
  #inches = false;
  #tool = 0;
  #feed: number | undefined;
  #fan = 0;
  readonly #at: Record<Axis, number | undefined> = { x: undefined, y: undefined, z: undefined, e: undefined };

  read(command: string): void {
    const code = codeOf(command);
    switch (code) {
      case 'G0':
      case 'G1':
      case 'G2':
      case 'G3':
        this.#move(command, false);
        return;
      case 'G92':
        this.#move(command, true);
        return;
      case 'G28':
      case 'G29':
      case 'G80':
        this.#at.x = this.#at.y = this.#at.z = undefined;
        return;
      case 'G20':
      case 'G21':
        if (this.#inches !== (code === 'G20')) this.#at.x = this.#at.y = this.#at.z = this.#at.e = undefined;
        this.#inches = code === 'G20';
        return;
      // In Marlin G90 and G91 hold for the extruder too, until M82 or M83.
      case 'G90':
        this.#absolute = this.#absoluteE = true;
        return;
      case 'G91':
        this.#absolute = this.#absoluteE = false;
        return;
      case 'M82':
        this.#absoluteE = true;
        return;
      case 'M83':
        this.#absoluteE = false;
        return;
      case 'M106':
        this.#fan = wordOf(command, 'S') ?? 255;
        return;
      case 'M107':
        this.#fan = 0;
        return;
      default:
        if (code.startsWith('T')) this.#tool = Number(code.slice(1));
    }
  }

  get tool(): number {
    return this.#tool;
  }
  get fan(): number {
    return this.#fan;
  }

  /** As the file says, millimetres; undefined before its first Z. */
  get heightMm(): number | undefined {
    return this.#at.z === undefined
      ? undefined
      : Math.round(this.#at.z * (this.#inches ? 25.4 : 1) * 1e3) / 1e3;
  }

  /** Where the head is in millimetres: as the file says, and as the printer says for what the file leaves open. */
  position(told: Position | undefined): Position | undefined {
    const unit = this.#inches ? 25.4 : 1;
    const of = (axis: Axis): number | undefined => {
      const value = this.#at[axis];
      return value === undefined ? told?.[axis] : Math.round(value * unit * 1e5) / 1e5;
    };
    const [x, y, z, e] = [of('x'), of('y'), of('z'), of('e')];
    return x === undefined || y === undefined || z === undefined || e === undefined
      ? undefined
      : { x, y, z, e };
  }

  /** Commands that bring a printer in any mode, with its head at the given place, back to these modes. */
  restore(position: Position): string[] {
    const commands = [`G92 E${position.e}`, this.#absolute ? 'G90' : 'G91', this.#absoluteE ? 'M82' : 'M83'];
    // After the lengths that are in millimetres, before the feed that is in the file's unit.
    if (this.#inches) commands.push('G20');
    if (this.#feed !== undefined) commands.push(`G1 F${this.#feed}`);
    return commands;
  }

  /** Most lines of a file come through here: read letter by letter, without a regular expression. */
  #move(command: string, sets: boolean): void {
    for (let i = 2; i < command.length; i++) {
      const letter = command[i] ?? '';
      const axis = axes[letter];
      if (axis === undefined && letter !== 'F' && letter !== 'f') continue;
      const value = Number.parseFloat(command.slice(i + 1, i + 16));
      if (Number.isNaN(value)) continue;
      if (axis === undefined) this.#feed = value;
      else if (sets || (axis === 'e' ? this.#absoluteE : this.#absolute)) this.#at[axis] = value;
      else {
        const before = this.#at[axis];
        this.#at[axis] = before === undefined ? undefined : before + value;
      }
    }
  }
}
