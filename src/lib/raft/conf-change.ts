import type { Refusal } from '../base/index.ts';
import { confChangeContextBytesMax, confChangeStepsMax, replicaIdMax } from './limits.ts';
import { EntryType, noBytes } from './types.ts';

export type ConfChangeKind = 'add-voter' | 'add-learner' | 'remove' | 'update';

/** One step of a configuration change. `update` changes nothing here; it carries news for the application. */
export interface ConfChangeStep {
  readonly kind: ConfChangeKind;
  readonly id: number;
}

/**
 * How the new configuration is entered. `auto`: at once if only one step is asked for, else through a joint
 * configuration that is left by itself; `implicit`: always joint, left by itself; `explicit`: always joint,
 * left when somebody proposes an empty change.
 */
export type ConfTransition = 'auto' | 'implicit' | 'explicit';

/** A change of the members. Empty steps with transition `auto` mean: leave the joint configuration. */
export interface ConfChange {
  /** 1 for the old form, which has exactly one step and no transition. Write 2. */
  readonly version: 1 | 2;
  readonly transition: ConfTransition;
  readonly steps: readonly ConfChangeStep[];
  /** Free for the application, for instance the new member's address and incarnation. */
  readonly context: Uint8Array;
}

/** The change that leaves a joint configuration. */
export const leaveJointChange: ConfChange = { version: 2, transition: 'auto', steps: [], context: noBytes };

export function confChange(
  steps: readonly ConfChangeStep[],
  transition: ConfTransition = 'auto',
  context = noBytes,
): ConfChange {
  return { version: 2, transition, steps, context };
}

export function entryTypeOf(change: ConfChange): EntryType {
  return change.version === 1 ? EntryType.ConfChange : EntryType.ConfChangeV2;
}

/** True if the change asks to leave the joint configuration. */
export function leavesJoint(change: ConfChange): boolean {
  return change.transition === 'auto' && change.steps.length === 0;
}

/** Whether the change goes through a joint configuration, and if so whether that is left automatically. */
export function jointMode(change: ConfChange): 'none' | 'automatic' | 'explicit' {
  if (change.transition === 'explicit') return 'explicit';
  return change.transition === 'implicit' || change.steps.length > 1 ? 'automatic' : 'none';
}

const kinds: readonly ConfChangeKind[] = ['add-voter', 'add-learner', 'remove', 'update'];
const transitions: readonly ConfTransition[] = ['auto', 'implicit', 'explicit'];
const formatVersion = 1;
const headerBytes = 4;
const stepBytes = 5;

/**
 * Bytes of a change as the log keeps them: format version, transition, number of steps (16 bits), then kind and
 * id (32 bits) of each step, then the context. The change that leaves a joint configuration is empty bytes, so
 * that no limit on uncommitted bytes can ever refuse it.
 */
export function encodeConfChange(change: ConfChange): Uint8Array {
  if (change.version === 2 && leavesJoint(change) && change.context.length === 0) return noBytes;
  const out = new Uint8Array(headerBytes + change.steps.length * stepBytes + change.context.length);
  const view = new DataView(out.buffer);
  out[0] = formatVersion;
  out[1] = transitions.indexOf(change.transition);
  view.setUint16(2, change.steps.length);
  let at = headerBytes;
  for (const step of change.steps) {
    out[at] = kinds.indexOf(step.kind);
    view.setUint32(at + 1, step.id);
    at += stepBytes;
  }
  out.set(change.context, at);
  return out;
}

/** Reads an entry's change, or returns undefined if the bytes are none (they may come from another peer). */
export function decodeConfChange(type: EntryType, data: Uint8Array): ConfChange | undefined {
  if (type === EntryType.Normal) return undefined;
  const version = type === EntryType.ConfChange ? 1 : 2;
  if (data.length === 0) return version === 2 ? leaveJointChange : undefined;
  if (data.length < headerBytes || data[0] !== formatVersion) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const transition = transitions[view.getUint8(1)];
  const count = view.getUint16(2);
  const contextAt = headerBytes + count * stepBytes;
  if (transition === undefined || count > confChangeStepsMax || contextAt > data.length) return undefined;
  if (data.length - contextAt > confChangeContextBytesMax) return undefined;
  if (version === 1 && (count !== 1 || transition !== 'auto')) return undefined;
  const steps: ConfChangeStep[] = [];
  for (let at = headerBytes; at < contextAt; at += stepBytes) {
    const kind = kinds[view.getUint8(at)];
    const id = view.getUint32(at + 1);
    if (kind === undefined || id > replicaIdMax) return undefined;
    steps.push({ kind, id });
  }
  const change: ConfChange = { version, transition, steps, context: data.slice(contextAt) };
  // What leaves a joint configuration and says nothing else has one form: no bytes.
  return leavesJoint(change) && change.context.length === 0 ? undefined : change;
}

export const malformedConfChange: Refusal = {
  code: 'malformed-conf-change',
  text: 'the change of members cannot be read, or is larger than the limits allow',
};
