import type { Axes, FirmwareFamily, Position, Temperature, Temperatures } from './port.ts';
import { type ErrorKind, errorKind } from './errors.ts';
import { replyBytesMax, toldNumberMax as numberMax } from './limits.ts';

/**
 * Cuts what a printer sends into lines. Tolerant: bytes that are no ASCII (noise, a wrong speed) become `\ufffd`
 * and are counted, overlong lines are cut.
 */
export class ReplySplitter {
  #rest = '';
  /** Share of the newest bytes that were no text, 0 to 1: near 1 at a wrong speed. */
  garbage = 0;

  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let text = this.#rest;
    let bad = 0;
    for (const byte of bytes) {
      if (byte === 10 || byte === 13) {
        if (text !== '') lines.push(text);
        text = '';
      } else if (byte >= 32 && byte < 127) {
        if (text.length < replyBytesMax) text += String.fromCharCode(byte);
      } else if (byte === 9) {
        if (text.length < replyBytesMax) text += ' ';
      } else {
        bad += 1;
        if (text.length < replyBytesMax) text += '\ufffd';
      }
    }
    this.#rest = text;
    if (bytes.length > 0) this.garbage = 0.5 * this.garbage + 0.5 * (bad / bytes.length);
    return lines;
  }
}

export type Reply =
  | { readonly type: 'ok'; readonly line?: number; readonly free?: number; readonly probe: boolean }
  | { readonly type: 'resend'; readonly line: number | undefined }
  | { readonly type: 'start' }
  | { readonly type: 'wait' }
  | { readonly type: 'busy'; readonly needsPerson: boolean; readonly text: string }
  | { readonly type: 'error'; readonly kind: ErrorKind; readonly text: string }
  | { readonly type: 'action'; readonly name: string; readonly text: string }
  | { readonly type: 'other' };

/** `start` behind half a line, too: a reset cuts off the one before it. Not in an `echo:` that ends with the word. */
const started = /^(?!echo:|\/\/)(?:.*[\s\d\ufffd]|ok)?start$/;
const resend = /^(?:resend|rs)\b[\s:]*(?:N\s*:?\s*)?(-?\d+)?/i;

/** Reads one line of a printer. */
export function readReply(line: string): Reply {
  const text = line.trim();
  // Most of all lines by far: first, and without a regular expression.
  if (text === 'ok') return { type: 'ok', probe: false };
  if (/^ok\b/.test(text)) return readOk(text);
  if (/^(?:resend|rs)\b/i.test(text)) {
    const number = resend.exec(text)?.[1];
    return { type: 'resend', line: number === undefined ? undefined : toldNumber(number) };
  }
  // Smoothieware greets with its name.
  if (text === 'Smoothie' || started.test(text)) return { type: 'start' };
  if (text === 'wait') return { type: 'wait' };
  // Prusa's power panic: the board saves where it is and goes down.
  if (text === 'INT4') return { type: 'action', name: 'power_panic', text: '' };
  const busy = /\bbusy:\s*(.*)$/i.exec(text);
  if (busy !== null && /^(?:echo:\s*)?busy:/i.test(text)) {
    const what = busy[1] ?? '';
    return { type: 'busy', needsPerson: /paused for (?:user|input)/i.test(what), text: what };
  }
  if (text.startsWith('//')) {
    const action = /^\/\/\s*action:\s*(\S+)\s*(.*)$/.exec(text);
    if (action !== null) return { type: 'action', name: action[1] ?? '', text: action[2] ?? '' };
    return { type: 'other' };
  }
  if (/^(?:error:|!!|fatal:)/i.test(text) || /\b(?:kill\(\) called|printer halted)/i.test(text)) {
    return { type: 'error', kind: errorKind(text), text: text.replace(/^(?:error:|!!)\s*/i, '') };
  }
  return { type: 'other' };
}

function readOk(text: string): Reply {
  const line = /^ok\s+N(\d+)\b/.exec(text);
  const free = line === null ? null : /\sB(\d+)\b/.exec(text);
  return {
    type: 'ok',
    ...(line !== null && { line: toldNumber(line[1]) }),
    ...(free !== null && { free: toldNumber(free[1]) }),
    probe: / (?:T\d?:|B:)/.test(text),
  };
}

/** The first half of an error that Marlin of old prints as two lines: `Error:0` then `: Extruder switched off. …`. */
export function isErrorHead(text: string): boolean {
  return /^Error:\s*\d+$/i.test(text.trim());
}

