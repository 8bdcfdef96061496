import { assert } from '../base/index.ts';

/**
 * The append messages that are under way to one follower, each known by its last index. Bounded by number and by
 * payload bytes; the byte bound may be passed by the one message that reaches it.
 */
export class Inflights {
  readonly #countMax: number;
  readonly #bytesMax: number;
  #ends: number[] = [];
  #sizes: number[] = [];
  #head = 0;
  #bytes = 0;

  /** `bytesMax` 0 means: no bound by bytes. */
  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#ends.length - this.#head;
  }

  full(): boolean {
    return this.count >= this.#countMax || (this.#bytesMax !== 0 && this.#bytes >= this.#bytesMax);
  }

  /** Notes a message that ends with `index`. Indices must grow. */
  add(index: number, bytes: number): void {
    assert(!this.full(), 'a message was added to a full window');
    this.#ends.push(index);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** Forgets all messages that end at or before `index`. */
  free(index: number): void {
    const ends = this.#ends;
    let head = this.#head;
    while (head < ends.length && (ends[head] ?? Infinity) <= index) {
      this.#bytes -= this.#sizes[head] ?? 0;
      head++;
    }
    if (head === ends.length) {
      ends.length = 0;
      this.#sizes.length = 0;
      this.#head = 0;
      return;
    }
    this.#head = head;
    if (head >= 64 && head * 2 > ends.length) {
      this.#ends = ends.slice(head);
      this.#sizes = this.#sizes.slice(head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#ends.length = 0;
    this.#sizes.length = 0;
    this.#head = 0;
    this.#bytes = 0;
  }
}

/**
 * `probe`: at most one append per heartbeat, to find out where the logs part. `replicate`: appends are sent
 * ahead of their answers. `snapshot`: a snapshot is on its way, no appends until it arrived.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** What a leader knows of one member's log. Always 0 ≤ match < next. */
export class Progress {
  readonly id: number;
  /** Highest index at which the member's log is known to be the same as ours. */
  match: number;
  /** Next index to send; what lies between match and next is under way. */
  next: number;
  state: ProgressState = 'probe';
  /** Index of the snapshot under way; 0 when there is none. */
  pendingSnapshot = 0;
  /** Heard from since the last quorum check. */
  recentActive: boolean;
  /** No more appends until the member is heard from. */
  paused = false;
  isLearner: boolean;
  readonly inflights: Inflights;
  /** Highest commit index that was sent and that the member can use. */
  #sentCommit = 0;

  constructor(
    id: number,
    match: number,
    next: number,
    inflights: Inflights,
    isLearner: boolean,
    recentActive: boolean,
  ) {
    this.id = id;
    this.match = match;
    this.next = next;
    this.inflights = inflights;
    this.isLearner = isLearner;
    this.recentActive = recentActive;
  }

  /** A copy that a configuration change may alter. The window of messages under way stays shared. */
  copy(): Progress {
    const copy = new Progress(
      this.id,
      this.match,
      this.next,
      this.inflights,
      this.isLearner,
      this.recentActive,
    );
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.paused = this.paused;
    copy.#sentCommit = this.#sentCommit;
    return copy;
  }

  /** Starts over at the beginning of a term. */
  restart(match: number, next: number): void {
    this.match = match;
    this.next = next;
    this.recentActive = false;
    this.#sentCommit = 0;
    this.#enter('probe');
  }

  becomeProbe(): void {
    // A snapshot that was reported as delivered need not be sent again: go on behind it.
    const behindSnapshot = this.state === 'snapshot' ? this.pendingSnapshot + 1 : 0;
    this.#enter('probe');
    this.next = Math.max(this.match + 1, behindSnapshot);
    this.#boundSentCommit();
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.#sentCommit = index;
  }

  /** Notes an append message with that many entries, starting at `next`. */
  sentEntries(count: number, bytes: number): void {
    if (this.state === 'replicate') {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      // A message into a full window counts as a probe, so that lost messages cannot stop replication for ever.
      this.paused = this.inflights.full();
      return;
    }
    assert(this.state === 'probe', 'an append was sent while a snapshot is under way');
    if (count > 0) this.paused = true;
  }

  /** True if telling that commit index could move the member's own. */
  canBumpCommit(commit: number): boolean {
    return commit > this.#sentCommit && this.#sentCommit < this.next - 1;
  }

  sentCommit(commit: number): void {
    this.#sentCommit = commit;
  }

  /** Takes an acknowledgement. False if it is old. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.paused = false;
    return true;
  }

  /** Takes a rejection of the append after `rejected`, with the member's guess. False if it is old. */
  maybeDecrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#boundSentCommit();
      return true;
    }
    // Probes go one at a time: a rejection of any other index answers an older one.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.#boundSentCommit();
    this.paused = false;
    return true;
  }

  isPaused(): boolean {
    return this.state === 'snapshot' || this.paused;
  }

  #enter(state: ProgressState): void {
    this.paused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.clear();
  }

  #boundSentCommit(): void {
    if (this.#sentCommit >= this.next) this.#sentCommit = this.next - 1;
  }
}
