import { type Refusal, type Result, messageOf, ok, refuse } from '../base/index.ts';
import { LineSplitter, codeOf, fitted, stripped, wordOf } from '../gcode/index.ts';
import { hostCommand } from './commands.ts';
import type { Axes, FirmwareInfo, HeatLimits, PrintSource } from './port.ts';

/** What the machine takes, as far as it is known. */
export interface MachineLimits {
  /** Where the head can go, millimetres. */
  readonly area?: FirmwareInfo['area'] | undefined;
  /** How large a print may be, millimetres, where the firmware tells no area: as a person wrote it into the printer's profile. */
  readonly sizeMm?: Axes | undefined;
  readonly heat: HeatLimits;
}

/** Outcome codes that lie in the file: the same again on every try, whatever printer it is given to. */
const fileProblems: ReadonlySet<string> = new Set(['line-too-long', 'binary', 'no-commands']);

/** Whether a print failed by its file, whatever printer it is given to. */
export function isFileProblem(code: string): boolean {
  return fileProblems.has(code);
}

/** Outcome codes that lie in a printer's own limits: another may print the file. */
export type LimitProblem = 'too-hot' | 'beyond-the-machine';

/** Whether a print did not begin because of limits that its printer has. */
export function isLimitProblem(code: string): code is LimitProblem {
  return code === 'too-hot' || code === 'beyond-the-machine';
}

/** A print may go this much beyond the area that the firmware tells, millimetres: Prusa's profiles purge 3 mm before the edge. */
const edgeMm = 4;

const nozzleCodes: ReadonlySet<string> = new Set(['M104', 'M109']);
const bedCodes: ReadonlySet<string> = new Set(['M140', 'M190']);
const chamberCodes: ReadonlySet<string> = new Set(['M141', 'M191']);

type Axis = 'x' | 'y' | 'z';

/**
 * Reads a whole file before anything is heated or moved for it: whether each line can be sent at all, and whether targets and places are
 * within what this machine takes. In the middle of a print it would be too late.
 * @returns a refusal with the line and what to do, or nothing
 */
export async function surveyFile(
  source: PrintSource,
  limits: MachineLimits,
  wanted: () => boolean = () => true,
): Promise<Result<void>> {
  const splitter = new LineSplitter();
  const survey = new Survey(limits);
  try {
    for await (const chunk of source.chunks()) {
      if (!wanted()) return ok(undefined);
      const lines = splitter.push(chunk);
      if (!lines.ok) return lines;
      for (const { text } of lines.value) {
        const refused = survey.line(text);
        if (refused !== undefined) return { ok: false, refusal: refused };
      }
    }
  } catch (error) {
    return refuse('file', `The file could not be read to its end: ${messageOf(error)}`);
  }
  const last = splitter.end();
  const refused = last === undefined ? undefined : survey.line(last.text);
  return refused === undefined ? ok(undefined) : { ok: false, refusal: refused };
}

