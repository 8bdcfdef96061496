import type { Applied, QueueState } from '../queue/index.ts';
import { type ConfState, EntryType, type RawNode, decodeConfChange } from '../raft/index.ts';
import type { StoredEntry } from '../storage/port.ts';

/** Applies a committed entry to a state and to the members of Raft that go with it. Every replica judges alike. */
export function applyEntry(
  on: { readonly state: QueueState; readonly node: RawNode; confState: ConfState },
  entry: StoredEntry,
): Applied {
  if (entry.type === EntryType.Normal) return on.state.apply(entry.index, entry.data);
  const change = decodeConfChange(entry.type as EntryType, entry.data);
  if (change !== undefined && on.node.checkConfChange(change) === undefined) {
    on.confState = on.node.applyConfChange(change);
  }
  // The queue counts every index, so that a snapshot's index and its state's agree.
  return on.state.apply(entry.index, new Uint8Array());
}
