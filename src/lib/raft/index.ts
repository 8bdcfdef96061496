/**
 * The consensus core: one Raft group's replica as a pure state machine, after the paper, Ongaro's dissertation and the
 * design of etcd's library. No clock, chance, storage write or network of its own: time comes as `tick()`, chance as
 * `RaftConfig.random`, and all work goes out through `ready()`.
 *
 * How a driver runs it:
 *
 *     const node = new RawNode(config, storage);       // storage: what was durable; reads are synchronous
 *     on every tick:            node.tick()
 *     on a message:             guard.step(message)    // MessageGuard; node.step for our own storage's responses
 *     on a wish:                node.propose(data), node.proposeConfChange(change), node.readIndex(context), …
 *     while (node.hasReady()):  const ready = node.ready(); do its work; node.advance()
 *
 * A Ready's work, in this order: (1) store `hardState`, `snapshot` and `entries` in one transaction, flushed if
 * `mustSync` or if there is a snapshot (an acknowledgement may be among the messages); (2) send `messages`; (3) apply
 * `committedEntries`; an entry that is a change of members goes through `decodeConfChange`, `checkConfChange` (a change
 * that does not fit is left out, on all replicas alike) and `applyConfChange`; (4) `advance()`. The next `ready()` must
 * wait for that.
 *
 * With `asyncStorageWrites` there is no `advance()`. Ready's messages then also hold `StorageAppend` (to `appendThread`:
 * store `entries`, `snapshot`, and the hard state in `term`, `vote`, `commit` unless all three are 0) and `StorageApply`
 * (to `applyThread`: apply `entries`). Each carries `responses`, to be delivered, to ourselves by `step`, after it is done
 * and, for `StorageAppend`, durable. Messages to one of the two are done in order and never lost; several may be under
 * way. A `StorageAppend` without responses need not be flushed.
 *
 * The driver's part besides: ids that are never used twice; authentication of senders (`from` of `Prop`, `ReadIndex` and
 * `TransferLeader` may be another one than who passed them on); proposals that must not be lost or doubled; snapshots that
 * are too large for a message; compaction (`MemoryStorage.compact`, only behind what a durable snapshot covers).
 *
 * What holds, and the test that guards it:
 *
 *  1. At most one leader per term.                        paper-elections: "At most one leader can be elected in a given term"
 *  2. A replica votes once per term, also after a crash.  paper-elections: "A server that restarts remembers its vote …"
 *  3. Votes and acknowledgements leave only after what they promise is durable.
 *                                                         paper-elections: "A vote leaves only after it is durable";
 *                                                         async-storage: "acknowledge entries only after they are written"
 *  4. A leader never changes its own log.                 paper-replication: "A leader never overwrites or deletes …"
 *  5. Logs that agree in an entry agree in all before it. paper-replication: "… duplicate its own (figure 7)"
 *  6. An append removes entries only where they conflict. paper-replication: "An old append that arrives late …"
 *  7. Only entries of the own term are committed by counting.
 *                                                         paper-replication: "Raft never commits log entries from previous terms …"
 *  8. Committed entries are in the log of every later leader.
 *                                                         paper-replication: "Leader completeness …"
 *  9. applied ≤ applying ≤ committed ≤ last index.        codec: "never stop a replica, whatever it is doing …"
 * 10. One change of members at a time; a joint quorum needs both halves; learners do not count.
 *                                                         paper-membership: "Only one change …", "Agreement requires …",
 *                                                         "… they are not considered for majorities"
 * 11. Reads are answered after a quorum confirmed the leader since they were asked, and after a commit in its term.
 *                                                         paper-membership: "A read waits for heartbeats …", "A read waits until …"
 * 12. An old confirmation from storage never stands for entries that came back (ABA).
 *                                                         async-storage: "do not take an old confirmation …"
 * 13. No message from outside stops a replica or allocates without bound.
 *                                                         codec: "never make the decoders throw", "never stop a replica …"
 * 14. Messages, states and logs are etcd's.               src/conformance
 *
 * A broken invariant throws a `Fault`: the replica must be stopped and reloaded from disk. An expected no is a `Refusal`.
 */
export * from './changer.ts';
export * from './codec.ts';
export * from './conf-change.ts';
export { type RaftConfig, localMessageRefused, proposalDropped, strangerRefused } from './core.ts';
export { type DropReason, MessageGuard } from './guard.ts';
export * from './limits.ts';
export { Inflights, Progress, type ProgressState } from './progress.ts';
export * from './quorum.ts';
export * from './raw-node.ts';
export type { ReadMode } from './read-only.ts';
export type { Ready } from './ready.ts';
export { type PeerStatus, type RaftStatus, peerStatusOf } from './status.ts';
export * from './storage.ts';
export { Tracker, type TrackerConfig, confStateOf, isJoint } from './tracker.ts';
export * from './types.ts';