class Survey {
  readonly #limits: MachineLimits;
  #number = 0;
  #absolute = true;
  #unitMm = 1;
  /** Where the file sends the head, in the machine's own millimetres; undefined once nobody can tell. */
  readonly #at: Record<Axis, number | undefined> = { x: undefined, y: undefined, z: undefined };
  /** From where to where it has printed, in the machine's own millimetres. */
  readonly #spans: Readonly<Record<Axis, { min: number; max: number }>> = {
    x: { min: Infinity, max: -Infinity },
    y: { min: Infinity, max: -Infinity },
    z: { min: Infinity, max: -Infinity },
  };
  /** Axes that G92 gave another zero: from then on the file's numbers say nothing of the machine, until it homes. */
  readonly #shifted = new Set<Axis>();

  constructor(limits: MachineLimits) {
    this.#limits = limits;
  }

  line(text: string): Refusal | undefined {
    this.#number += 1;
    const command = stripped(text);
    if (command === '' || command.startsWith('@')) return undefined;
    const code = codeOf(command);
    if (code === 'G1' || code === 'G0' || code === 'G2' || code === 'G3') {
      return command.length > 60 ? (this.#fits(command, text) ?? this.#move(command)) : this.#move(command);
    }
    switch (code) {
      case 'G90':
      case 'G91':
        this.#absolute = code === 'G90';
        return undefined;
      case 'G20':
      case 'G21':
        this.#unitMm = code === 'G20' ? 25.4 : 1;
        return undefined;
      case 'G28':
      case 'G29':
      case 'G80':
        this.#at.x = this.#at.y = this.#at.z = undefined;
        this.#shifted.clear();
        return undefined;
      case 'G92':
        for (const axis of ['x', 'y', 'z'] as const)
          if (wordOf(command, axis) !== undefined) this.#shifted.add(axis);
        return undefined;
      default:
        return this.#heat(code, command) ?? this.#fits(command, text);
    }
  }

  #fits(command: string, text: string): Refusal | undefined {
    if (hostCommand(command, text) !== undefined) return undefined;
    const fit = fitted(command);
    return fit.ok ? undefined : { code: fit.refusal.code, text: `Line ${this.#number}: ${fit.refusal.text}` };
  }

  #heat(code: string, command: string): Refusal | undefined {
    const { heat } = this.#limits;
    const [what, maxC] = nozzleCodes.has(code)
      ? ['nozzle', heat.nozzleMaxC]
      : bedCodes.has(code)
        ? ['bed', heat.bedMaxC]
        : chamberCodes.has(code)
          ? ['chamber', heat.chamberMaxC]
          : ['', Infinity];
    if (what === '') return undefined;
    const target = wordOf(command, 'S') ?? wordOf(command, 'R') ?? 0;
    if (target <= maxC) return undefined;
    return {
      code: 'too-hot',
      text: `Line ${this.#number} heats the ${what} to ${target} °C; the limit of this printer is ${maxC} °C. Slice it for this printer, or raise the limit in its profile if it can take that.`,
    };
  }

  /** Most lines of a file come through here. Only extruding moves count: what firmware cuts off of others is no part of the print. */
  #move(command: string): Refusal | undefined {
    const { area, sizeMm } = this.#limits;
    if (area === undefined && sizeMm === undefined) return undefined;
    let extrudes = false;
    for (let i = 2; i < command.length; i++) {
      const axis = axes[command.charCodeAt(i) | 0x20];
      if (axis === undefined) continue;
      if (axis === 'e') {
        extrudes = true;
        continue;
      }
      const value = Number.parseFloat(command.slice(i + 1, i + 16));
      if (Number.isNaN(value)) continue;
      const mm = value * this.#unitMm;
      const before = this.#at[axis];
      if (this.#absolute) this.#at[axis] = mm;
      else this.#at[axis] = before === undefined ? undefined : before + mm;
    }
    if (!extrudes) return undefined;
    return area === undefined ? this.#tooLarge(sizeMm) : this.#outside(area);
  }

  /** By how far apart its places are: a size does not say where the machine has its zero (deltas have it in the middle). */
  #tooLarge(sizeMm: Axes | undefined): Refusal | undefined {
    for (const axis of ['x', 'y', 'z'] as const) {
      const at = this.#at[axis];
      if (sizeMm === undefined || at === undefined || this.#shifted.has(axis)) continue;
      const span = this.#spans[axis];
      span.min = Math.min(span.min, at);
      span.max = Math.max(span.max, at);
      if (span.max - span.min <= sizeMm[axis] + 2 * edgeMm) continue;
      return {
        code: 'beyond-the-machine',
        text: `Line ${this.#number} makes the print ${Math.round(span.max - span.min)} mm long in ${axis.toUpperCase()}; this printer has room for ${sizeMm[axis]} mm. Slice it for this printer, or correct the size in its profile.`,
      };
    }
    return undefined;
  }

  #outside(area: { readonly min: Axes; readonly max: Axes }): Refusal | undefined {
    for (const axis of ['x', 'y', 'z'] as const) {
      const at = this.#at[axis];
      if (at === undefined || this.#shifted.has(axis)) continue;
      if (at >= area.min[axis] - edgeMm && at <= area.max[axis] + edgeMm) continue;
      const name = axis.toUpperCase();
      return {
        code: 'beyond-the-machine',
        text: `Line ${this.#number} prints at ${name} ${Math.round(at)} mm; this machine reaches from ${area.min[axis]} to ${area.max[axis]} mm. Slice it for this printer.`,
      };
    }
    return undefined;
  }
}

/** By the lower-case letter's code. */
const axes: Readonly<Record<number, Axis | 'e' | undefined>> = { 0x78: 'x', 0x79: 'y', 0x7a: 'z', 0x65: 'e' };
