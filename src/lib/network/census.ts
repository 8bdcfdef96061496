import type { PeerId, Random } from '../base/index.ts';
import {
  censusAnswersMax,
  censusAnswersWanted,
  censusGrowth,
  censusProbabilityMin,
  censusScale,
} from './limits.ts';

/** What a peer is doing, as far as its printers go. */
export const censusStates = ['idle', 'busy', 'paused'] as const;
export type CensusState = (typeof censusStates)[number];

/** Asks everyone who hears it to answer with the given probability. */
export interface CensusQuestion {
  /** Tells one poll's answers from another's. */
  readonly id: number;
  /** Chance of an answer, in parts of `censusScale`: whole, so that all builds round alike. */
  readonly chance: number;
}

/** A number of peers that was not counted but estimated: with 1σ of the estimator itself, 0 when everyone was asked. */
export interface Estimate {
  readonly peers: number;
  readonly deviation: number;
}

export interface Census extends Estimate {
  readonly byState: Readonly<Record<CensusState, Estimate>>;
  readonly answers: number;
  /** True when more answered than are taken: there are at least `peers`. */
  readonly overflowed: boolean;
}

/** Whether this peer answers: each decides for itself. */
export function answersCensus(question: CensusQuestion, random: Random): boolean {
  return random.below(censusScale) < question.chance;
}

/**
 * How many peers there are, without asking all (seeds A0-2, A0-3, PP-46 to PP-49): everyone answers with probability p, so that n answers
 * stand for n/p peers. The variance of that estimate is N(1−p)/p (of n/p, not of n). The poller is no answer of its own poll and counts
 * itself. p follows the last result, so that about `censusAnswersWanted` peers answer however many there are.
 */
export class CensusTaker {
  readonly #random: Random;
  #othersGuess: number;
  #poll:
    | { readonly question: CensusQuestion; readonly answered: Map<PeerId, CensusState>; overflowed: boolean }
    | undefined;

  /** @param othersGuess peers besides this one, as far as known: a first p that is too large floods, one too small learns little. */
  constructor(random: Random, othersGuess: number) {
    this.#random = random;
    this.#othersGuess = Math.max(0, othersGuess);
  }

  /** Begins a poll; one that is under way is forgotten. */
  ask(): CensusQuestion {
    const p = Math.min(
      1,
      Math.max(censusProbabilityMin, censusAnswersWanted / Math.max(1, this.#othersGuess)),
    );
    const question = { id: this.#random.below(2 ** 32), chance: Math.ceil(p * censusScale) };
    this.#poll = { question, answered: new Map(), overflowed: false };
    return question;
  }

  /** An answer. Those to another poll, and second ones of a peer, do not count. */
  heard(id: number, from: PeerId, state: CensusState): void {
    const poll = this.#poll;
    if (poll === undefined || poll.question.id !== id || poll.answered.has(from)) return;
    if (poll.answered.size >= censusAnswersMax) poll.overflowed = true;
    else poll.answered.set(from, state);
  }

  /** Ends the poll. Undefined when none was under way. @param self what this peer itself is doing */
  close(self: CensusState): Census | undefined {
    const poll = this.#poll;
    if (poll === undefined) return undefined;
    this.#poll = undefined;
    const { question, answered, overflowed } = poll;
    const p = question.chance / censusScale;
    const counts: Record<CensusState, number> = { idle: 0, busy: 0, paused: 0 };
    for (const state of answered.values()) counts[state] += 1;
    const estimate = (answers: number, more: number): Estimate => ({
      peers: Math.round(answers / p) + more,
      // N(1−p)/p with N = n/p. One more than was heard: no answer at all does not mean that nobody is there for certain.
      deviation: Math.sqrt((answers + 1) * (1 - p)) / p,
    });
    const others = answered.size / p;
    // Nobody answered a rare question: there may be a few whom it passed by. Ask more of them.
    this.#othersGuess =
      answered.size === 0 || overflowed
        ? (censusAnswersWanted / p) * (overflowed ? censusGrowth : 1 / censusGrowth)
        : others;
    return {
      ...estimate(answered.size, 1),
      byState: {
        idle: estimate(counts.idle, self === 'idle' ? 1 : 0),
        busy: estimate(counts.busy, self === 'busy' ? 1 : 0),
        paused: estimate(counts.paused, self === 'paused' ? 1 : 0),
      },
      answers: answered.size,
      overflowed,
    };
  }
}

/** "about 1,240 ± 80 peers", or the plain number when all were asked. */
export function censusText(census: Census): string {
  const peers = census.peers.toLocaleString('en');
  if (census.overflowed) return `more than ${peers} peers`;
  if (census.deviation === 0) return census.peers === 1 ? 'only this peer' : `${peers} peers`;
  return `about ${peers} ± ${Math.ceil(census.deviation).toLocaleString('en')} peers`;
}
