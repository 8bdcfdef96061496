/** Replicas for tests: one alone, or a whole group with a network that a test can cut. */
import { type Random, must, utf8 } from '../base/index.ts';
import type { RaftConfig } from './core.ts';
import { RawNode } from './raw-node.ts';
import { MemoryStorage } from './storage.ts';
import {
  type Entry,
  EntryType,
  type HardState,
  type Message,
  type MessageType,
  emptyConfState,
  newEntry,
  newMessage,
  noBytes,
} from './types.ts';
import { decodeConfChange } from './conf-change.ts';

/** Gives always the same: timeouts are `electionTicks + value`. */
export function fixedRandom(value = 0): Random {
  return { below: (bound) => Math.min(value, bound - 1), bytes: (length) => new Uint8Array(length) };
}

export function entry(term: number, index: number, text = ''): Entry {
  return newEntry(term, index, EntryType.Normal, utf8(text));
}

/** Entries from index 1 on with the given terms. */
export function logOf(...terms: readonly number[]): Entry[] {
  return terms.map((term, i) => entry(term, i + 1, `${term}/${i + 1}`));
}

export function message(
  type: MessageType,
  from: number,
  term: number,
  fields: Partial<Message> = {},
): Message {
  return { ...newMessage(type, 1, from, term), ...fields };
}

interface StartState {
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly log?: readonly Entry[];
  readonly hardState?: HardState;
}

/** One replica with its storage. `take()` does the work of its Readys and gives the messages that left. */
export class Replica {
  readonly storage = new MemoryStorage();
  readonly node: RawNode;
  readonly applied: Entry[] = [];
  readonly reads: { index: number; context: Uint8Array }[] = [];

  constructor(start: StartState = {}, config: Partial<RaftConfig> = {}) {
    const confState = {
      ...emptyConfState,
      voters: start.voters ?? [1, 2, 3],
      learners: start.learners ?? [],
    };
    this.storage = new BootStorage(confState);
    this.storage.append(start.log ?? []);
    if (start.hardState !== undefined) this.storage.setHardState(start.hardState);
    const defaults = { id: 1, electionTicks: 10, heartbeatTicks: 1, random: fixedRandom() };
    this.node = new RawNode({ ...defaults, ...config }, this.storage);
  }

  take(): Message[] {
    const sent: Message[] = [];
    while (this.node.hasReady()) {
      const ready = this.node.ready();
      if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
      if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
      this.storage.append(ready.entries);
      sent.push(...ready.messages);
      this.reads.push(...ready.readStates);
      for (const item of ready.committedEntries) {
        this.applied.push(item);
        const change = decodeConfChange(item.type, item.data);
        if (change !== undefined) this.node.applyConfChange(change);
      }
      this.node.advance();
    }
    return sent;
  }

  /** Steps messages and gives what left in answer. */
  step(...messages: readonly Message[]): Message[] {
    for (const item of messages) this.node.step(item);
    return this.take();
  }

  tick(count: number): Message[] {
    for (let i = 0; i < count; i++) this.node.tick();
    return this.take();
  }

  terms(): number[] {
    return this.storage.all().map(({ term }) => term);
  }
}

class BootStorage extends MemoryStorage {
  readonly #confState: typeof emptyConfState;

  constructor(confState: typeof emptyConfState) {
    super();
    this.#confState = confState;
  }

  override initialState() {
    const { hardState, confState } = super.initialState();
    return { hardState, confState: confState.voters.length > 0 ? confState : this.#confState };
  }
}

/** Replicas 1 … n and the messages between them. */
export class TestGroup {
  readonly replicas: Replica[] = [];
  readonly cut = new Set<number>();

  constructor(
    size: number,
    config: Partial<RaftConfig> = {},
    starts: readonly StartState[] = [],
    voters = Array.from({ length: size }, (_, i) => i + 1),
  ) {
    for (let id = 1; id <= size; id++) {
      this.replicas.push(new Replica({ voters, ...starts[id - 1] }, { ...config, id }));
    }
  }

  at(id: number): Replica {
    return must(this.replicas[id - 1], `no replica ${id}`);
  }

  /** Delivers until nothing moves. Replicas that are cut off neither send nor receive. */
  settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const replica of this.replicas) {
        for (const item of replica.take()) {
          busy = true;
          if (!this.cut.has(item.from) && !this.cut.has(item.to)) this.replicas[item.to - 1]?.node.step(item);
        }
      }
    }
  }

  elect(id: number): void {
    this.at(id).node.campaign();
    this.settle();
  }

  propose(id: number, text: string): void {
    this.at(id).node.propose(utf8(text));
    this.settle();
  }

  tick(id: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.at(id).node.tick();
      this.settle();
    }
  }
}

export const nothing = noBytes;
