import { Fault, type Refusal } from '../base/index.ts';
import { type Raft, proposalDropped } from './core.ts';
import { restoreConfig } from './changer.ts';
import { hup, stepVoteResponse } from './election.ts';
import { switchTo } from './membership.ts';
import { readContextOf } from './read-only.ts';
import { Tracker } from './tracker.ts';
import { type Message, MessageType, type Snapshot, emptySnapshot, newMessage, nobody } from './types.ts';

export function stepFollower(raft: Raft, message: Message): Refusal | undefined {
  switch (message.type) {
    case MessageType.Prop:
      if (raft.lead === nobody || !raft.forwardsProposals) {
        raft.trace?.info(
          `${raft.id} drops a proposal: ${raft.lead === nobody ? 'no leader' : 'not forwarding'}`,
        );
        return proposalDropped;
      }
      forward(raft, message, 0);
      return undefined;
    case MessageType.App:
    case MessageType.Heartbeat:
    case MessageType.Snap:
      raft.electionElapsed = 0;
      raft.lead = message.from;
      takeFromLeader(raft, message);
      return undefined;
    case MessageType.TransferLeader:
      if (raft.lead !== nobody) forward(raft, message, raft.term);
      return undefined;
    case MessageType.ForgetLeader:
      if (raft.readOnly.mode === 'lease') {
        raft.trace?.error(`${raft.id} does not forget its leader: lease reads rely on it`);
      } else if (raft.lead !== nobody) {
        raft.trace?.info(`${raft.id} forgets leader ${raft.lead} of term ${raft.term}`);
        raft.lead = nobody;
      }
      return undefined;
    case MessageType.TimeoutNow:
      // A transfer skips the pre-vote: the leader asked for it, nobody was partitioned away.
      hup(raft, 'transfer');
      return undefined;
    case MessageType.ReadIndex:
      if (raft.lead !== nobody) forward(raft, message, 0);
      return undefined;
    case MessageType.ReadIndexResp:
      if (message.entries.length === 1) {
        raft.readStates.push({ index: message.index, context: readContextOf(message) });
      }
      return undefined;
    default:
      return undefined;
  }
}

/** Serves candidates and pre-candidates: they differ in the answers they wait for. */
export function stepCandidate(raft: Raft, message: Message): Refusal | undefined {
  switch (message.type) {
    case MessageType.Prop:
      raft.trace?.info(`${raft.id} drops a proposal: no leader`);
      return proposalDropped;
    case MessageType.App:
    case MessageType.Heartbeat:
    case MessageType.Snap:
      // Somebody else has won this term.
      raft.becomeFollower(message.term, message.from);
      takeFromLeader(raft, message);
      return undefined;
    case MessageType.PreVoteResp:
      if (raft.role === 'pre-candidate') stepVoteResponse(raft, message);
      return undefined;
    case MessageType.VoteResp:
      if (raft.role === 'candidate') stepVoteResponse(raft, message);
      return undefined;
    default:
      return undefined;
  }
}

function forward(raft: Raft, message: Message, term: number): void {
  raft.send({ ...message, to: raft.lead, from: message.from === nobody ? raft.id : message.from, term });
}

function takeFromLeader(raft: Raft, message: Message): void {
  if (message.type === MessageType.App) takeAppend(raft, message);
  else if (message.type === MessageType.Heartbeat) takeHeartbeat(raft, message);
  else takeSnapshot(raft, message);
}

function takeAppend(raft: Raft, message: Message): void {
  const log = raft.log;
  const response = newMessage(MessageType.AppResp, message.from, raft.id, raft.term);
  if (message.index < log.committed) {
    response.index = log.committed;
    raft.afterAppend.push(response);
    return;
  }
  const last = log.maybeAppend(message.index, message.logTerm, message.entries, message.commit);
  if (last >= 0) {
    response.index = last;
    raft.afterAppend.push(response);
    return;
  }
  // The best guess of where the logs still agree spares the leader from probing entry by entry.
  const hint = log.conflictHint(Math.min(message.index, log.lastIndex()), message.logTerm);
  raft.trace?.debug(
    `${raft.id} refuses the append after ${message.logTerm}/${message.index}, hints at ${hint}`,
  );
  response.index = message.index;
  response.reject = true;
  response.rejectHint = hint;
  response.logTerm = hint === 0 ? 0 : log.termOrZero(hint);
  raft.sendAfterAppend(response);
}

function takeHeartbeat(raft: Raft, message: Message): void {
  raft.log.commitTo(message.commit);
  const response = newMessage(MessageType.HeartbeatResp, message.from, raft.id, raft.term);
  response.context = message.context;
  raft.send(response);
}

function takeSnapshot(raft: Raft, message: Message): void {
  const restored = restore(raft, message.snapshot ?? emptySnapshot);
  const response = newMessage(MessageType.AppResp, message.from, raft.id, raft.term);
  response.index = restored ? raft.log.lastIndex() : raft.log.committed;
  raft.sendAfterAppend(response);
}

/** Replaces log and configuration by a snapshot. False if it is of no use. */
function restore(raft: Raft, snapshot: Snapshot): boolean {
  const { index, term, confState } = snapshot;
  if (index <= raft.log.committed) return false;
  const isMember = [confState.voters, confState.learners, confState.votersOutgoing].some((ids) =>
    ids.includes(raft.id),
  );
  if (!isMember) {
    raft.trace?.warn(`${raft.id} ignores snapshot ${term}/${index}, which does not know it`);
    return false;
  }
  // We hold all of it already: only the commit index is news.
  if (raft.log.matches(index, term)) {
    raft.trace?.info(`${raft.id} moves its commit index to that of snapshot ${term}/${index}`);
    raft.log.commitTo(index);
    return false;
  }
  raft.log.restore(snapshot);
  const { inflightMessagesMax, inflightBytesMax } = raft.tracker;
  raft.tracker = new Tracker(inflightMessagesMax, inflightBytesMax);
  const next = restoreConfig(confState, raft.tracker, raft.log.lastIndex());
  if (!next.ok) throw new Fault(`a snapshot's configuration is unusable: ${next.refusal.text}`);
  switchTo(raft, next.value);
  raft.trace?.info(`${raft.id} restored snapshot ${term}/${index}`);
  return true;
}
