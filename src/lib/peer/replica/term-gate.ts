import { type Message, MessageType } from '../../raft/index.ts';
import { termRaisesKept, termRaiseEveryMs, termRaiseLedEveryMs } from '../limits.ts';

/** How a replica stands when a message of a later term comes. */
export interface Following {
  /** A leader of the present term was heard within the shortest election timeout, or this replica is it. */
  readonly isLed: boolean;
  /** Replica id of that leader, 0 for none. */
  readonly leader: number;
}

interface Budget {
  /** Raises of our term that this replica may still cause while nobody leads. */
  left: number;
  refilledMs: number;
  /** When it last raised our term although a leader was heard. */
  ledMs: number;
}

/**
 * How often one replica may raise the term of this one. A later term ends the time of whoever leads, and a voter with a
 * changed program could say one four times a second for ever: by a vote request that claims to follow a hand-over, a heartbeat or an
 * append of a leader that nobody elected, or an answer. Raft needs it seldom: a hand-over is the leader's own, signed word; who was
 * cut off and comes back needs it once; and where nobody leads, a candidate needs one election timeout and more between two candidacies.
 */
export class TermGate {
  readonly #budgets = new Map<number, Budget>();

  /**
   * Whether a message may raise our term, or does not do so.
   * @param term ours
   * @param isHandedOver whether the leader that is followed signed that the sender may stand
   */
  lets(message: Message, term: number, following: Following, isHandedOver: boolean, nowMs: number): boolean {
    if (!raisesTerm(message, term)) return true;
    // A leader may always end its own time.
    if (isHandedOver || (following.isLed && message.from === following.leader)) return true;
    // Raft itself passes over a vote request without a hand-over while a leader is heard.
    if (following.isLed && message.type === MessageType.Vote) return true;
    const budget = this.#budgetOf(message.from, nowMs);
    if (following.isLed) {
      if (nowMs - budget.ledMs < termRaiseLedEveryMs) return false;
      budget.ledMs = nowMs;
      return true;
    }
    if (budget.left < 1) return false;
    budget.left--;
    return true;
  }

  #budgetOf(replica: number, nowMs: number): Budget {
    const known = this.#budgets.get(replica);
    if (known !== undefined) {
      const refills = Math.floor((nowMs - known.refilledMs) / termRaiseEveryMs);
      known.left = Math.min(termRaisesKept, known.left + refills);
      known.refilledMs += refills * termRaiseEveryMs;
      return known;
    }
    // Members are a handful; ids that came and went need no memory.
    if (this.#budgets.size >= budgetsMax) this.#budgets.clear();
    const budget = { left: termRaisesKept, refilledMs: nowMs, ledMs: -Infinity };
    this.#budgets.set(replica, budget);
    return budget;
  }
}

/** Replicas that are remembered at a time. */
const budgetsMax = 1_000;

/** Whether Raft's core would take the term of that message for its own (etcd's raft, `Step`). */
export function raisesTerm({ type, term, reject }: Message, ours: number): boolean {
  if (term <= ours) return false;
  return type !== MessageType.PreVote && !(type === MessageType.PreVoteResp && !reject);
}

/** Whether a vote request claims to follow a hand-over, so that it interrupts a leader that is heard. */
export function claimsHandOver({ type, context }: Message): boolean {
  return (type === MessageType.Vote || type === MessageType.PreVote) && context.length > 0;
}
