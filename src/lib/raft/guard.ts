import type { Refusal } from '../base/index.ts';
import { decodeConfChange } from './conf-change.ts';
import { confStateRefusal } from './changer.ts';
import {
  contextBytesMax,
  entryDataBytesMax,
  membersMax,
  messageEntriesMax,
  positionMax,
  replicaIdMax,
  termJumpMax,
} from './limits.ts';
import type { RawNode } from './raw-node.ts';
import {
  type Entry,
  EntryType,
  type Message,
  MessageType,
  type Snapshot,
  isLocalType,
  isResponseType,
  nobody,
} from './types.ts';

/**
 * Why a message was not let in. `lost-data`: a leader believes that we hold what we do not hold. `contradicted`: a leader
 * holds another entry where we know of one that is committed.
 */
export type DropReason =
  | 'local-type'
  | 'wrong-target'
  | 'wrong-sender'
  | 'unknown-peer'
  | 'out-of-range'
  | 'bad-entries'
  | 'bad-snapshot'
  | 'bad-index'
  | 'lost-data'
  | 'contradicted';

const texts: Readonly<Record<DropReason, string>> = {
  'local-type': 'the message is of a type that never travels',
  'wrong-target': 'the message is for another replica',
  'wrong-sender': 'the message does not name a possible sender',
  'unknown-peer': 'the message answers us, but its sender is no member',
  'out-of-range': 'a number of the message is out of range',
  'bad-entries': 'the entries of the message do not follow each other, or cannot be read',
  'bad-snapshot': 'the snapshot of the message contradicts itself',
  'bad-index': 'the message acknowledges what was never sent',
  'lost-data': 'the leader believes that this replica holds entries that it does not hold',
  contradicted: 'the leader holds other entries than those that are known here to be committed',
};

/**
 * The door for messages from other replicas. Nothing that passes it can stop the core, whatever it says: a message
 * that makes no sense in the replica's present state is dropped, and counted by its reason. The sender is taken as
 * authenticated; that it may vote or lead is for the core to find out.
 */
export class MessageGuard {
  readonly #node: RawNode;
  readonly #counts = new Map<DropReason, number>();

  constructor(node: RawNode) {
    this.#node = node;
  }

  /** Dropped messages by reason. */
  counts(): ReadonlyMap<DropReason, number> {
    return this.#counts;
  }

  /** Hands a message to the replica if it makes sense. Tells why not otherwise. */
  step(message: Message): Refusal | undefined {
    const reason = this.#objection(message);
    if (reason === undefined) return this.#node.step(message);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    return { code: reason, text: texts[reason] };
  }

