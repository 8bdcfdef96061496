/** Sizes of entries as etcd's Raft counts them, for scripts that set a limit in bytes. */
import { type ConfChange, type Entry, type EntrySize, decodeConfChange, noBytes } from '../lib/raft/index.ts';

/**
 * Bytes of an entry as etcd encodes it in protobuf (`raftpb.Entry`, fields type, term, index and data). Go tells absent
 * data from empty data: only the former takes no bytes. Here absent data is `noBytes` itself, and no other empty array.
 */
export const etcdEntrySize: EntrySize = ({ type, term, index, data }: Entry): number => {
  const head = tagged(type) + tagged(term) + tagged(index);
  return data === noBytes ? head : head + block(dataBytes({ type, data }));
};

/** Changes of members have an encoding of our own, so their data is counted as what etcd would have written. */
function dataBytes({ type, data }: Pick<Entry, 'type' | 'data'>): number {
  const change = decodeConfChange(type, data);
  return change === undefined ? data.length : changeBytes(change);
}

/**
 * Bytes of `raftpb.ConfChange` (id 0, type, node) or `raftpb.ConfChangeV2` (transition, changes). Kinds and transitions
 * are below 128, thus one byte each. A context, which scripts never set, is left out as in Go when it is nil.
 */
function changeBytes({ version, steps, context }: ConfChange): number {
  const tail = context.length === 0 ? 0 : block(context.length);
  if (version === 1) return tail + 2 + steps.reduce((sum, { id }) => sum + 2 + tagged(id), 0);
  return tail + 2 + steps.reduce((sum, { id }) => sum + block(2 + tagged(id)), 0);
}

/** A field that is a number: its tag, then a varint. */
function tagged(value: number): number {
  return 1 + varintBytes(value);
}

/** A field that is bytes: its tag, its length, the bytes themselves. */
function block(length: number): number {
  return 1 + varintBytes(length) + length;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
