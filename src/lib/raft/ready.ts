import type { Raft } from './core.ts';
import {
  type Entry,
  type HardState,
  type Message,
  MessageType,
  type ReadState,
  type Snapshot,
  type SoftState,
  appendThread,
  applyThread,
  newMessage,
  noMessages,
} from './types.ts';

/**
 * Work for the driver. Without asynchronous storage writes: (1) store `hardState`, `entries` and `snapshot`, flushed if
 * `mustSync`; (2) send `messages`; (3) apply `snapshot`, then `committedEntries`; (4) call `advance()`. With them:
 * everything that must be stored or applied is also in `messages`, as `StorageAppend` and `StorageApply`.
 */
export interface Ready {
  /** Set when leader or role changed. */
  readonly softState: SoftState | undefined;
  /** Set when term, vote or commit index changed. */
  readonly hardState: HardState | undefined;
  readonly readStates: readonly ReadState[];
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  readonly committedEntries: readonly Entry[];
  readonly messages: readonly Message[];
  /** The write must be flushed before messages leave. A new commit index alone need not be. */
  readonly mustSync: boolean;
}

/** Work for the log writer, with everything that may be sent once it is durable. */
export function storageAppend(
  raft: Raft,
  entries: readonly Entry[],
  hardState: HardState | undefined,
  snapshot: Snapshot | undefined,
): Message {
  const message = newMessage(MessageType.StorageAppend, appendThread, raft.id, 0);
  message.entries = entries;
  message.snapshot = snapshot;
  if (hardState !== undefined) {
    message.term = hardState.term;
    message.vote = hardState.vote;
    message.commit = hardState.commit;
  }
  const responses = raft.afterAppend;
  if (raft.log.unstable.length > 0 || snapshot !== undefined)
    responses.push(storageAppendResponse(raft, snapshot));
  message.responses = responses.length > 0 ? responses : noMessages;
  return message;
}

/**
 * Attests, for this term, that everything unstable up to the end of the log is durable once all writes so far are. It
 * goes with every write while anything is unstable, not only with entries: one that arrives in a later term is ignored
 * (writes under way may have replaced what it speaks of), and another must follow.
 */
export function storageAppendResponse(raft: Raft, snapshot: Snapshot | undefined): Message {
  const message = newMessage(MessageType.StorageAppendResp, raft.id, appendThread, raft.term);
  if (raft.log.unstable.length > 0) {
    message.index = raft.log.lastIndex();
    message.logTerm = raft.log.lastTerm();
  }
  message.snapshot = snapshot;
  return message;
}

export function storageApply(raft: Raft, entries: readonly Entry[]): Message {
  const message = newMessage(MessageType.StorageApply, applyThread, raft.id, 0);
  message.entries = entries;
  message.responses = [storageApplyResponse(raft, entries)];
  return message;
}

/** Without a term: committed entries hold in any. */
export function storageApplyResponse(raft: Raft, entries: readonly Entry[]): Message {
  const message = newMessage(MessageType.StorageApplyResp, raft.id, applyThread, 0);
  message.entries = entries;
  return message;
}
