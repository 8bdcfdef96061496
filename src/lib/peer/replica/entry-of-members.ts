import { RefusalError } from '../../base/index.ts';
import type { Bytes } from '../../base/index.ts';
import type { Applied, OpenEnvelope, QueueState } from '../../queue/index.ts';
import {
  type ConfState,
  EntryType,
  type RawNode,
  type Snapshot,
  decodeConfChange,
} from '../../raft/index.ts';
import type { StoredEntry } from '../../storage/port.ts';
import { encodeConfState } from './replica-record.ts';
import { type Restored, restoreReplica } from './replica-start.ts';

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

/** The whole state has become another one. */
export function replaced(state: QueueState): Applied {
  return {
    index: state.index,
    stampMs: state.stampMs,
    author: undefined,
    session: 0,
    seq: 0,
    result: { kind: 'committed' },
    repeated: false,
    changed: [{ kind: 'queue' }],
  };
}

/** A replica as a snapshot that came from elsewhere has it; undefined when that cannot be read. */
export function restoreSnapshot(
  snapshot: Snapshot,
  genesis: Bytes,
  opener: OpenEnvelope,
): Restored | undefined {
  const { index, term, confState, data } = snapshot;
  const stored = { index, term, confState: encodeConfState(confState), data };
  const hardState = { term, vote: 0, commit: index };
  try {
    const identity = new Uint8Array();
    return restoreReplica(
      { identity, hardState, provenTo: 0, acknowledged: [], snapshot: stored, entries: [] },
      genesis,
      opener,
    );
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}
