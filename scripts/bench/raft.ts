/**
 * The consensus core alone: a group in one process, on one thread, without disk. A window of commands is kept
 * outstanding; a command counts when the leader hands it out as committed. Logs are compacted as a driver would.
 */
import { seededRandom } from '../../src/lib/base/index.ts';
import {
  MemoryStorage,
  type Message,
  RawNode,
  type Snapshot,
  decodeMessage,
  emptyConfState,
  encodeMessage,
  noBytes,
} from '../../src/lib/raft/index.ts';
import { collector } from './collect.ts';

const commandBytes = 128;
/** Entries kept behind the applied index, so that a slow follower needs no snapshot. */
const keptEntries = 2_000;
const compactEvery = 10_000;

export interface Windows {
  readonly w1: number;
  readonly w64: number;
  readonly w256: number;
}

export interface RaftBench {
  /** Commits per second with 1, 64 and 256 commands outstanding. */
  readonly nodes3: Windows;
  /** The same with every message encoded to bytes and decoded again. */
  readonly encoded: Windows;
  readonly nodes5: Windows;
  /** Time from proposal to commit with one command outstanding, in microseconds. */
  readonly latencyUs: { readonly p50: number; readonly p99: number };
  /** Bytes of heap per idle replica of a group of three, and per 10,000 entries of 128 bytes in one replica. */
  readonly memory: { readonly idleReplicaBytes: number; readonly entries10kBytes: number };
}

class Group {
  readonly #nodes: RawNode[] = [];
  readonly #stores: MemoryStorage[] = [];
  readonly #compacted: number[] = [];
  readonly #encoded: boolean;
  #inbox: Message[] = [];
  committed = 0;

  constructor(size: number, encoded: boolean) {
    this.#encoded = encoded;
    const voters = Array.from({ length: size }, (_, i) => i + 1);
    const start: Snapshot = { index: 1, term: 1, confState: { ...emptyConfState, voters }, data: noBytes };
    for (const id of voters) {
      const storage = new MemoryStorage();
      storage.applySnapshot(start);
      const config = {
        id,
        electionTicks: 10,
        heartbeatTicks: 1,
        random: seededRandom(id),
        applied: 1,
        messageBytesMax: 1024 * 1024,
        inflightMessagesMax: 512,
        preVote: true,
        checkQuorum: true,
      };
      this.#nodes.push(new RawNode(config, storage));
      this.#stores.push(storage);
      this.#compacted.push(1);
    }
  }

  get leader(): RawNode {
    const [first] = this.#nodes;
    if (first === undefined) throw new Error('a group without replicas');
    return first;
  }

  elect(): void {
    this.leader.campaign();
    this.settle();
    this.committed = 0;
  }

  /** Does all work at hand until nothing is left. */
  settle(): void {
    while (this.pump());
  }

  /** Handles one round of Readys and delivers what they sent. */
  pump(): boolean {
    const inbox = this.#inbox;
    const nodes = this.#nodes;
    let busy = false;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i];
      const storage = this.#stores[i];
      if (node === undefined || storage === undefined || !node.hasReady()) continue;
      busy = true;
      const ready = node.ready();
      if (ready.hardState !== undefined) storage.setHardState(ready.hardState);
      storage.append(ready.entries);
      for (const message of ready.messages) inbox.push(message);
      if (i === 0) this.committed += ready.committedEntries.length;
      node.advance();
      this.#compact(i, storage, node.applied);
    }
    if (inbox.length === 0) return busy;
    this.#inbox = [];
    for (const message of inbox) nodes[message.to - 1]?.step(this.#encoded ? recode(message) : message);
    return true;
  }

  tick(): void {
    for (const node of this.#nodes) node.tick();
  }

  #compact(i: number, storage: MemoryStorage, applied: number): void {
    if (applied - (this.#compacted[i] ?? 0) < compactEvery) return;
    storage.createSnapshot(applied, undefined, noBytes);
    storage.compact(applied - keptEntries);
    this.#compacted[i] = applied;
  }
}

function recode(message: Message): Message {
  const decoded = decodeMessage(encodeMessage(message));
  if (!decoded.ok) throw new Error(decoded.refusal.text);
  return decoded.value;
}

/** Exported for profiling. */
export function commitsPerSecond(size: number, window: number, encoded: boolean, forMs: number): number {
  const group = new Group(size, encoded);
  group.elect();
  const command = new Uint8Array(commandBytes).fill(7);
  let proposed = 0;
  let startedMs = performance.now();
  const run = (untilMs: number): void => {
    for (let round = 0; ; round++) {
      while (proposed - group.committed < window) {
        group.leader.propose(command);
        proposed++;
      }
      group.pump();
      if ((round & 63) === 0 && performance.now() >= untilMs) return;
      if (round % 20_000 === 0) group.tick();
    }
  };
  // The first part only warms up the optimizing compiler.
  run(startedMs + forMs / 4);
  const before = group.committed;
  startedMs = performance.now();
  run(startedMs + forMs);
  return Math.round(((group.committed - before) * 1000) / (performance.now() - startedMs));
}

function median(of: () => number, runs: number): number {
  const results = Array.from({ length: runs }, of).sort((a, b) => a - b);
  return results[runs >> 1] ?? 0;
}

function windows(size: number, encoded: boolean, forMs: number, runs: number): Windows {
  return {
    w1: median(() => commitsPerSecond(size, 1, encoded, forMs), runs),
    w64: median(() => commitsPerSecond(size, 64, encoded, forMs), runs),
    w256: median(() => commitsPerSecond(size, 256, encoded, forMs), runs),
  };
}

function latency(): { p50: number; p99: number } {
  const group = new Group(3, false);
  group.elect();
  const command = new Uint8Array(commandBytes);
  const samples: number[] = [];
  for (let i = 0; i < 60_000; i++) {
    const startedMs = performance.now();
    const target = group.committed + 1;
    group.leader.propose(command);
    while (group.committed < target) group.pump();
    if (i >= 20_000) samples.push((performance.now() - startedMs) * 1000);
    group.settle();
  }
  samples.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((samples[Math.floor(samples.length * share)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99) };
}

function memory(): RaftBench['memory'] {
  const collect = collector();
  const heapBytes = (): number => {
    // Buffers are freed by the collection after the one that freed their arrays.
    for (let i = 0; i < 3; i++) collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const groups: Group[] = [];
  const count = 1_000;
  const before = heapBytes();
  for (let i = 0; i < count; i++) {
    const group = new Group(3, false);
    group.elect();
    groups.push(group);
  }
  const idleReplicaBytes = Math.round((heapBytes() - before) / (count * 3));

  // A single voter, so that each entry is held once.
  const single = new Group(1, false);
  single.elect();
  const empty = heapBytes();
  // Just below the number at which the group compacts its log.
  for (let i = 0; i < 9_900; i++) {
    single.leader.propose(new Uint8Array(commandBytes));
    single.settle();
  }
  const entries10kBytes = Math.round(((heapBytes() - empty) * 10_000) / 9_900);
  // Used once more, so that nothing of it was collected before it was weighed.
  for (const group of [single, ...groups]) group.tick();
  return { idleReplicaBytes, entries10kBytes };
}

/** Runs everything: about 20 seconds with the defaults. */
export async function benchRaft(forMs = 600, runs = 3): Promise<RaftBench> {
  const nodes3 = windows(3, false, forMs, runs);
  const encoded = windows(3, true, forMs, runs);
  const nodes5 = windows(5, false, forMs, runs);
  return Promise.resolve({ nodes3, encoded, nodes5, latencyUs: latency(), memory: memory() });
}
