import type { Clock } from '../../base/index.ts';
import { type ConfState, type Message, MessageType } from '../../raft/index.ts';

/**
 * Milliseconds from one time that a leader gives way to a retired voter's term until the next. An election that is called at once takes a round trip;
 * a replica without a vote must not be able to call one after the other.
 */
const giveWayEveryMs = 60_000;
/** Terms that a retired voter may be ahead: it won pre-votes while it still had its vote, each of which is one term. */
const termsAheadMax = 1_000;

/**
 * A voter that stood for election in vain, went away and was retired meanwhile is in a later term than the leader. It refuses what a leader of an
 * earlier term says, so it never hears that it was retired; and what it answers is not believed, because it has no vote any more. Raft's way
 * out is that the leader gives way to the later term and stands in the one after. Only what Raft itself still has as a learner may cause that, and
 * not often.
 */
export class StrandedVoters {
  readonly #clock: Clock;
  #lastMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether this leader gives way to the term of a replica without a vote now.
   * @param term the leader's
   */
  givesWay(
    message: Message,
    self: { readonly role: string; readonly term: number },
    conf: ConfState,
  ): boolean {
    const ahead = message.term - self.term;
    if (message.type !== MessageType.AppResp || ahead <= 0 || ahead > termsAheadMax) return false;
    if (self.role !== 'leader' || !conf.learners.includes(message.from)) return false;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs < giveWayEveryMs) return false;
    this.#lastMs = nowMs;
    return true;
  }
}
