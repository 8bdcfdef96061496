import type { FirmwareInfo, LinkInfo } from './port.ts';

/** What tells one printer from another: what its firmware says of itself, and what its USB port says. */
export interface PrinterIdentity {
  /** M115's UUID, unless it is one that many printers share. */
  readonly uuid?: string;
  /** M115's MACHINE_TYPE. */
  readonly machine?: string;
  readonly firmwareName?: string;
  readonly usbVendorId?: number;
  readonly usbProductId?: number;
  /** Only WebUSB tells it, and cheap boards all have the same or none. */
  readonly usbSerial?: string;
}

/** A printer of before, with what was kept of it. */
export interface KnownPrinter<Id> {
  readonly id: Id;
  readonly identity: PrinterIdentity;
}

/**
 * `same`: it is this one; name, profile and materials come back. `ask`: it may be one of these, the likeliest first, or a new one; only
 * a person knows. `new`: none of those that are known.
 */
export type Recognition<Id> =
  | { readonly kind: 'same'; readonly id: Id; readonly by: 'uuid' | 'usb-serial' }
  | { readonly kind: 'ask'; readonly ids: readonly Id[] }
  | { readonly kind: 'new' };

/**
 * UUIDs that say nothing: Marlin's default, in every build whose maker gave it no other, and blanks that people write in its place.
 * Source: `DEFAULT_MACHINE_UUID` in Marlin's Version.h.
 */
const sharedUuids = new Set([
  'cede2a2f-41a2-4748-9b12-c55c62f367ff',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
]);

/** USB serial numbers that makers write into every board. */
const sharedSerial = /^(?:0+|1234567890?|0123456789abcdef|f+|none|serial|printer)$/i;

export function identityOf(firmware: FirmwareInfo | undefined, usb: LinkInfo = {}): PrinterIdentity {
  const uuid = firmware?.uuid?.trim().toLowerCase();
  return {
    ...(uuid !== undefined && uuid !== '' && !sharedUuids.has(uuid) && { uuid }),
    ...(firmware?.machine !== undefined && { machine: firmware.machine }),
    ...(firmware !== undefined && { firmwareName: firmware.name }),
    ...(usb.usbVendorId !== undefined && { usbVendorId: usb.usbVendorId }),
    ...(usb.usbProductId !== undefined && { usbProductId: usb.usbProductId }),
    ...(usb.usbSerial !== undefined && !sharedSerial.test(usb.usbSerial) && { usbSerial: usb.usbSerial }),
  };
}

/**
 * Which of the known printers this is. `connected` are those that are connected now: a printer cannot be there twice. Alike is not
 * the same: without a UUID or a serial number of its own, a person confirms; a wrong name on a printer would print the wrong job.
 */
export function recognise<Id>(
  seen: PrinterIdentity,
  known: readonly KnownPrinter<Id>[],
  connected: ReadonlySet<Id> = new Set(),
): Recognition<Id> {
  const free = known.filter((printer) => !connected.has(printer.id));
  const byUuid = free.filter(({ identity }) => seen.uuid !== undefined && identity.uuid === seen.uuid);
  if (byUuid.length === 1 && byUuid[0] !== undefined) return { kind: 'same', id: byUuid[0].id, by: 'uuid' };
  // The same UUID twice: a firmware file with the UUID in it was put on two printers.
  if (byUuid.length > 1) return { kind: 'ask', ids: byUuid.map(({ id }) => id) };
  const sameBoard = free.filter(
    ({ identity }) =>
      seen.usbSerial !== undefined &&
      identity.usbSerial === seen.usbSerial &&
      sameUsb(identity, seen) &&
      !contradicts(identity, seen),
  );
  if (sameBoard.length === 1 && sameBoard[0] !== undefined)
    return { kind: 'same', id: sameBoard[0].id, by: 'usb-serial' };
  const alike = free
    .filter(({ identity }) => !contradicts(identity, seen) && likeness(identity, seen) > 0)
    .map(({ id, identity }) => ({ id, points: likeness(identity, seen) }))
    .sort((a, b) => b.points - a.points);
  return alike.length === 0 ? { kind: 'new' } : { kind: 'ask', ids: alike.map(({ id }) => id) };
}

/** What is kept of a printer after it was seen again: new firmware may say more, a bare answer takes nothing away. */
export function remembered(before: PrinterIdentity | undefined, seen: PrinterIdentity): PrinterIdentity {
  return { ...before, ...seen };
}

/** Both have a mark of their own, and the marks differ. */
function contradicts(a: PrinterIdentity, b: PrinterIdentity): boolean {
  const differ = <T>(one: T | undefined, other: T | undefined): boolean =>
    one !== undefined && other !== undefined && one !== other;
  return differ(a.uuid, b.uuid) || differ(a.usbSerial, b.usbSerial) || differ(a.machine, b.machine);
}

function sameUsb(a: PrinterIdentity, b: PrinterIdentity): boolean {
  return a.usbVendorId === b.usbVendorId && a.usbProductId === b.usbProductId;
}

/** How much speaks for one and the same. 0: nothing. */
function likeness(a: PrinterIdentity, b: PrinterIdentity): number {
  let points = 0;
  if (b.usbVendorId !== undefined && sameUsb(a, b)) points += 2;
  if (b.machine !== undefined && a.machine === b.machine) points += 2;
  // Alone it says little: half of all printers run one Marlin.
  if (points > 0 && a.firmwareName === b.firmwareName) points += 1;
  return points;
}
