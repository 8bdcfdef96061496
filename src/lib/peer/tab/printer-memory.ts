import * as v from 'valibot';
import { type PrinterId, base64url, systemRandom } from '../../base/index.ts';
import { standardHeatLimits } from '../../printer/manual.ts';
import { standardScripts } from '../../printer/scripts.ts';
import { type PrinterIdentity, remembered } from '../../printer/recognition.ts';
import type { RememberedPrinter } from './placing.ts';
import type { MachineSettings } from '../printer-api.ts';

/**
 * What this browser remembers of its printers, in localStorage: small, and read by every tab at once. What is not
 * readable any more counts as never said. The peer keeps it too (`PrinterNotes`), because a power cut takes what was written there last.
 */

/** Characters of one script. Start scripts of slicers have some thousand. */
export const scriptCharsMax = 20_000;

const celsius = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(500));
const script = v.pipe(v.string(), v.maxLength(scriptCharsMax));
const settingsSchema = v.object({
  v: v.literal(1),
  scripts: v.record(v.string(), script),
  limits: v.object({ nozzleMaxC: celsius, bedMaxC: celsius, chamberMaxC: celsius, extrudeMinC: celsius }),
  clearing: v.optional(v.object({ by: v.picklist(['person', 'script']), coolToC: v.optional(celsius) })),
  baud: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(300), v.maxValue(4_000_000))),
});
const short = v.pipe(v.string(), v.maxLength(500));
const knownSchema = v.object({
  v: v.literal(1),
  name: short,
  identity: v.object({
    uuid: v.exactOptional(short),
    machine: v.exactOptional(short),
    firmwareName: v.exactOptional(short),
    usbVendorId: v.exactOptional(v.number()),
    usbProductId: v.exactOptional(v.number()),
    usbSerial: v.exactOptional(short),
  }),
});

const knownPrefix = 'peerprint-known:';
const settingsKey = (printer: PrinterId): string => `peerprint-machine:${printer}`;
const ownPrefixes = [knownPrefix, 'peerprint-machine:', 'peerprint-printer:'];

let keepNote: (key: string, text: string) => void = () => undefined;

/**
 * To be called before printers are connected: brings back what localStorage lost.
 * @param notes what the peer has
 * @param keep hands a note to the peer
 */
export function openPrinterMemory(
  notes: Readonly<Record<string, string>>,
  keep: (key: string, text: string) => void,
): void {
  for (const [key, text] of Object.entries(notes))
    if (ownPrefixes.some((prefix) => key.startsWith(prefix))) localStorage.setItem(key, text);
  keepNote = keep;
}

function write(key: string, text: string): void {
  localStorage.setItem(key, text);
  keepNote(key, text);
}

/** The same place keeps the same id in this browser, until another printer turns out to hang there: then a `fresh` one. */
export function printerIdFor(place: string, fresh = false): PrinterId {
  const key = `peerprint-printer:${place}`;
  const known = localStorage.getItem(key);
  if (known !== null && !fresh) return known as PrinterId;
  const id = base64url(systemRandom.bytes(9)) as PrinterId;
  write(key, id);
  return id;
}

/** Keeps by what a printer is known again. A bare answer takes nothing away of what it said before. */
export function rememberPrinter(id: PrinterId, name: string, seen: PrinterIdentity): void {
  const before = read(knownPrefix + id, knownSchema);
  const identity = remembered(before?.identity, seen);
  write(knownPrefix + id, JSON.stringify({ v: 1, name, identity }));
}

/** The printers that were connected to this browser by cable. */
export function recallPrinters(): readonly RememberedPrinter[] {
  return keysWith(knownPrefix).flatMap((key) => {
    const kept = read(key, knownSchema);
    const id = key.slice(knownPrefix.length) as PrinterId;
    return kept === undefined ? [] : [{ id, name: kept.name, identity: kept.identity }];
  });
}

export function recallSettings(printer: PrinterId): MachineSettings {
  const kept = read(settingsKey(printer), settingsSchema);
  const scripts = { ...standardScripts };
  for (const [event, text] of Object.entries(kept?.scripts ?? {}))
    if (event in scripts) scripts[event as keyof typeof scripts] = text;
  const { by, coolToC } = kept?.clearing ?? { by: 'person' };
  return {
    scripts,
    limits: kept?.limits ?? standardHeatLimits,
    baud: kept?.baud,
    clearing: { by, coolToC },
  };
}

export function keepSettings(printer: PrinterId, settings: MachineSettings): void {
  const { scripts, limits, baud, clearing } = settings;
  // A script left as it comes is not kept: a better one of a later version then takes its place.
  const own = Object.entries(scripts).filter(
    ([event, text]) => text !== standardScripts[event as keyof typeof standardScripts],
  );
  write(
    settingsKey(printer),
    JSON.stringify({ v: 1, scripts: Object.fromEntries(own), limits, baud, clearing }),
  );
}

function keysWith(prefix: string): string[] {
  return Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? '').filter((key) =>
    key.startsWith(prefix),
  );
}

function read<Schema extends v.GenericSchema>(
  key: string,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  const text = localStorage.getItem(key);
  if (text === null) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = v.safeParse(schema, raw);
  return parsed.success ? parsed.output : undefined;
}
