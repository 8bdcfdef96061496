import { codeOf, stripped, wordOf } from './command.ts';
import {
  metadataBytes,
  metadataLineBytes,
  metadataListMax,
  metadataNumberMax,
  metadataSliceBytes,
  metadataTextMax,
  slicerLinesMax,
} from './limits.ts';
import { blanksEnd, digitsEnd, firstNumber, isBlank, isLetter, numberAt, withoutBrackets } from './scan.ts';
import { type RankedSlicer, type SlicerName, slicerIn } from './slicer-name.ts';
import { lineSpans } from './text-lines.ts';
import { type Thumbnail, Thumbnails } from './thumbnail.ts';

/**
 * What a slicer says about a file, as far as it does. Claims, not measurements. Numbers are finite and below `metadataNumberMax`, texts have at most
 * `metadataTextMax` characters and no control characters, lists at most `metadataListMax` entries.
 */
export interface GcodeMetadata {
  readonly slicer?: SlicerName;
  /** Seconds the print takes. */
  readonly seconds?: number;
  /** Millimetres of filament, of all tools. */
  readonly filamentMm?: number;
  /** Grams of filament, of all tools. */
  readonly filamentGrams?: number;
  /** By tool, as the slicer writes it: `PLA`, `PETG`. */
  readonly materials: readonly string[];
  /** The profile's name of the filament, by tool. */
  readonly filamentNames: readonly string[];
  readonly printerModel?: string;
  /** The printer profile's name. */
  readonly printerProfile?: string;
  /** Millimetres, by tool. */
  readonly nozzlesMm: readonly number[];
  readonly layerHeightMm?: number;
  readonly firstLayerHeightMm?: number;
  readonly layers?: number;
  /** Height of the finished part, millimetres. */
  readonly heightMm?: number;
  /** Degrees Celsius of the first layer, or of the print where only that is known; by tool. */
  readonly nozzlesC: readonly number[];
  readonly bedC?: number;
  /** The corners of the bed it was sliced for, millimetres. */
  readonly bed?: readonly (readonly [number, number])[];
  /** `marlin`, `marlin2`, `klipper` … in small letters. */
  readonly flavor?: string;
  /** Largest first. */
  readonly thumbnails: readonly Thumbnail[];
}

/**
 * Reads what the slicer says in the first and the last `metadataBytes` of a file; the two may overlap or be the same bytes. Takes time and
 * memory in proportion to these bytes, whatever they hold, and never throws.
 */
export function readMetadata(head: Uint8Array, tail: Uint8Array = head): GcodeMetadata {
  const reading = metadataSlices(head, tail);
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
  }
}

/** The same in slices of `metadataSliceBytes`, so that whoever has other things to do can do them in between. */
export function* metadataSlices(
  head: Uint8Array,
  tail: Uint8Array = head,
): Generator<undefined, GcodeMetadata> {
  const whole = tail === head && head.length <= metadataBytes;
  const first = new PartReader();
  yield* readPart(first, head.subarray(0, metadataBytes));
  const texts = first.texts;
  let last = first;
  if (!whole) {
    last = new PartReader();
    yield* readPart(last, tail.subarray(Math.max(0, tail.length - metadataBytes)));
    for (const [key, value] of last.texts) texts.set(key, value);
  }
  const pictures = first.thumbnails.found;
  return metadataOf(
    texts,
    (first.slicer ?? last.slicer)?.slicer,
    first.commands,
    pictures.length > 0 ? pictures : last.thumbnails.found,
  );
}

function* readPart(reader: PartReader, bytes: Uint8Array): Generator<undefined, void> {
  let sliceEnd = metadataSliceBytes;
  for (const { from, to } of lineSpans(bytes)) {
    reader.line(bytes, from, to);
    if (to < sliceEnd) continue;
    sliceEnd = to + metadataSliceBytes;
    yield undefined;
  }
}

/** What one part of a file says, gathered line by line. Invariant: it holds only texts under known keys, each of them cut. */
class PartReader {
  readonly texts = new Map<string, string>();
  readonly commands = new FirstTargets();
  readonly thumbnails = new Thumbnails();
  slicer: RankedSlicer | undefined;
  readonly #decoder = new TextDecoder();
  #comments = 0;
  #materials = 0;