  #objection(message: Message): DropReason | undefined {
    const node = this.#node;
    const { type, from } = message;
    if (isLocalType(type) || type === MessageType.ForgetLeader) return 'local-type';
    if (message.to !== node.id) return 'wrong-target';
    if (from === node.id || !isPosition(from) || from === nobody || from > replicaIdMax)
      return 'wrong-sender';
    if (isResponseType(type) && !node.isMember(from)) return 'unknown-peer';
    if (!numbersInRange(message)) return 'out-of-range';
    // A term that runs far ahead would use up the range for everybody.
    if (!termFits(message) || message.term > node.term + termJumpMax) return 'out-of-range';
    switch (type) {
      case MessageType.App:
        return this.#appendObjection(message);
      case MessageType.Snap:
        return snapshotObjection(message.snapshot, message.term) ?? this.#snapshotContradiction(message);
      case MessageType.Heartbeat:
        return this.#commitObjection(message);
      case MessageType.AppResp:
        return this.#acknowledgementObjection(message);
      case MessageType.Prop:
        return message.entries.length > 0 && message.entries.every(isProposal) ? undefined : 'bad-entries';
      case MessageType.ReadIndex:
      case MessageType.ReadIndexResp:
        return isContext(message.entries) ? undefined : 'bad-entries';
      default:
        return undefined;
    }
  }

  #appendObjection(message: Message): DropReason | undefined {
    const { entries, index, term, logTerm } = message;
    if (entries.length > messageEntriesMax || !follow(entries, index, logTerm, term)) return 'bad-entries';
    // The beginning of the log has no term.
    if (index === 0 && logTerm !== 0) return 'bad-index';
    const contradicts =
      this.#contradicts(index, logTerm) || entries.some((e) => this.#contradicts(e.index, e.term));
    return contradicts && term >= this.#node.term ? 'contradicted' : undefined;
  }

  #snapshotContradiction({ snapshot, term }: Message): DropReason | undefined {
    if (snapshot === undefined || term < this.#node.term) return undefined;
    return this.#contradicts(snapshot.index, snapshot.term) ? 'contradicted' : undefined;
  }

  /**
   * Whether another entry is known here to be committed at that index. The core would acknowledge it unread, because the leader of a term
   * has everything that was committed before (Raft paper, figure 3, Leader Completeness): unless a voter lost its data.
   */
  #contradicts(index: number, term: number): boolean {
    const node = this.#node;
    if (index === 0 || index > node.commit) return false;
    const ours = node.termOf(index);
    return ours > 0 && ours !== term;
  }

  /** Heartbeats carry no commit index beyond what we acknowledged: if it is not here, it was lost. */
  #commitObjection(message: Message): DropReason | undefined {
    return message.commit > this.#node.lastIndex() ? 'lost-data' : undefined;
  }

  #acknowledgementObjection(message: Message): DropReason | undefined {
    const node = this.#node;
    const counts = node.role === 'leader' && message.term === node.term && !message.reject;
    return counts && message.index > node.lastIndex() ? 'bad-index' : undefined;
  }
}

function isPosition(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= positionMax;
}

function numbersInRange(message: Message): boolean {
  return (
    isPosition(message.term) &&
    isPosition(message.logTerm) &&
    isPosition(message.index) &&
    isPosition(message.commit) &&
    isPosition(message.rejectHint) &&
    message.context.length <= contextBytesMax
  );
}

/** Wishes passed on to the leader have no term (a transfer may have one); everything else must have one. */
function termFits({ type, term, logTerm }: Message): boolean {
  switch (type) {
    case MessageType.Prop:
    case MessageType.ReadIndex:
      return term === 0;
    case MessageType.TransferLeader:
      return true;
    case MessageType.Vote:
    case MessageType.PreVote:
      // The candidate's log cannot be of a later term than its candidacy.
      return term > 0 && logTerm <= term;
    default:
      return term > 0;
  }
}

function follow(entries: readonly Entry[], prevIndex: number, prevTerm: number, termMax: number): boolean {
  let index = prevIndex;
  let term = prevTerm;
  for (const entry of entries) {
    index++;
    if (entry.index !== index || entry.term < term || entry.term > termMax || entry.term === 0) return false;
    if (!isReadable(entry)) return false;
    term = entry.term;
  }
  return prevTerm <= termMax && index <= positionMax;
}

function isReadable(entry: Entry): boolean {
  if (entry.data.length > entryDataBytesMax) return false;
  return entry.type === EntryType.Normal || decodeConfChange(entry.type, entry.data) !== undefined;
}

function isProposal(entry: Entry): boolean {
  return isReadable(entry);
}

function isContext(entries: readonly Entry[]): boolean {
  const [only] = entries;
  return only !== undefined && entries.length === 1 && only.data.length <= contextBytesMax;
}

function snapshotObjection(snapshot: Snapshot | undefined, term: number): DropReason | undefined {
  if (snapshot === undefined || !isPosition(snapshot.index) || !isPosition(snapshot.term))
    return 'bad-snapshot';
  if (snapshot.index === 0 || snapshot.term === 0 || snapshot.term > term) return 'bad-snapshot';
  const { voters, learners, votersOutgoing, learnersNext } = snapshot.confState;
  const members = [...voters, ...learners, ...votersOutgoing, ...learnersNext];
  if (voters.length === 0 || members.length > membersMax) return 'bad-snapshot';
  if (members.some((id) => !isPosition(id) || id === nobody || id > replicaIdMax)) return 'bad-snapshot';
  return confStateRefusal(snapshot.confState) === undefined ? undefined : 'bad-snapshot';
}
