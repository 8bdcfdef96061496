import { type Refusal, concat, utf8 } from '../lib/base/index.ts';
import {
  type ConfChange,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  MemoryStorage,
  type Message,
  MessageType,
  RawNode,
  type Snapshot,
  appendThread,
  applyThread,
  decodeConfChange,
  emptySnapshot,
  encodeConfChange,
  entryTypeOf,
  isLocalTarget,
  newEntry,
  newMessage,
} from '../lib/raft/index.ts';
import { type Chance, DrawnTimeout } from './chance.ts';
import { describeEntries, describeMessage, describeReady } from './describe.ts';
import { Output } from './output.ts';
import { etcdEntrySize } from './etcd-size.ts';
import { ScriptError } from './script.ts';

export const electionTicks = 3;
export const heartbeatTicks = 1;

/** Settings that scripts may vary. */
export interface NodeSettings {
  asyncStorageWrites: boolean;
  preVote: boolean;
  checkQuorum: boolean;
  committedBytesMax: number;
  inflightMessagesMax: number;
  disableConfChangeValidation: boolean;
  readMode: 'safe' | 'lease';
  stepDownOnRemoval: boolean;
}

/** Storage that offers the newest state of the application as its snapshot. */
class ScriptStorage extends MemoryStorage {
  readonly history: Snapshot[] = [];

  constructor() {
    super(etcdEntrySize);
  }

  override snapshot(): Snapshot | undefined {
    return this.history.at(-1);
  }
}

interface Node {
  readonly raw: RawNode;
  readonly storage: ScriptStorage;
  readonly timeout: DrawnTimeout;
  readonly asyncStorageWrites: boolean;
  readonly appendWork: Message[];
  readonly applyWork: Message[];
}