  line(bytes: Uint8Array, lineFrom: number, to: number): void {
    // A byte order mark before the first line.
    const from = lineFrom === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : lineFrom;
    if (from >= to) return;
    const end = Math.min(to, from + metadataLineBytes);
    if (bytes[from] === 0x3b) {
      this.#comment(this.#decoder.decode(bytes.subarray(from, end)));
      return;
    }
    this.thumbnails.command();
    let at = from;
    while (at < end && isBlank(bytes[at] ?? 0)) at += 1;
    const letter = (bytes[at] ?? 0) & ~0x20;
    if (letter === 0x4d || letter === 0x54) this.commands.read(this.#decoder.decode(bytes.subarray(at, end)));
  }

  #comment(line: string): void {
    this.#comments += 1;
    if (this.#comments <= slicerLinesMax) {
      const slicer = slicerIn(line);
      if (slicer !== undefined && slicer.rank < (this.slicer?.rank ?? Infinity)) this.slicer = slicer;
    }
    this.thumbnails.comment(line);
    // Bambu puts two into one line: "; model printing time: 5m; total estimated time: 12m".
    for (const part of line.includes('; total estimated time') ? line.split(';') : [line]) {
      const found = keyValue(part);
      if (found === undefined) continue;
      if (keysRead.has(found.key)) this.texts.set(found.key, found.value);
      // ideaMaker: one line per material, numbered.
      else if (isMaterialUsed(found.key) && this.#materials < metadataListMax)
        this.texts.set(`material used ${this.#materials++}`, found.value);
    }
  }
}

/** Characters of a key: the longest that is read has some forty. */
const keyCharsMax = 80;

/** `; key = value`, `;KEY:value` and S3D's `;   key,value`, the key in small letters. */
function keyValue(line: string): { readonly key: string; readonly value: string } | undefined {
  let from = 0;
  while (isBlank(line.charCodeAt(from)) || line[from] === ';' || line[from] === '-') from += 1;
  if (!isLetter(line.charCodeAt(from))) return undefined;
  const endMax = Math.min(line.length, from + keyCharsMax);
  let at = from;
  while (at < endMax && line[at] !== '=' && line[at] !== ':' && line[at] !== ',') at += 1;
  if (at === endMax) return undefined;
  const key = line.slice(from, at).trim().toLowerCase();
  if (line[at] === ',' && !/^[a-z]+$/.test(key)) return undefined;
  return { key, value: line.slice(at + 1).trim() };
}

function isMaterialUsed(key: string): boolean {
  const start = 'material#';
  if (!key.startsWith(start)) return false;
  const end = digitsEnd(key, start.length);
  return end > start.length && key.slice(end) === ' used';
}

const timeKeys = [
  'estimated printing time (normal mode)',
  'total estimated time',
  'estimated printing time',
  'time',
  'print time',
  'build time',
  'estimated print time',
] as const;
const gramsKeys = [
  'total filament used [g]',
  'filament used [g]',
  'total filament weight [g]',
  'plastic weight',
  'filament weight',
] as const;
const modelKeys = ['printer_model', 'target_machine.name', 'target', 'printer name'] as const;
const profileKeys = ['printer_settings_id', 'profilename'] as const;
const layerHeightKeys = ['layer_height', 'layer height', 'layerheight'] as const;
const firstLayerKeys = ['first_layer_height', 'initial_layer_print_height', 'initial layer height'] as const;
const layersKeys = ['total layers count', 'total layer number', 'layer_count', 'total_layers'] as const;
const heightKeys = ['max_z_height', 'max_layer_z', 'maxz'] as const;
const bedTemperatureKeys = [
  'first_layer_bed_temperature',
  'bed_temperature',
  'hot_plate_temp_initial_layer',
  'hot_plate_temp',
] as const;
const bedKeys = ['bed_shape', 'printable_area'] as const;
const flavorKeys = ['gcode_flavor', 'flavor'] as const;
const nozzleTemperatureKeys = [
  'first_layer_temperature',
  'nozzle_temperature_initial_layer',
  'temperature',
  'nozzle_temperature',
] as const;
const materialKeys = ['filament_type', 'printmaterial', 'material'] as const;
const filamentNameKeys = ['filament_settings_id'] as const;
const lengthKeys = ['filament used [mm]', 'total filament length [mm]'] as const;
const usedKeys = ['filament used', 'filament length'] as const;
const nozzleKeys = ['nozzle_diameter', 'extruderdiameter', 'nozzle diameter', 'nozzle size'] as const;
const dimensionKeys = ['dimension'] as const;

/** Every key that anything is read of. Others are not kept: a file may hold a million of them. */
const keysRead: ReadonlySet<string> = new Set([
  ...timeKeys,
  ...gramsKeys,
  ...modelKeys,
  ...profileKeys,
  ...layerHeightKeys,
  ...firstLayerKeys,
  ...layersKeys,
  ...heightKeys,
  ...bedTemperatureKeys,
  ...bedKeys,
  ...flavorKeys,
  ...nozzleTemperatureKeys,
  ...materialKeys,
  ...filamentNameKeys,
  ...lengthKeys,
  ...usedKeys,
  ...nozzleKeys,
  ...dimensionKeys,
]);

/** The value of the first of these keys that has one. */
type Texts = (keys: readonly string[]) => string | undefined;

function metadataOf(
  texts: ReadonlyMap<string, string>,
  slicer: SlicerName | undefined,
  commands: FirstTargets,
  thumbnails: readonly Thumbnail[],
): GcodeMetadata {
  const text: Texts = (keys) => {
    for (const key of keys) {
      const value = texts.get(key);
      if (value !== undefined && value !== '') return value;
    }
    return undefined;
  };
  const number = (keys: readonly string[]): number | undefined => {
    const value = text(keys);
    return value === undefined ? undefined : sane(firstNumber(value));
  };
  const seconds = secondsOf(text);
  const filamentMm = filamentMmOf(text);
  const grams = text(gramsKeys);
  const filamentGrams = grams === undefined ? undefined : sum(numbers(grams));
  const printerModel = text(modelKeys);
  const printerProfile = text(profileKeys);
  const layerHeightMm = number(layerHeightKeys);
  const firstLayerHeightMm = number(firstLayerKeys);
  const layers = number(layersKeys);
  const heightMm = number(heightKeys);
  const bedC = number(bedTemperatureKeys) ?? commands.bedC;
  const bed = corners(text(bedKeys));
  const flavor = text(flavorKeys);
  const nozzlesC = numbers(text(nozzleTemperatureKeys));
  return {
    ...(slicer && { slicer: plainSlicer(slicer) }),
    ...(seconds !== undefined && { seconds }),
    ...(filamentMm !== undefined && { filamentMm }),
    ...(filamentGrams !== undefined && { filamentGrams }),
    materials: list(text(materialKeys)),
    filamentNames: list(text(filamentNameKeys)),
    ...(printerModel !== undefined && { printerModel: plain(printerModel) }),
    ...(printerProfile !== undefined && { printerProfile: unquoted(printerProfile) }),
    nozzlesMm: nozzlesOf(text),
    ...(layerHeightMm !== undefined && { layerHeightMm }),
    ...(firstLayerHeightMm !== undefined && { firstLayerHeightMm }),
    ...(layers !== undefined && { layers }),
    ...(heightMm !== undefined && { heightMm }),
    nozzlesC: nozzlesC.length > 0 ? nozzlesC : commands.nozzlesC,
    ...(bedC !== undefined && { bedC }),
    ...(bed && { bed }),
    ...(flavor !== undefined && { flavor: plain(flavor).toLowerCase() }),
    thumbnails,
  };
}

function plainSlicer({ name, version }: SlicerName): SlicerName {
  return { name: plain(name), ...(version !== undefined && { version: plain(version) }) };
}

/** `1d 2h 3m 4s`, `2 hours 5 minutes`, `01:02:03`, `1234s` or plain seconds. Undefined for anything else. */
export function durationSeconds(text: string): number | undefined {
  const value = text.slice(0, metadataTextMax).trim();
  const clock = clockSeconds(value);
  if (clock !== undefined) return sane(clock);
  const alone = digitsEnd(value, 0) > 0 ? numberAt(value, 0) : undefined;
  if (alone?.end === value.length) return sane(alone.value);
  let seconds: number | undefined;
  for (let at = 0; at < value.length;) {
    const number = digitsEnd(value, at) > at ? numberAt(value, at) : undefined;
    if (number === undefined) {
      at += 1;
      continue;
    }
    at = blanksEnd(value, number.end);
    const unit = unitSeconds[value.charAt(at).toLowerCase()];
    if (unit !== undefined) seconds = (seconds ?? 0) + number.value * unit;
  }
  return sane(seconds);
}

const unitSeconds: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `01:02:03`. */
function clockSeconds(text: string): number | undefined {
  const parts = text.split(':', 4);
  if (parts.length !== 3 || !parts.every((part) => part !== '' && digitsEnd(part, 0) === part.length))
    return undefined;
  const [hours = '', minutes = '', seconds = ''] = parts;
  if (minutes.length !== 2 || seconds.length !== 2) return undefined;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function secondsOf(text: Texts): number | undefined {
  const value = text(timeKeys);
  const seconds = value === undefined ? undefined : durationSeconds(value);
  // Cura writes a placeholder before it knows: 6666.
  return seconds === undefined || seconds <= 0 ? undefined : seconds;
}

function filamentMmOf(text: Texts): number | undefined {
  const direct = text(lengthKeys);
  if (direct !== undefined) return sum(numbers(direct));
  const used = text(usedKeys);
  if (used !== undefined) return lengthsMm(used);
  let total: number | undefined;
  for (let tool = 0; tool < metadataListMax; tool++) {
    const value = text([`material used ${tool}`]);
    if (value === undefined) break;
    total = (total ?? 0) + (sane(firstNumber(value)) ?? 0);
  }
  return sane(total);
}

/** `0.27m, 1.5m` (Cura), `1234 mm` (Kiri:Moto), `1234.5 mm (1.23 m)` (Simplify3D). */
function lengthsMm(text: string): number | undefined {
  const lengths: number[] = [];
  for (const part of withoutBrackets(text.slice(0, metadataTextMax)).split(',', metadataListMax)) {
    let at = 0;
    while (at < part.length && digitsEnd(part, at) === at) at += 1;
    const number = numberAt(part, at);
    if (number === undefined) continue;
    const unit = part.slice(blanksEnd(part, number.end)).toLowerCase();
    const length = sane(number.value * (unit.startsWith('m') && !unit.startsWith('mm') ? 1000 : 1));
    if (length !== undefined) lengths.push(length);
  }
  return sum(lengths);
}

function nozzlesOf(text: Texts): number[] {
  const direct = text(nozzleKeys);
  if (direct !== undefined) return numbers(direct).filter((value) => value > 0);
  // ideaMaker: ";Dimension: x y z nozzle".
  const dimension = text(dimensionKeys)?.slice(0, metadataTextMax).split(/\s+/)[3] ?? '';
  const number = numberAt(dimension, 0);
  const nozzle = number?.end === dimension.length ? sane(number.value) : undefined;
  return nozzle !== undefined && nozzle > 0 ? [nozzle] : [];
}

/** `0x0,250x0,250x210,0x210`; undefined unless all of it has this form. */
function corners(value: string | undefined): (readonly [number, number])[] | undefined {
  if (value === undefined) return undefined;
  const points: (readonly [number, number])[] = [];
  for (const part of value.split(',', metadataListMax + 1)) {
    const point = part.trim();
    const x = numberAt(point, 0);
    const y = x === undefined || point[x.end] !== 'x' ? undefined : numberAt(point, x.end + 1);
    const [xMm, yMm] = [sane(x?.value), sane(y?.value)];
    if (y?.end !== point.length || xMm === undefined || yMm === undefined) return undefined;
    points.push([xMm, yMm]);
  }
  return points.length >= 3 && points.length <= metadataListMax ? points : undefined;
}

/** First temperatures that the commands themselves set, for slicers that say nothing (Cura). */
class FirstTargets {
  readonly #nozzles = new Map<number, number>();
  bedC: number | undefined;
  #tool = 0;

  get nozzlesC(): readonly number[] {
    return [...this.#nozzles].sort(([a], [b]) => a - b).map(([, target]) => target);
  }

  read(line: string): void {
    const command = stripped(line);
    const code = codeOf(command);
    if (code.startsWith('T')) this.#tool = Number(code.slice(1));
    if (code === 'M104' || code === 'M109') {
      const target = targetOf(command);
      const of = wordOf(command, 'T') ?? this.#tool;
      const isTool = Number.isInteger(of) && of >= 0 && of < metadataListMax;
      if (target !== undefined && isTool && !this.#nozzles.has(of)) this.#nozzles.set(of, target);
    } else if (code === 'M140' || code === 'M190') this.bedC ??= targetOf(command);
  }
}

function targetOf(command: string): number | undefined {
  const target = sane(wordOf(command, 'S') ?? wordOf(command, 'R'));
  return target === undefined || target <= 0 ? undefined : target;
}

/** The number, unless no file can mean it. */
function sane(value: number | undefined): number | undefined {
  return value !== undefined && Math.abs(value) <= metadataNumberMax ? value : undefined;
}

function numbers(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text
    .split(/[,;|]/, metadataListMax)
    .map((part) => sane(firstNumber(part)))
    .filter((value) => value !== undefined);
}

function sum(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : sane(values.reduce((a, b) => a + b, 0));
}

function list(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .split(/[;,|]/, metadataListMax)
    .map(unquoted)
    .filter((part) => part !== '');
}

function unquoted(text: string): string {
  const bare = text.trim();
  return plain(bare.length >= 2 && bare.startsWith('"') && bare.endsWith('"') ? bare.slice(1, -1) : bare);
}

/** A text that can be shown in one line: no control or format characters, not too long, no half of a character at its end. */
function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .slice(0, metadataTextMax)
    .replace(/\p{Cs}/gu, '')
    .trim();
}
