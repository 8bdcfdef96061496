import { type Bytes, type PrinterId, type Result, encode, equalBytes } from '../lib/base/index.ts';
import { genesisOf, personOf } from '../lib/queue/fixture.ts';
import {
  type Command,
  type OpenEnvelope,
  type QueueRefusal,
  type SignedCommand,
  openTrustedEnvelope,
} from '../lib/queue/index.ts';

/** The queue of all runs: its owner has all rights, and every client speaks for the owner. */
export const owner = personOf(1);
export const genesis: Bytes = genesisOf(owner);

const signatureBytes = 64;

/**
 * A command as clients send it. Where the signature belongs stands the command's number: signatures are another room's matter, and cost
 * a thousand times what a step of consensus does.
 */
export function commandBytes(
  digest: Uint8Array,
  number: number,
  place: { readonly session: number; readonly seq: number; readonly ack: number },
  command: Command,
): Bytes {
  const { session, seq, ack } = place;
  const signature = new Uint8Array(signatureBytes);
  new DataView(signature.buffer).setUint32(0, number);
  return encode([
    encode({ v: 1, q: digest, a: owner.publicKey, s: session, n: seq, k: ack, c: command }),
    signature,
  ]);
}

/** The number of a command, from its bytes or from those of its log entry. */
export function numberOf(bytes: Uint8Array): number {
  if (bytes.length < signatureBytes) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - signatureBytes).getUint32(0);
}

/** A register write: a printer's name is the register's value. */
export function writeCommand(key: number, value: number): Command {
  return {
    type: 'set-printer',
    printer: printerOf(key),
    name: `${value}`,
    enabled: true,
    autoClear: true,
    materials: [],
  };
}

export function printerOf(key: number): PrinterId {
  return `printer-${key}` as PrinterId;
}

/** Opens each command once for all replicas of a run. */
export function sharedOpener(): OpenEnvelope {
  const known = new Map<
    number,
    { readonly wire: Uint8Array; readonly opened: Result<SignedCommand, QueueRefusal> }
  >();
  return (bytes) => {
    const number = numberOf(bytes);
    const found = known.get(number);
    if (found !== undefined && equalBytes(found.wire, bytes)) return found.opened;
    const opened = openTrustedEnvelope(bytes);
    known.set(number, { wire: new Uint8Array(bytes), opened });
    return opened;
  };
}
