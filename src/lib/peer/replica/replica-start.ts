import { type Bytes, type Random, RefusalError } from '../../base/index.ts';
import { type OpenEnvelope, QueueState, openerOfLog } from '../../queue/index.ts';
import { type ConfState, type EntryType, RawNode } from '../../raft/index.ts';
import type { StoredReplica } from '../../storage/port.ts';
import {
  appendBytesMax,
  electionTicks,
  heartbeatTicks,
  inflightBytesMax,
  inflightMessagesMax,
  uncommittedBytesMax,
} from '../limits.ts';
import { parseConfState } from './replica-record.ts';
import { ReplicaStorage } from './replica-storage.ts';
import { spoken } from '../../words/index.ts';

/** A replica as its log holds it, before it does anything. */
export interface Restored {
  readonly state: QueueState;
  readonly confState: ConfState;
  readonly storage: ReplicaStorage;
  readonly snapshotIndex: number;
}

/**
 * Reads what a loaded log holds. Throws a RefusalError when that cannot be read.
 * @param genesis the queue's signed genesis
 */
export function restoreReplica(stored: StoredReplica, genesis: Bytes, open: OpenEnvelope): Restored {
  const { snapshot, hardState, entries, provenTo } = stored;
  const known = entries.filter(({ index }) => index <= provenTo).map(({ data }) => data);
  const opener = openerOfLog(open, known);
  let state = stateAtGenesis(genesis, opener);
  let confState = initialConfState;
  if (snapshot !== undefined) {
    const members = parseConfState(snapshot.confState);
    const restored = QueueState.restore(snapshot.data, opener);
    if (!members.ok || !restored.ok) {
      throw new RefusalError({ code: 'corrupt', text: 'The stored copy of this queue cannot be read.' });
    }
    confState = members.value;
    state = restored.value;
  }
  const storage = new ReplicaStorage(hardState, confState);
  if (snapshot !== undefined) storage.applySnapshot({ ...snapshot, confState });
  storage.append(entries.map((entry) => ({ ...entry, type: entry.type as EntryType })));
  return { state, confState, storage, snapshotIndex: snapshot?.index ?? 0 };
}

/** The consensus core of a replica of this app, with the settings that all of them share. */
export function startNode(replicaId: number, restored: Restored, random: Random): RawNode {
  return new RawNode(
    {
      id: replicaId,
      electionTicks,
      heartbeatTicks,
      applied: restored.snapshotIndex,
      asyncStorageWrites: true,
      preVote: true,
      checkQuorum: true,
      // Whoever was removed hands over first: the others may not know yet that it is committed (see mustGiveWay).
      stepDownOnRemoval: false,
      disableProposalForwarding: true,
      messageBytesMax: appendBytesMax,
      uncommittedBytesMax,
      inflightMessagesMax,
      inflightBytesMax,
      random,
    },
    restored.storage,
  );
}

function stateAtGenesis(genesis: Bytes, opener: OpenEnvelope): QueueState {
  const initial = QueueState.fromGenesis(genesis, opener);
  if (!initial.ok) throw new RefusalError(spoken(initial.refusal));
  return initial.value;
}

/** Every queue begins with its owner's first replica alone, id 1: all replicas agree on it without a message. */
const initialConfState: ConfState = {
  voters: [1],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};
