import type { Refusal } from '../base/index.ts';
import { type ConfChange, decodeConfChange, malformedConfChange } from './conf-change.ts';
import { type Raft, proposalDropped } from './core.ts';
import { pendingReadsMax } from './limits.ts';
import type { Progress } from './progress.ts';
import { readContextOf } from './read-only.ts';
import { broadcastAppend, broadcastHeartbeat, maybeCommit, sendAppend } from './replication.ts';
import { isJoint } from './tracker.ts';
import {
  type Entry,
  EntryType,
  type Message,
  MessageType,
  newEntry,
  newMessage,
  noBytes,
  nobody,
} from './types.ts';

export function stepLeader(raft: Raft, message: Message): Refusal | undefined {
  switch (message.type) {
    case MessageType.Beat:
      broadcastHeartbeat(raft);
      return undefined;
    case MessageType.CheckQuorum:
      checkQuorum(raft);
      return undefined;
    case MessageType.Prop:
      return propose(raft, message.entries);
    case MessageType.ReadIndex:
      takeRead(raft, message);
      return undefined;
    case MessageType.ForgetLeader:
      return undefined;
    default:
      break;
  }
  const member = raft.tracker.progress.get(message.from);
  if (member === undefined) {
    raft.trace?.debug(`${raft.id} knows nothing of ${message.from}`);
    return undefined;
  }
  switch (message.type) {
    case MessageType.AppResp:
      member.recentActive = true;
      if (message.reject) takeRejection(raft, member, message);
      else takeAcknowledgement(raft, member, message.index);
      return undefined;
    case MessageType.HeartbeatResp:
      takeHeartbeatResponse(raft, member, message);
      return undefined;
    case MessageType.SnapStatus:
      takeSnapshotStatus(raft, member, message.reject);
      return undefined;
    case MessageType.Unreachable:
      // Appends sent ahead are likely lost.
      if (member.state === 'replicate') member.becomeProbe();
      return undefined;
    case MessageType.TransferLeader:
      transfer(raft, member);
      return undefined;
    default:
      return undefined;
  }
}

function checkQuorum(raft: Raft): void {
  if (!raft.tracker.quorumActive()) {
    raft.trace?.warn(`${raft.id} steps down: it hears from no quorum`);
    raft.becomeFollower(raft.term, nobody);
  }
  for (const member of raft.tracker.members) if (member.id !== raft.id) member.recentActive = false;
}

function mayPropose(raft: Raft): boolean {
  // Not when it was removed while leading, nor while leadership is being handed over.
  return raft.self() !== undefined && raft.transferee === nobody;
}

/** Appends one ordinary entry and sends it on: the common case of `propose`. */
export function proposeOne(raft: Raft, data: Uint8Array): Refusal | undefined {
  if (!mayPropose(raft) || !raft.appendOne(EntryType.Normal, data)) return proposalDropped;
  broadcastAppend(raft);
  return undefined;
}

/** Appends proposed entries and sends them on. A change of members that comes at a bad time is blanked. */
export function propose(raft: Raft, entries: readonly Entry[]): Refusal | undefined {
  if (entries.length === 0 || !mayPropose(raft)) return proposalDropped;
  let admitted = entries;
  for (const [i, entry] of entries.entries()) {
    if (entry.type === EntryType.Normal) continue;
    const change = decodeConfChange(entry.type, entry.data);
    if (change === undefined) return malformedConfChange;
    const objection = objectionTo(raft, change);
    if (objection === undefined || !raft.validatesConfChanges) {
      raft.pendingConfIndex = raft.log.lastIndex() + i + 1;
    } else {
      raft.trace?.info(`${raft.id} ignores a change of members: ${objection}`);
      admitted = admitted.with(i, newEntry(0, 0, EntryType.Normal, noBytes));
    }
  }
  if (!raft.appendAll(admitted)) return proposalDropped;
  broadcastAppend(raft);
  return undefined;
}

function objectionTo(raft: Raft, change: ConfChange): string | undefined {
  const leaves = change.steps.length === 0;
  const joint = isJoint(raft.tracker.config);
  if (raft.pendingConfIndex > raft.log.applied)
    return `another may be unapplied up to ${raft.pendingConfIndex}`;
  if (joint && !leaves) return 'the joint configuration must be left first';
  if (!joint && leaves) return 'there is no joint configuration to leave';
  return undefined;
}

/** The member's log parts from ours: go back to where they may still agree. */
function takeRejection(raft: Raft, member: Progress, message: Message): void {
  // If the member's term at its hint is known, none of our entries of later terms can match there.
  const hint =
    message.logTerm > 0 ? raft.log.conflictHint(message.rejectHint, message.logTerm) : message.rejectHint;
  if (!member.maybeDecrease(message.index, hint)) return;
  raft.trace?.debug(`${raft.id} goes back to ${member.next} for ${member.id}`);
  if (member.state === 'replicate') member.becomeProbe();
  sendAppend(raft, member, true);
}

