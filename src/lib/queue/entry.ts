import type { Bytes } from '../base/index.ts';
import { assert } from '../base/index.ts';
import { stampMsMax, stampStepMsMax } from './limits.ts';

/**
 * What the log holds: one byte of kind, six of the leader's stamp (virtual ms since the genesis, big-endian), then the
 * kind's own bytes. The stamp is the leader's word and unsigned: voters are trusted with time.
 */
export type Entry =
  | { readonly kind: 'command'; readonly stampMs: number; readonly envelope: Uint8Array }
  /** Time passes. With `grace` every live lease is extended: the peers could not renew while there was no leader. */
  | { readonly kind: 'tick'; readonly stampMs: number; readonly grace: boolean }
  /** Raft's own empty entry. */
  | { readonly kind: 'empty' }
  /** Of rules that this build does not know. */
  | { readonly kind: 'unknown' };

const commandKind = 1;
const tickKind = 2;
const headBytes = 7;

/**
 * The log's time after an entry: its stamp, but never earlier than before, never more than `stampStepMsMax` later, and never past `stampMsMax`.
 * It follows from the log alone, so that every replica has the same. All in virtual ms.
 */
export function timeAfter(beforeMs: number, stampMs: number): number {
  return Math.max(beforeMs, Math.min(stampMs, beforeMs + stampStepMsMax, stampMsMax));
}

export function encodeCommandEntry(stampMs: number, envelope: Uint8Array): Bytes {
  const out = new Uint8Array(headBytes + envelope.length);
  putHead(out, commandKind, stampMs);
  out.set(envelope, headBytes);
  return out;
}

export function encodeTickEntry(stampMs: number, grace: boolean): Bytes {
  const out = new Uint8Array(headBytes + 1);
  putHead(out, tickKind, stampMs);
  out[headBytes] = grace ? 1 : 0;
  return out;
}

export function decodeEntry(data: Uint8Array): Entry {
  if (data.length === 0) return { kind: 'empty' };
  const kind = data[0];
  if (data.length < headBytes || (kind !== commandKind && kind !== tickKind)) return { kind: 'unknown' };
  let stampMs = 0;
  for (let i = 1; i < headBytes; i++) stampMs = stampMs * 256 + (data[i] ?? 0);
  if (kind === commandKind) return { kind: 'command', stampMs, envelope: data.subarray(headBytes) };
  const flags = data[headBytes] ?? 255;
  if (data.length !== headBytes + 1 || flags > 1) return { kind: 'unknown' };
  return { kind: 'tick', stampMs, grace: flags === 1 };
}

function putHead(out: Uint8Array, kind: number, stampMs: number): void {
  assert(
    Number.isSafeInteger(stampMs) && stampMs >= 0 && stampMs <= stampMsMax,
    'a stamp is a whole number of ms',
  );
  out[0] = kind;
  let rest = stampMs;
  for (let i = headBytes - 1; i >= 1; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