/** Temperatures in a line, or undefined if it carries none. Understands Marlin, Repetier, Smoothie and Klipper. */
export function readTemperatures(line: string, before: Temperatures): Temperatures | undefined {
  if (!/(?:^|\s)(?:T\d?|B):\s*-?\d/.test(line)) return undefined;
  const tools = [...before.tools];
  let bed = before.bed;
  let chamber = before.chamber;
  let found = false;
  const many = /(?:^|\s)T[01]:/.test(line);
  for (const match of line.matchAll(
    /(?:^|\s)(T\d?|B|C):\s*(-?\d+(?:\.\d+)?)(?:\s*\/\s*(-?\d+(?:\.\d+)?))?/g,
  )) {
    const name = match[1] ?? '';
    const old = name === 'B' ? bed : name === 'C' ? chamber : tools[name === 'T' ? 0 : Number(name.slice(1))];
    const temperature: Temperature = {
      actualC: toldNumber(match[2]),
      targetC: match[3] === undefined ? (old?.targetC ?? 0) : toldNumber(match[3]),
    };
    // An unplugged or shorted sensor reads far outside; it is shown as it is told.
    found = true;
    if (name === 'B') bed = temperature;
    else if (name === 'C') chamber = temperature;
    else if (name !== 'T') tools[Number(name.slice(1))] = temperature;
    // "T:" beside "T0:" is the active tool once more.
    else if (!many) tools[0] = temperature;
  }
  if (!found) return undefined;
  for (let tool = 0; tool < tools.length; tool++) tools[tool] ??= { actualC: 0, targetC: 0 };
  return { tools, ...(bed && { bed }), ...(chamber && { chamber }) };
}

/** Repetier's `TargetExtr0:200` and `TargetBed:60`. */
export function readTarget(
  line: string,
): { readonly tool: number | 'bed'; readonly targetC: number } | undefined {
  const match = /^Target(?:Extr(\d)|(Bed)):\s*(\d+(?:\.\d+)?)/.exec(line.trim());
  if (match === null) return undefined;
  return { tool: match[2] === undefined ? Number(match[1]) : 'bed', targetC: toldNumber(match[3]) };
}

/** M114's first half: where the head is told to be. */
export function readPosition(line: string): Position | undefined {
  const match =
    /(?:^|\s)X:\s*(-?\d+(?:\.\d+)?)\s*Y:\s*(-?\d+(?:\.\d+)?)\s*Z:\s*(-?\d+(?:\.\d+)?)(?:\s*E\d?:\s*(-?\d+(?:\.\d+)?))?/.exec(
      line,
    );
  if (match === null) return undefined;
  return {
    x: toldNumber(match[1]),
    y: toldNumber(match[2]),
    z: toldNumber(match[3]),
    e: toldNumber(match[4]),
  };
}

/** M115's first line as words: `FIRMWARE_NAME`, `MACHINE_TYPE`, `UUID` … */
export function readIdentity(line: string): ReadonlyMap<string, string> | undefined {
  if (!/FIRMWARE_NAME\s*:|^NAME\./.test(line)) return undefined;
  const words = new Map<string, string>();
  if (line.startsWith('NAME.')) {
    // Malyan: "NAME. Malyan\tVER: 3.7\tMODEL: M200".
    words.set('FIRMWARE_NAME', 'Malyan');
    const model = /MODEL:\s*(\S+)/.exec(line)?.[1];
    if (model !== undefined) words.set('MACHINE_TYPE', model);
    return words;
  }
  const starts = [...line.matchAll(/(?:^|\s)([A-Z][A-Z0-9_]+):/g)];
  starts.forEach((match, index) => {
    const from = (match.index ?? 0) + match[0].length;
    words.set(match[1] ?? '', line.slice(from, starts[index + 1]?.index ?? line.length).trim());
  });
  return words;
}

export function familyOf(firmwareName: string): FirmwareFamily {
  const families: readonly (readonly [RegExp, FirmwareFamily])[] = [
    [/klipper/i, 'klipper'],
    [/prusa/i, 'prusa'],
    [/repetier/i, 'repetier'],
    [/smoothie/i, 'smoothie'],
    [/reprapfirmware|duet/i, 'reprap'],
    [/malyan/i, 'malyan'],
    [/marlin|sprinter|creality|lulzbot|anycubic/i, 'marlin'],
  ];
  return families.find(([pattern]) => pattern.test(firmwareName))?.[1] ?? 'unknown';
}

/** `Cap:AUTOREPORT_TEMP:1`. */
export function readCapability(
  line: string,
): { readonly name: string; readonly present: boolean } | undefined {
  const match = /^(?:echo:)?Cap:\s*([A-Z0-9_]+)\s*:\s*(\d)/.exec(line.trim());
  return match === null ? undefined : { name: match[1] ?? '', present: match[2] !== '0' };
}

const decimal = '(-?\\d+(?:\\.\\d*)?)';

/** A number of a printer, as far as any is meant: digits without end are the largest there is. */
function toldNumber(digits: string | undefined): number {
  return Math.max(-numberMax, Math.min(Number(digits ?? 0), numberMax));
}

/** Newer Marlin's `area:{full:{min:{x:0,y:0,z:0},max:{x:220,y:220,z:250}},work:{…}}`. */
export function readArea(line: string): { readonly min: Axes; readonly max: Axes } | undefined {
  if (!line.trim().startsWith('area:')) return undefined;
  const work = /work:\{(.*)/.exec(line)?.[1] ?? line;
  const corner = (name: string): Axes | undefined => {
    const match = new RegExp(`${name}:\\{x:${decimal},y:${decimal},z:${decimal}`).exec(work);
    if (match === null) return undefined;
    return { x: toldNumber(match[1]), y: toldNumber(match[2]), z: toldNumber(match[3]) };
  };
  const min = corner('min');
  const max = corner('max');
  return min && max && { min, max };
}