/** The member durably holds our log up to `index`. */
function takeAcknowledgement(raft: Raft, member: Progress, index: number): void {
  const log = raft.log;
  // A probing member goes on replicating even if its answer brings nothing new.
  if (!member.maybeUpdate(index) && !(member.match === index && member.state === 'probe')) return;
  if (member.state === 'replicate') {
    member.inflights.free(index);
  } else if (member.state === 'probe') {
    member.becomeReplicate();
  } else if (member.match + 1 >= log.firstIndex()) {
    // Whatever snapshot it took, our log can take over from there.
    raft.trace?.debug(`${raft.id} resumes replication to ${member.id} after its snapshot`);
    member.becomeProbe();
    member.becomeReplicate();
  }
  const isSelf = member.id === raft.id;
  if (maybeCommit(raft)) {
    releaseEarlyReads(raft);
    broadcastAppend(raft);
  } else if (!isSelf && member.canBumpCommit(log.committed)) {
    sendAppend(raft, member, true);
  }
  if (isSelf) return;
  // There may be room for several messages now.
  if (member.next <= log.lastIndex()) while (sendAppend(raft, member, false));
  if (member.id === raft.transferee && member.match === log.lastIndex()) sendTimeoutNow(raft, member.id);
}

function takeHeartbeatResponse(raft: Raft, member: Progress, message: Message): void {
  member.recentActive = true;
  member.paused = false;
  // Goes also into a full window (as an empty append), and to a probing member that is up to date: both get going again.
  if (member.match < raft.log.lastIndex() || member.state === 'probe') sendAppend(raft, member, true);
  if (raft.readOnly.mode !== 'safe' || message.context.length === 0) return;
  raft.readOnly.acknowledge(message.from, message.context);
  for (const read of raft.readOnly.confirmed(raft.tracker)) answerRead(raft, read.request, read.index);
}

function takeSnapshotStatus(raft: Raft, member: Progress, failed: boolean): void {
  if (member.state !== 'snapshot') return;
  // After a failure probing starts where the log was, not behind the snapshot.
  if (failed) member.pendingSnapshot = 0;
  member.becomeProbe();
  raft.trace?.debug(`${raft.id}: snapshot to ${member.id} ${failed ? 'failed' : 'arrived'}`);
  // Wait for its answer, or for the next heartbeat, before the next append.
  member.paused = true;
}

function transfer(raft: Raft, member: Progress): void {
  if (member.isLearner || member.id === raft.transferee || member.id === raft.id) {
    // To ourselves: a request that replaces another one still ends that.
    if (!member.isLearner && member.id === raft.id) raft.transferee = nobody;
    return;
  }
  raft.trace?.info(`${raft.id} hands leadership of term ${raft.term} to ${member.id}`);
  // It has one election timeout to succeed.
  raft.electionElapsed = 0;
  raft.transferee = member.id;
  if (member.match === raft.log.lastIndex()) sendTimeoutNow(raft, member.id);
  else sendAppend(raft, member, true);
}

function sendTimeoutNow(raft: Raft, to: number): void {
  raft.send(newMessage(MessageType.TimeoutNow, to, raft.id, raft.term));
}

function takeRead(raft: Raft, request: Message): void {
  // Until an entry of its own term is committed a leader does not know what its predecessors committed. This holds
  // for a group of one as well: its stored commit index may lag behind what it acknowledged.
  if (raft.committedInTerm()) startRead(raft, request);
  else if (raft.earlyReads.length < pendingReadsMax) raft.earlyReads.push(request);
}

function releaseEarlyReads(raft: Raft): void {
  if (raft.earlyReads.length === 0) return;
  const requests = raft.earlyReads;
  raft.earlyReads = [];
  for (const request of requests) startRead(raft, request);
}

function startRead(raft: Raft, request: Message): void {
  const committed = raft.log.committed;
  if (raft.readOnly.mode === 'lease' || raft.tracker.isOnlyVoter(raft.id)) {
    answerRead(raft, request, committed);
    return;
  }
  if (!raft.readOnly.add(committed, request)) return;
  raft.readOnly.acknowledge(raft.id, raft.readOnly.heartbeatContext());
  broadcastHeartbeat(raft);
}

function answerRead(raft: Raft, request: Message, index: number): void {
  if (request.from === nobody || request.from === raft.id) {
    raft.readStates.push({ index, context: readContextOf(request) });
    return;
  }
  const response = newMessage(MessageType.ReadIndexResp, request.from, raft.id, raft.term);
  response.index = index;
  response.entries = request.entries;
  raft.send(response);
}
