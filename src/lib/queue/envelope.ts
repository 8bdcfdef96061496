import * as v from 'valibot';
import type { Bytes, PeerId, Result } from '../base/index.ts';
import {
  concat,
  encode,
  equalBytes,
  hex,
  keyBytes,
  ok,
  parse,
  peerIdOf,
  publicKeyOf,
  shape,
  sign,
  signatureBytes,
  utf8,
  verify,
} from '../base/index.ts';
import type { Command, CommandType } from './command.ts';
import { commandSchemas } from './command.ts';
import { decodeEntry } from './entry.ts';
import { counterMax, envelopeBytesMax } from './limits.ts';
import type { QueueRefusal } from './refusals.ts';
import { malformed, unfit } from './refusals.ts';

/** Stands before the envelope bytes when they are signed. */
const commandDomain = utf8('peerprint/command/1\n');
/** Stands before the queue digest and the joiner's key when an invitation's key vouches for a joiner. */
const joinDomain = utf8('peerprint/join/1\n');

function bytesSchema(length: number) {
  return v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length);
}
const counter = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(counterMax));

export const signedEnvelopeSchema = v.strictTuple([
  v.custom<Bytes>((x) => x instanceof Uint8Array),
  bytesSchema(signatureBytes),
]);

export const envelopeSchema = v.strictObject({
  v: v.literal(1),
  q: bytesSchema(32),
  a: bytesSchema(keyBytes),
  s: counter,
  n: counter,
  k: counter,
  c: v.looseObject({ type: v.string() }),
});

/** A command as its author signed it. */
export interface SignedCommand {
  /** The wire form: what goes into the log. */
  readonly bytes: Bytes;
  /** Digest of the queue's genesis. */
  readonly queue: Bytes;
  readonly publicKey: Bytes;
  readonly author: PeerId;
  /** Session id, 0 for the commands that carry none. */
  readonly session: number;
  /** Number of the command in its session, from 1; 0 without a session. */
  readonly seq: number;
  /** Lowest number that its author has not yet seen settled: results below it may be forgotten. */
  readonly ack: number;
  readonly command: Command;
}

/** Where a command stands: what its author signs beside it. */
export interface EnvelopeHead {
  readonly queue: Uint8Array;
  readonly session: number;
  readonly seq: number;
  readonly ack: number;
}

/** Signs a command with its author's private seed; the wire form. */
export function signCommand(seed: Uint8Array, head: EnvelopeHead, command: Command): Bytes {
  const bytes = encode({
    v: 1,
    q: head.queue,
    a: publicKeyOf(seed),
    s: head.session,
    n: head.seq,
    k: head.ack,
    c: command,
  });
  // Copied: in Node the encoder may hand out a Buffer, whose `slice` shares its memory.
  return new Uint8Array(encode([bytes, sign(seed, concat(commandDomain, bytes))]));
}

/** Reads a command's wire form and checks shape and signature. Codes: `too-large`, `malformed`, `bad-signature`. */
export function openEnvelope(bytes: Uint8Array): Result<SignedCommand, QueueRefusal> {
  return open(bytes, true);
}

/** Reads a command without checking its signature: only for what this replica has checked before. */
export function openTrustedEnvelope(bytes: Uint8Array): Result<SignedCommand, QueueRefusal> {
  return open(bytes, false);
}

