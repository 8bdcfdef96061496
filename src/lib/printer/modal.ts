import { codeOf, wordOf } from '../gcode/index.ts';

/** The modes a file has set, so that they can be set again after a pause has changed them. */
export class Modal {
  #absolute = true;
  #absoluteE = true;
  #inches = false;
  #tool = 0;
  #feed: number | undefined;
  #fan = 0;

  read(command: string): void {
    const code = codeOf(command);
    switch (code) {
      case 'G0':
      case 'G1':
      case 'G2':
      case 'G3':
        // Most lines by far carry no F: looking first is cheaper than matching.
        if (command.includes('F') || command.includes('f')) this.#feed = wordOf(command, 'F') ?? this.#feed;
        return;
      case 'G20':
        this.#inches = true;
        return;
      case 'G21':
        this.#inches = false;
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

  /** Commands that bring a printer in any mode back to these modes. */
  restore(): string[] {
    const commands = [this.#absolute ? 'G90' : 'G91', this.#absoluteE ? 'M82' : 'M83'];
    if (this.#feed !== undefined) commands.push(`G1 F${this.#feed}`);
    // Last: the host's own commands before this one are in millimetres.
    if (this.#inches) commands.splice(2, 0, 'G20');
    return commands;
  }
}
