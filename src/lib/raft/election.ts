import type { Raft } from './core.ts';
import { broadcastAppend } from './replication.ts';
import { EntryType, type Message, MessageType, newMessage, noBytes, nobody } from './types.ts';

export type CampaignKind = 'pre-election' | 'election' | 'transfer';

/** Context of vote requests that follow a leadership transfer: they may interrupt a living leader. */
const transferContext: Uint8Array = Uint8Array.of(1);

/** Starts a campaign if this replica may stand at all. */
export function hup(raft: Raft, kind: CampaignKind): void {
  if (raft.role === 'leader') {
    raft.trace?.debug(`${raft.id} leads already`);
    return;
  }
  if (!raft.promotable()) {
    raft.trace?.warn(`${raft.id} may not stand for election`);
    return;
  }
  if (hasUnappliedConfChange(raft)) {
    raft.trace?.warn(`${raft.id} does not stand for election before it knows the committed members`);
    return;
  }
  raft.trace?.info(`${raft.id} starts an election in term ${raft.term}`);
  campaign(raft, kind);
}

function hasUnappliedConfChange(raft: Raft): boolean {
  const log = raft.log;
  let at = log.applied + 1;
  while (at <= log.committed) {
    // In pages, so that a long unapplied log is not copied at once.
    const page = log.slice(at, log.committed + 1, log.applyingBytesMax);
    if (page === undefined || page.length === 0) return false;
    for (const entry of page) if (entry.type !== EntryType.Normal) return true;
    at += page.length;
  }
  return false;
}

function campaign(raft: Raft, kind: CampaignKind): void {
  if (kind === 'pre-election') raft.becomePreCandidate();
  else raft.becomeCandidate();
  const type = kind === 'pre-election' ? MessageType.PreVote : MessageType.Vote;
  // A pre-vote asks for the term that would come.
  const term = kind === 'pre-election' ? raft.term + 1 : raft.term;
  const lastIndex = raft.log.lastIndex();
  const lastTerm = raft.log.lastTerm();
  for (const id of raft.tracker.voters()) {
    if (id === raft.id) {
      // Our own vote counts once it is durable, like everybody's.
      raft.sendAfterAppend(newMessage(voteResponse(type), id, id, term));
      continue;
    }
    const message = newMessage(type, id, raft.id, term);
    message.index = lastIndex;
    message.logTerm = lastTerm;
    message.context = kind === 'transfer' ? transferContext : noBytes;
    raft.trace?.info(
      `${raft.id} asks ${id} for its vote in term ${term}, log ends at ${lastTerm}/${lastIndex}`,
    );
    raft.send(message);
  }
}

export function voteResponse(type: MessageType): MessageType {
  return type === MessageType.Vote ? MessageType.VoteResp : MessageType.PreVoteResp;
}

/** A vote request that must be ignored because this replica heard from a leader within the election timeout. */
export function ignoredByLease(raft: Raft, message: Message): boolean {
  const forced = message.context.length === 1 && message.context[0] === transferContext[0];
  return !forced && raft.checkQuorum && raft.lead !== nobody && raft.electionElapsed < raft.electionTicks;
}

/**
 * Answers a vote request of this term (or a pre-vote of a later one). Learners vote too: one that was promoted may
 * not know it yet, while the candidate does.
 */
export function stepVote(raft: Raft, message: Message): void {
  const isVote = message.type === MessageType.Vote;
  const mayVote =
    raft.vote === message.from ||
    (raft.vote === nobody && raft.lead === nobody) ||
    (!isVote && message.term > raft.term);
  const granted = mayVote && raft.log.isUpToDate(message.index, message.logTerm);
  raft.trace?.info(
    `${raft.id} ${granted ? 'grants' : 'refuses'} ${message.from} its vote in term ${message.term}`,
  );
  // A grant bears the term that was asked for (for pre-votes it is ahead of ours), a refusal our own.
  const term = granted ? message.term : raft.term;
  const response = newMessage(voteResponse(message.type), message.from, raft.id, term);
  response.reject = !granted;
  raft.sendAfterAppend(response);
  if (granted && isVote) {
    raft.electionElapsed = 0;
    raft.vote = message.from;
  }
}

/** Counts a vote for our candidacy. */
export function stepVoteResponse(raft: Raft, message: Message): void {
  raft.tracker.recordVote(message.from, !message.reject);
  const { granted, rejected, result } = raft.tracker.tally();
  raft.trace?.info(`${raft.id} has ${granted} votes and ${rejected} rejections in term ${raft.term}`);
  if (result === 'lost') {
    // A pre-vote's answer bears a later term: stay in ours.
    raft.becomeFollower(raft.term, nobody);
  } else if (result === 'won') {
    if (raft.role === 'pre-candidate') {
      campaign(raft, 'election');
    } else {
      raft.becomeLeader();
      broadcastAppend(raft);
    }
  }
}
