import { type Bytes, type FileId, type QueueId, must, silentLog, utf8 } from '../../lib/base/index.ts';
import { FileStore } from '../../lib/files/index.ts';
import { encodeConfState, encodeReplicaRecord } from '../../lib/peer/replica/replica-record.ts';
import { type Person, TestQueue } from '../../lib/queue/fixture.ts';
import type { ConfState } from '../../lib/raft/index.ts';
import { openMemoryStore } from '../../lib/storage/memory.ts';
import type { AppendBatch, Store } from '../../lib/storage/port.ts';
import type { PeersHabits } from './habits.ts';

/** How a world begins: a queue with its members and files, already on every disk. */
export interface Setting {
  readonly queue: QueueId;
  readonly digest: Bytes;
  readonly people: readonly Person[];
  readonly files: readonly FileId[];
  /** Puts the queue and the files of one member on a disk. */
  readonly install: (member: number, store: Store) => Promise<void>;
}

const filesCount = 3;

/** @param number of the queue in its world: the same people make another one */
export async function makeSetting(habits: PeersHabits, number: number): Promise<Setting> {
  // Signed, as a queue is: what made somebody a member is asked for again.
  const queue = new TestQueue(habits.settings, true, number + 1);
  const people = [queue.owner];
  for (const { role, voter } of habits.members.slice(1)) people.push(queue.join(role, voter));
  const template = openMemoryStore();
  const files = await makeFiles(template);
  files.forEach((file, i) => {
    queue.must(queue.owner, {
      type: 'add-file',
      file,
      name: `part-${i}.gcode`,
      size: textOf(i).length,
      meta: { seconds: 600 * (i + 1) },
    });
  });
  const { state } = queue;
  const members = people.map(({ peer }) => must(state.members.get(peer), 'who joined is a member'));
  const confState: ConfState = {
    voters: members.filter(({ voter }) => voter).map(({ replicaId }) => replicaId),
    learners: members.filter(({ voter }) => !voter).map(({ replicaId }) => replicaId),
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  const book = members.map(({ replicaId, peer }) => ({ replicaId, peer }));
  const begin: AppendBatch = {
    hardState: { term: 1, vote: 0, commit: state.index },
    snapshot: {
      term: 1,
      index: state.index,
      confState: encodeConfState(confState),
      data: state.snapshot(),
    },
    durable: true,
  };
  const id = state.head.id;
  return {
    queue: id,
    digest: state.digest,
    people,
    files,
    install: async (member, store) => {
      const { replicaId, incarnation } = must(members[member], 'members are numbered');
      const record = { genesis: queue.genesis, replicaId, incarnation: incarnation as Bytes, book };
      await store.createLog(id, encodeReplicaRecord(record));
      const log = await store.openLog(id);
      await log.load();
      await log.append(begin);
      await log.close();
      await copyFiles(template, store);
    },
  };
}

function textOf(file: number): string {
  return `; part ${file}\nG28\nG1 X1 F600\n`;
}

async function makeFiles(store: Store): Promise<readonly FileId[]> {
  const files = await FileStore.open(store, silentLog);
  const ids: FileId[] = [];
  for (let i = 0; i < filesCount; i++) {
    const bytes = utf8(textOf(i));
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const added = await files.add(`part-${i}.gcode`, stream, bytes.length);
    if (!added.ok) throw new Error(added.refusal.text);
    ids.push(added.value.id);
  }
  return ids;
}

async function copyFiles(from: Store, to: Store): Promise<void> {
  for (const [key, bytes] of await from.entries('files')) await to.put('files', key, bytes);
  for (const hash of await from.chunks.hashes()) {
    await to.chunks.put(hash, must(await from.chunks.get(hash), 'a chunk that is listed is there'));
  }
}
