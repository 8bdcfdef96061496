import type { Refusal } from '../base/index.ts';
import type { Raft } from './core.ts';
import { hup, ignoredByLease, stepVote } from './election.ts';
import { stepCandidate, stepFollower } from './follower.ts';
import { propose, stepLeader } from './leader.ts';
import {
  type Entry,
  EntryType,
  type Message,
  MessageType,
  type Snapshot,
  newEntry,
  newMessage,
  noBytes,
  nobody,
  payloadBytes,
} from './types.ts';

/** Handles one message. The refusal, if any, tells a local caller that its proposal went nowhere. */
export function step(raft: Raft, message: Message): Refusal | undefined {
  // Term 0 marks local messages, and those that pass a wish on to the leader.
  if (message.term !== 0 && message.term !== raft.term && !settleTerm(raft, message)) return undefined;
  switch (message.type) {
    case MessageType.Hup:
      hup(raft, raft.preVote ? 'pre-election' : 'election');
      return undefined;
    case MessageType.StorageAppendResp:
      storageAppended(raft, message.term, message.index, message.logTerm, message.snapshot);
      return undefined;
    case MessageType.StorageApplyResp:
      storageApplied(raft, message.entries);
      return undefined;
    case MessageType.Vote:
    case MessageType.PreVote:
      stepVote(raft, message);
      return undefined;
    default:
      if (raft.role === 'leader') return stepLeader(raft, message);
      return raft.role === 'follower' ? stepFollower(raft, message) : stepCandidate(raft, message);
  }
}

/** Handles a message of another term than ours. False if that is all there is to do with it. */
function settleTerm(raft: Raft, message: Message): boolean {
  return message.term > raft.term ? settleLater(raft, message) : settleEarlier(raft, message);
}

function settleLater(raft: Raft, message: Message): boolean {
  const { type } = message;
  const asksForVote = type === MessageType.Vote || type === MessageType.PreVote;
  if (asksForVote && ignoredByLease(raft, message)) {
    raft.trace?.info(`${raft.id} ignores the candidate ${message.from}: it hears from leader ${raft.lead}`);
    return false;
  }
  // Pre-votes, and grants of them, bear a term that nobody has reached yet.
  if (type === MessageType.PreVote || (type === MessageType.PreVoteResp && !message.reject)) return true;
  const fromLeader = type === MessageType.App || type === MessageType.Heartbeat || type === MessageType.Snap;
  raft.becomeFollower(message.term, fromLeader ? message.from : nobody);
  return true;
}

function settleEarlier(raft: Raft, message: Message): false {
  const { type } = message;
  const fromLeader = type === MessageType.Heartbeat || type === MessageType.App;
  if (fromLeader && (raft.checkQuorum || raft.preVote)) {
    // A deposed leader learns the term from this. Without it, and with vote requests being ignored, a replica whose
    // term ran ahead while it was cut off could never come back.
    raft.sendAfterAppend(newMessage(MessageType.AppResp, message.from, raft.id, raft.term));
  } else if (type === MessageType.PreVote) {
    // Say no instead of nothing, so that a candidate with an old term catches up.
    const response = newMessage(MessageType.PreVoteResp, message.from, raft.id, raft.term);
    response.reject = true;
    raft.sendAfterAppend(response);
  } else if (type === MessageType.StorageAppendResp) {
    storageAppended(raft, message.term, message.index, message.logTerm, message.snapshot);
  }
  return false;
}

/**
 * Storage holds the log up to that entry (index 0: no entry), and the snapshot. Of an earlier term only the snapshot
 * counts: it holds committed state. Entries may have been replaced since by writes that are still under way, and would
 * be read back wrongly (the ABA race).
 */
export function storageAppended(
  raft: Raft,
  term: number,
  index: number,
  logTerm: number,
  snapshot: Snapshot | undefined,
): void {
  if (index !== 0 && term === raft.term) raft.log.unstable.stableTo(index, logTerm);
  if (snapshot !== undefined) appliedSnapshot(raft, snapshot);
}

/** The application has applied these entries. */
export function storageApplied(raft: Raft, entries: readonly Entry[]): void {
  const last = entries[entries.length - 1];
  if (last === undefined) return;
  appliedTo(raft, last.index, raft.log.bytesOf(entries));
  raft.release(payloadBytes(entries));
}

function appliedSnapshot(raft: Raft, snapshot: Snapshot): void {
  raft.log.unstable.stableSnapshotTo(snapshot.index);
  appliedTo(raft, snapshot.index, 0);
}

function appliedTo(raft: Raft, index: number, bytes: number): void {
  const applied = Math.max(index, raft.log.applied);
  raft.log.appliedTo(applied, bytes);
  if (raft.tracker.config.autoLeave && applied >= raft.pendingConfIndex && raft.role === 'leader') {
    // If it is dropped because leadership is being handed over, the next applied entry brings us here again.
    propose(raft, [newEntry(0, 0, EntryType.ConfChangeV2, noBytes)]);
  }
}

/** One tick of logical time. */
export function tick(raft: Raft): void {
  raft.electionElapsed++;
  if (raft.role === 'leader') tickLeader(raft);
  else if (raft.electionElapsed >= raft.electionTimeout && raft.promotable()) {
    raft.electionElapsed = 0;
    step(raft, newMessage(MessageType.Hup, raft.id, raft.id, 0));
  }
}

function tickLeader(raft: Raft): void {
  raft.heartbeatElapsed++;
  if (raft.electionElapsed >= raft.electionTicks) {
    raft.electionElapsed = 0;
    if (raft.checkQuorum) stepLeader(raft, newMessage(MessageType.CheckQuorum, raft.id, raft.id, 0));
    // A transfer that took longer than that has failed.
    if (raft.role === 'leader') raft.transferee = nobody;
  }
  if (raft.role === 'leader' && raft.heartbeatElapsed >= raft.heartbeatTicks) {
    raft.heartbeatElapsed = 0;
    stepLeader(raft, newMessage(MessageType.Beat, raft.id, raft.id, 0));
  }
}