/** A cluster as etcd's harness has it: nodes numbered from 1, and one bag of messages under way. */
export class Cluster {
  readonly output = new Output();
  readonly #chance: Chance;
  readonly #nodes: Node[] = [];
  #messages: Message[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  node(id: number): Node {
    const node = this.#nodes[id - 1];
    if (node === undefined) throw new ScriptError(`there is no node ${id}`);
    return node;
  }

  addNodes(count: number, settings: NodeSettings, start: Snapshot, applied: number): void {
    for (let i = 0; i < count; i++) {
      const id = this.#nodes.length + 1;
      const storage = new ScriptStorage();
      let snapshot = start;
      const fromSnapshot = start.index > 0 || start.data.length > 0 || hasMembers(start.confState);
      if (fromSnapshot) {
        if (start.index <= 1) throw new ScriptError('index must be specified as > 1 due to bootstrap');
        snapshot = { ...start, term: 1 };
        storage.applySnapshot(snapshot);
      }
      storage.history.push(snapshot);
      const timeout = new DrawnTimeout();
      const config = {
        ...settings,
        id,
        electionTicks,
        heartbeatTicks,
        applied,
        random: timeout,
        entrySize: etcdEntrySize,
      };
      const raw = new RawNode({ ...config, trace: this.output.log() }, storage);
      const { asyncStorageWrites } = settings;
      this.#nodes.push({ raw, storage, timeout, asyncStorageWrites, appendWork: [], applyWork: [] });
    }
  }

  /**
   * Proposes a change of members. One that a script proposes has data, also if all of it is default; the one that the
   * core proposes by itself has none.
   */
  proposeConfChange(id: number, change: ConfChange): Refusal | undefined {
    const { raw } = this.node(id);
    const encoded = encodeConfChange(change);
    const data = encoded.length === 0 ? new Uint8Array(0) : encoded;
    const message = newMessage(MessageType.Prop, id, id, 0);
    message.entries = [newEntry(0, 0, entryTypeOf(change), data)];
    return raw.step(message);
  }

  tick(id: number): void {
    const { raw, timeout } = this.node(id);
    if (raw.role !== 'leader') {
      const ticks = timeout.choose(this.#chance, raw.status().electionElapsed, electionTicks);
      if (ticks !== undefined) raw.setElectionTimeout(ticks);
    }
    raw.tick();
  }

  setElectionTimeout(id: number, ticks: number): void {
    const { raw, timeout } = this.node(id);
    raw.setElectionTimeout(ticks);
    timeout.settle();
  }

  /** Takes a node's Ready, prints it and does its work, or queues it for the node's threads. */
  processReady(id: number): void {
    const node = this.node(id);
    const ready = node.raw.ready();
    this.output.write(describeReady(ready));
    if (!node.asyncStorageWrites) {
      store(node, ready.hardState, ready.entries, ready.snapshot);
      apply(node, ready.committedEntries);
    }
    for (const message of ready.messages) {
      if (message.to === appendThread) node.appendWork.push(message);
      else if (message.to === applyThread) node.applyWork.push(message);
      else this.#messages.push(message);
    }
    if (!node.asyncStorageWrites) node.raw.advance();
  }

  processAppendThread(id: number): void {
    const node = this.node(id);
    const message = node.appendWork.shift();
    if (message === undefined) {
      this.output.write('no append work to perform');
      return;
    }
    this.#processThread(message, () => {
      const { term, vote, commit } = message;
      const hardState = term === 0 && vote === 0 && commit === 0 ? undefined : { term, vote, commit };
      store(node, hardState, message.entries, message.snapshot);
    });
  }

  processApplyThread(id: number): void {
    const node = this.node(id);
    const message = node.applyWork.shift();
    if (message === undefined) {
      this.output.write('no apply work to perform');
      return;
    }
    this.#processThread(message, () => apply(node, message.entries));
  }

  #processThread(message: Message, work: () => void): void {
    this.output.write(`Processing:\n${describeMessage({ ...message, responses: [] })}\n`);
    work();
    this.output.write('Responses:\n');
    for (const response of message.responses) this.output.write(`${describeMessage(response)}\n`);
    this.#messages.push(...message.responses);
  }

  /** Delivers or drops what is under way to a node. Gives the number of messages. */
  deliver(id: number, type: MessageType | undefined, drop: boolean): number {
    const taken = this.#messages.filter((message) => isFor(message, id, type, drop));
    this.#messages = this.#messages.filter((message) => !isFor(message, id, type, drop));
    for (const message of taken) {
      this.output.write(`${drop ? 'dropped: ' : ''}${describeMessage(message)}\n`);
      if (drop) continue;
      this.printRefusal(this.node(id).raw.step(message), '\n');
    }
    return taken.length;
  }

  hasMessagesFor(id: number): boolean {
    return this.#messages.some((message) => message.to === id);
  }

  /** Puts a message under way that no node has sent by itself. */
  inject(message: Message): void {
    this.#messages.push(message);
  }

  printLog(id: number): void {
    const { storage } = this.node(id);
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) this.output.write(`log is empty: first index=${first}, last index=${last}`);
    else this.output.write(describeEntries(storage.all()));
  }

  printRefusal(refusal: Refusal | undefined, end = ''): void {
    if (refusal !== undefined) this.output.write(`${refusal.text}${end}`);
  }

  /** Runs Ready handling, deliveries and threads of the nodes until nothing is left to do. */
  stabilize(ids: readonly number[]): void {
    for (;;) {
      let done = true;
      const turn = (id: number, what: string, run: () => void): void => {
        this.output.write(`> ${id} ${what}\n`);
        run();
        done = false;
      };
      const { output } = this;
      for (const id of ids) {
        if (!this.node(id).raw.hasReady()) continue;
        turn(id, 'handling Ready', () => output.indented(() => this.processReady(id)));
      }
      for (const id of ids) {
        if (!this.hasMessagesFor(id)) continue;
        turn(id, 'receiving messages', () => output.indented(() => this.deliver(id, undefined, false)));
      }
      for (const id of ids) {
        if (this.node(id).appendWork.length === 0) continue;
        turn(id, 'processing append thread', () => {
          while (this.node(id).appendWork.length > 0) output.indented(() => this.processAppendThread(id));
        });
      }
      for (const id of ids) {
        if (this.node(id).applyWork.length === 0) continue;
        turn(id, 'processing apply thread', () => {
          while (this.node(id).applyWork.length > 0) output.indented(() => this.processApplyThread(id));
        });
      }
      if (done) return;
    }
  }
}

function hasMembers(state: ConfState): boolean {
  return state.voters.length > 0 || state.learners.length > 0;
}

/** Local messages are delivered reliably: they cannot be dropped. */
function isFor(message: Message, id: number, type: MessageType | undefined, drop: boolean): boolean {
  const local = message.from === message.to || isLocalTarget(message.from) || isLocalTarget(message.to);
  return message.to === id && !(drop && local) && (type === undefined || message.type === type);
}

function store(
  node: Node,
  hardState: HardState | undefined,
  entries: readonly Entry[],
  snapshot: Snapshot | undefined,
): void {
  if (hardState !== undefined) node.storage.setHardState(hardState);
  if (snapshot === undefined || snapshot.index === 0) {
    node.storage.append(entries);
    return;
  }
  if (entries.length > 0) throw new ScriptError("can't apply snapshot and entries at the same time");
  const refusal = node.storage.applySnapshot(snapshot);
  if (refusal !== undefined) throw new ScriptError(refusal.text);
}

/** The application of the scripts: it strings all data together, and keeps every state as a snapshot. */
function apply(node: Node, entries: readonly Entry[]): void {
  for (const entry of entries) {
    const change = decodeConfChange(entry.type, entry.data);
    const before = node.storage.history.at(-1) ?? emptySnapshot;
    const confState = change === undefined ? before.confState : node.raw.applyConfChange(change);
    const update = entry.type === EntryType.Normal ? entry.data : (change?.context ?? utf8(''));
    const { index, term } = entry;
    node.storage.history.push({ index, term, confState, data: concat(before.data, update) });
  }
}
