import type { Clock } from '../../base/index.ts';
import { claimAskEveryMs, claimDeniedMs, claimWaitMs } from '../limits.ts';

/** For whom a voter has voted in its present term, and whom it follows in it: replica ids, 0 for nobody. */
export interface VoteTold {
  readonly term: number;
  readonly vote: number;
  readonly lead: number;
}

export interface LeaderClaimsPorts {
  readonly clock: Clock;
  /**
   * Replica ids of the voters, as far as they are known here: by Raft's members and by the queue's, which may differ for a while.
   * Who has a quorum of either was elected; who cannot have one of any was not.
   */
  readonly electorates: () => readonly (readonly number[])[];
  /** This replica's own vote. */
  readonly own: () => { readonly replica: number } & VoteTold;
  /** Whether another leader is heard. */
  readonly isLed: () => boolean;
  /** Asks a voter for whom it voted; undefined when it does not say. */
  readonly ask: (replica: number) => PromiseLike<VoteTold | undefined>;
}

interface Claim {
  readonly term: number;
  readonly sinceMs: number;
  readonly said: Map<number, boolean>;
  /** What is done with the newest message of that leader once it is known whether it was elected. */
  held: ((isElected: boolean) => void) | undefined;
  verdict: 'elected' | 'not' | 'open';
  cancel: (() => void) | undefined;
}

/**
 * Whether who says that it leads was elected. Raft believes whoever sends heartbeats or appends in a later term (paper, 5.2: a term has at
 * most one leader); a voter with a changed program could say so and stand in the way for ever. Every voter knows for whom it
 * voted, so those who are here are asked. A leader is refused only when so many say no that it cannot have had a quorum: where voters are
 * away, or the members have changed and this replica does not know it, it is believed after a while.
 */
export class LeaderClaims {
  readonly #ports: LeaderClaimsPorts;
  readonly #claims = new Map<number, Claim>();
  #closed = false;

  constructor(ports: LeaderClaimsPorts) {
    this.#ports = ports;
  }

  /**
   * A message of a leader that is not followed yet.
   * @param hear takes it, now or later, with whether the sender is known to have been elected
   */
  judge(leader: number, term: number, hear: (isElected: boolean) => void): void {
    const { clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    let claim = this.#claims.get(leader);
    if (claim?.term !== term) {
      if (claim !== undefined && nowMs - claim.sinceMs < claimAskEveryMs) return;
      claim?.cancel?.();
      claim = { term, sinceMs: nowMs, said: new Map(), held: hear, verdict: 'open', cancel: undefined };
      if (this.#claims.size >= claimsMax) this.close();
      this.#closed = false;
      this.#claims.set(leader, claim);
      this.#ask(leader, claim);
      return;
    }
    // Who is away for long may know other voters than there are now, and must not lock itself out.
    const isPatient = this.#ports.isLed() || nowMs - claim.sinceMs < claimDeniedMs;
    if (claim.verdict === 'elected') hear(true);
    else if (claim.verdict === 'not' && !isPatient) hear(false);
    else if (claim.verdict === 'open') {
      claim.held = hear;
      if (nowMs - claim.sinceMs >= claimWaitMs) this.#give(claim, false);
    }
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#claims.values()) cancel?.();
    this.#claims.clear();
  }

  #ask(leader: number, claim: Claim): void {
    const { clock, electorates, own, ask } = this.#ports;
    const self = own();
    this.#heard(leader, claim, self.replica, self);
    for (const replica of new Set(electorates().flat())) {
      if (claim.verdict !== 'open') return;
      if (replica === leader || replica === self.replica) continue;
      ask(replica).then(
        (told) => {
          if (told !== undefined) this.#heard(leader, claim, replica, told);
        },
        // Who does not answer says neither yes nor no.
        () => undefined,
      );
    }
    if (claim.verdict === 'open') claim.cancel = clock.after(claimWaitMs, () => this.#give(claim, false));
  }

  #heard(leader: number, claim: Claim, replica: number, told: VoteTold): void {
    if (this.#closed || claim.verdict !== 'open') return;
    // Of a term that it has left behind a voter does not know any more for whom it voted.
    if (told.term > claim.term) return;
    // Who was no voter yet when the leader was elected follows it all the same.
    claim.said.set(replica, told.term === claim.term && [told.vote, told.lead].includes(leader));
    const counts = this.#ports.electorates().map((voters) => {
      const said = voters.map((id) => (id === leader ? true : claim.said.get(id)));
      const most = Math.floor(voters.length / 2) + 1;
      const [yes, no] = [true, false].map((word) => said.filter((each) => each === word).length);
      return { isElected: (yes ?? 0) >= most, isRefused: (no ?? 0) > voters.length - most };
    });
    if (counts.some(({ isElected }) => isElected)) {
      claim.verdict = 'elected';
      this.#give(claim, true);
    } else if (!this.#votedFor(leader, claim.term) && counts.every(({ isRefused }) => isRefused)) {
      claim.verdict = 'not';
      claim.held = undefined;
      claim.cancel?.();
    }
  }

  /** Whether this replica itself voted for that leader. Then others' word is not enough: the voters that it knows may be old ones. */
  #votedFor(leader: number, term: number): boolean {
    const own = this.#ports.own();
    return own.term === term && own.vote === leader;
  }

  #give(claim: Claim, isElected: boolean): void {
    const { held } = claim;
    claim.held = undefined;
    claim.cancel?.();
    claim.cancel = undefined;
    if (!this.#closed) held?.(isElected);
  }
}

/** Replicas that claim at a time: members of Raft are a handful. */
const claimsMax = 100;
