import { must } from '../base/index.ts';
import type { Raft } from './core.ts';
import type { Progress } from './progress.ts';
import { unknownTerm } from './storage.ts';
import { MessageType, newMessage, noEntries, payloadBytes } from './types.ts';

/** Sends an append to a member unless its flow is paused. False if nothing was sent. */
export function sendAppend(raft: Raft, member: Progress, evenIfEmpty: boolean): boolean {
  if (member.isPaused()) return false;
  const log = raft.log;
  const prevIndex = member.next - 1;
  const prevTerm = log.term(prevIndex);
  // What the member needs next was compacted away.
  if (prevTerm === unknownTerm) return sendSnapshot(raft, member);

  // Into a full window only empty appends go: they keep the flow alive if everything under way was lost.
  const full = member.state === 'replicate' && member.inflights.full();
  const entries = full ? noEntries : log.entriesFrom(member.next, raft.messageBytesMax);
  if (entries === undefined) return sendSnapshot(raft, member);
  if (entries.length === 0 && !evenIfEmpty) return false;

  const message = newMessage(MessageType.App, member.id, raft.id, raft.term);
  message.index = prevIndex;
  message.logTerm = prevTerm;
  message.entries = entries;
  message.commit = log.committed;
  raft.messages.push(message);
  member.sentEntries(entries.length, payloadBytes(entries));
  member.sentCommit(log.committed);
  return true;
}

function sendSnapshot(raft: Raft, member: Progress): boolean {
  if (!member.recentActive) {
    raft.trace?.debug(`${raft.id} sends no snapshot to ${member.id}, which was not heard from lately`);
    return false;
  }
  const snapshot = raft.log.snapshot();
  if (snapshot === undefined) {
    raft.trace?.debug(`${raft.id} has no snapshot for ${member.id} right now`);
    return false;
  }
  must(snapshot.index === 0 ? undefined : snapshot, 'the log was compacted without a snapshot');
  raft.trace?.debug(`${raft.id} sends snapshot ${snapshot.term}/${snapshot.index} to ${member.id}`);
  member.becomeSnapshot(snapshot.index);
  const message = newMessage(MessageType.Snap, member.id, raft.id, raft.term);
  message.snapshot = snapshot;
  raft.messages.push(message);
  return true;
}

/** Sends appends to all members, also empty ones: they carry the commit index. */
export function broadcastAppend(raft: Raft): void {
  for (const member of raft.tracker.members) {
    if (member.id !== raft.id) sendAppend(raft, member, true);
  }
}

export function broadcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.heartbeatContext();
  for (const member of raft.tracker.members) {
    if (member.id === raft.id) continue;
    // Never beyond what the member is known to hold: its log could differ behind that.
    const commit = Math.min(member.match, raft.log.committed);
    const message = newMessage(MessageType.Heartbeat, member.id, raft.id, raft.term);
    message.commit = commit;
    message.context = context;
    raft.messages.push(message);
    member.sentCommit(commit);
  }
}

/** Commits what a quorum holds. True if the commit index moved. */
export function maybeCommit(raft: Raft): boolean {
  return raft.log.maybeCommit(raft.tracker.committed(), raft.term);
}
