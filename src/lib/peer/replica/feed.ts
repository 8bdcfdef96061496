import type { Bytes } from '../../base/index.ts';
import type { QueueState } from '../../queue/index.ts';
import type { Snapshot } from '../../raft/index.ts';
import type { NewsEntry, SnapshotOffer } from './news.ts';
import type { ReplicaStorage } from './replica-storage.ts';
import { encodeConfState } from './replica-record.ts';

/** What a voter has for a listener: see `News`. */
export interface Feed {
  readonly first: number;
  readonly entries: readonly NewsEntry[];
  readonly at: number;
  readonly hash: Bytes;
  readonly offer: SnapshotOffer | null;
}

/** Applied entries behind `after`, at most about so many bytes; or the offer of a snapshot when they are folded away. */
export function feedFrom(
  storage: ReplicaStorage,
  shelf: { readonly offer: (snapshot: Snapshot) => Snapshot },
  state: QueueState,
  after: number,
  bytesMax: number,
): Feed | undefined {
  const at = state.index;
  if (after > at) return undefined;
  const told = { at, hash: state.hash() };
  if (after + 1 >= storage.firstIndex()) {
    const entries = after === at ? [] : storage.entries(after + 1, at + 1, bytesMax);
    return {
      ...told,
      first: after + 1,
      entries: entries.map(({ term, type, data }) => [term, type, new Uint8Array(data)] as const),
      offer: null,
    };
  }
  const snapshot = storage.snapshot();
  if (snapshot === undefined || snapshot.index === 0) return undefined;
  const { index, term, confState, data } = shelf.offer(snapshot);
  return {
    ...told,
    first: index + 1,
    entries: [],
    offer: { index, term, confState: encodeConfState(confState), manifest: new Uint8Array(data) },
  };
}
