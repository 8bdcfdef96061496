import { EntryType } from '../../raft/index.ts';
import type { StoredReplica } from '../../storage/port.ts';

/**
 * How far an acknowledgement counts on a leader. Entries behind a change of members are counted only from replicas that know,
 * on their disks, that the change is committed. So whatever was committed behind it is with a quorum whose members all know the members,
 * and whichever minority of them is lost, one is left that knows, and whose word lets the others know (`RawNode.learnCommit`).
 *
 * Without this a leader could count a new voter that does not know that it votes, and die: the others would need its vote to go
 * on, and it would never stand nor tell (etcd's raft takes members into use when the change is applied, not when it is appended).
 * Until a quorum knows, what can be lost is what the old members could lose.
 */
export class ConfirmedMembers {
  /** Index of the newest change of members in the log, committed or not; of the snapshot when there is none behind it. */
  #changedAt: number;
  /** The newest term in the log, and where it begins. */
  #term = 0;
  #termFrom = 0;

  constructor({ snapshot, entries }: Pick<StoredReplica, 'snapshot' | 'entries'>) {
    const change = entries.findLast(({ type }) => type !== EntryType.Normal);
    this.#changedAt = Math.max(snapshot?.index ?? 0, change?.index ?? 0);
  }

  /** Entries, or a snapshot, became part of the log. One that replaced a change leaves it here: that only asks for more. */
  appended(
    entries: readonly { readonly index: number; readonly term: number; readonly type: EntryType }[],
    snapshot: { readonly index: number } | undefined,
  ): void {
    if (snapshot !== undefined) this.#changedAt = Math.max(this.#changedAt, snapshot.index);
    for (const { index, term, type } of entries) {
      if (type !== EntryType.Normal) this.#changedAt = index;
      if (term === this.#term) continue;
      this.#term = term;
      this.#termFrom = index;
    }
  }

  /**
   * The index up to which an acknowledgement counts.
   * @param index what is acknowledged
   * @param commit up to which index its sender surely knows that entries are committed
   */
  counts(index: number, commit: number): number {
    // A change of an earlier term is committed by the first entry of the leader's own (Raft paper, 5.4.2), which so counts, too.
    return commit >= this.#changedAt ? index : Math.min(index, Math.max(this.#changedAt, this.#termFrom));
  }
}