function open(wire: Uint8Array, check: boolean): Result<SignedCommand, QueueRefusal> {
  const outer = parse(signedEnvelopeSchema, wire, envelopeBytesMax);
  if (!outer.ok) return { ok: false, refusal: unfit(outer.refusal) };
  const [bytes, signature] = outer.value;
  const inner = parse(envelopeSchema, bytes, envelopeBytesMax);
  if (!inner.ok) return { ok: false, refusal: unfit(inner.refusal) };
  const envelope = inner.value;
  if (check && !verify(envelope.a, concat(commandDomain, bytes), signature)) {
    return { ok: false, refusal: { code: 'bad-signature', of: 'command' } };
  }
  const type = envelope.c.type;
  if (!isCommandType(type)) return { ok: false, refusal: malformed('type', type) };
  const command = shape(commandSchemas[type], envelope.c);
  if (!command.ok) return { ok: false, refusal: unfit(command.refusal) };
  return ok({
    bytes: new Uint8Array(wire),
    queue: envelope.q,
    publicKey: envelope.a,
    author: peerIdOf(envelope.a),
    session: envelope.s,
    seq: envelope.n,
    ack: envelope.k,
    command: command.value as Command,
  });
}

function isCommandType(type: string): type is CommandType {
  return Object.hasOwn(commandSchemas, type);
}

/** How a replica opens envelopes. */
export type OpenEnvelope = (bytes: Uint8Array) => Result<SignedCommand, QueueRefusal>;

/** What a `cachedOpener` may keep. */
export interface OpenerLimits {
  /** Bytes of wire forms; the oldest give way. */
  readonly bytesMax: number;
  /** Whether a command that is rightly signed is kept: a stranger's is not, for whoever has a key can sign. */
  readonly keeps: (opened: SignedCommand) => boolean;
}

/**
 * Opens envelopes and remembers the newest, so that a command that was checked when it was admitted is not checked again when it is
 * applied. Share one between the two. What is refused is never kept.
 */
export function cachedOpener({ bytesMax, keeps }: OpenerLimits): OpenEnvelope {
  const known = new Map<string, Extract<Result<SignedCommand, QueueRefusal>, { ok: true }>>();
  let keptBytes = 0;
  return (bytes) => {
    const key = keyOf(bytes);
    const found = known.get(key);
    if (found !== undefined && equalBytes(found.value.bytes, bytes)) return found;
    const opened = openEnvelope(bytes);
    if (!opened.ok || !keeps(opened.value)) return opened;
    keptBytes += opened.value.bytes.length - (found?.value.bytes.length ?? 0);
    known.delete(key);
    known.set(key, opened);
    for (const [oldest, { value }] of known) {
      if (keptBytes <= bytesMax) break;
      known.delete(oldest);
      keptBytes -= value.bytes.length;
    }
    return opened;
  };
}

/**
 * Opens the commands of a replica's own log without checking their signatures a second time, and everything else as `open` does: a check costs
 * more than a thousand times what applying does, and would make opening a queue a matter of seconds.
 * @param entries what the log holds at indexes up to which it noted that every signature was right
 */
export function openerOfLog(open: OpenEnvelope, entries: Iterable<Uint8Array>): OpenEnvelope {
  const known = new Map<string, Uint8Array>();
  for (const data of entries) {
    const entry = decodeEntry(data);
    if (entry.kind === 'command') known.set(keyOf(entry.envelope), entry.envelope);
  }
  return (bytes) => {
    if (known.size === 0) return open(bytes);
    const key = keyOf(bytes);
    const found = known.get(key);
    if (found === undefined || !equalBytes(found, bytes)) return open(bytes);
    // Each is applied once; then it is forgotten.
    known.delete(key);
    return openTrustedEnvelope(bytes);
  };
}

/** The last bytes of the wire form are those of the signature. Who finds something under a key compares the whole. */
function keyOf(wire: Uint8Array): string {
  return hex(wire.subarray(-24));
}

/** What an invitation's private key signs for the one who joins with it. */
export function joinProof(invitationSeed: Uint8Array, queue: Uint8Array, joiner: Uint8Array): Bytes {
  return sign(invitationSeed, concat(joinDomain, queue, joiner));
}

export function checkJoinProof(
  invitationKey: Uint8Array,
  queue: Uint8Array,
  joiner: Uint8Array,
  proof: Uint8Array,
): boolean {
  return verify(invitationKey, concat(joinDomain, queue, joiner), proof);
}
