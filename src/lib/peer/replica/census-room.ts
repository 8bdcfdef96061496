import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type Random,
  encode,
  equalBytes,
  messageOf,
} from '../../base/index.ts';
import { type Census, type CensusState, CensusTaker, answersCensus } from '../../network/census.ts';
import { censusProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import type { Member } from '../../queue/index.ts';
import { type CensusMessage, openQuestion, signQuestion } from './census-words.ts';
import type { Identity } from '../identity.ts';
import {
  censusAnswersAtOnceMax,
  censusAskersMax,
  censusEveryMs,
  censusQuestionBytesMax,
  censusSpreadMs,
  censusWaitMs,
  requestTimeoutMs,
} from '../limits.ts';

export interface CensusPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wire: Wire;
  readonly identity: Identity;
  readonly queue: Bytes;
  readonly members: () => ReadonlyMap<PeerId, Pick<Member, 'voter'>>;
  /** A queue of the local network has no topics: there everyone who is connected is asked. */
  readonly lan: () => boolean;
  readonly leader: () => PeerId | undefined;
  /** Tells a question where this peer tells or hears news: who leads tells it to everyone who listens. */
  readonly spread: (question: Uint8Array) => void;
  /** What this peer's printers do. */
  readonly doing: () => CensusState;
}

/** What one poll is waiting for. */
interface Poll {
  readonly id: number;
  readonly ends: Promise<Census | undefined>;
  readonly end: () => void;
}

/**
 * How many peers of a queue are awake, and what they do, without asking all: the question goes to who leads, who passes it on to the other voters and to
 * all listeners; whoever hears it answers by chance, straight to the one that asks. Each poll says how rare the answers of the next one are to be.
 */
export class CensusRoom {
  readonly #ports: CensusPorts;
  #taker: CensusTaker | undefined;
  #poll: Poll | undefined;
  /** Who asked last, with what and when: the same question comes by several ways, and nobody may ask without a pause. */
  readonly #heard = new Map<PeerId, { readonly id: number; readonly atMs: number }>();
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(ports: CensusPorts) {
    this.#ports = ports;
  }

  /** Takes a census, or joins the one under way. Undefined when the queue is closed meanwhile. */
  poll(): Promise<Census | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return (this.#poll ??= this.#ask()).ends;
  }

  /** News of a topic. True for a question of a member: it is passed on. */
  hear(news: Bytes): boolean {
    return news.length <= censusQuestionBytesMax && this.#question(news);
  }

  /** What a peer said straight to this one. */
  receive(from: PeerId, message: CensusMessage): void {
    if (!this.#ports.members().has(from)) return;
    if (message.kind === 'question') this.#question(message.question, from);
    else this.#taker?.heard(message.i, from, message.state);
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
    this.#poll?.end();
  }

  #ask(): Poll {
    const { clock, random, identity, queue, members, doing } = this.#ports;
    const all = members();
    const taker = (this.#taker ??= new CensusTaker(random, all.size - 1));
    const question = taker.ask();
    const signed = signQuestion(identity, queue, question);
    this.#passOn(signed, identity.peer);
    let end = (): void => undefined;
    const ends = new Promise<Census | undefined>((resolve) => {
      const cancel = clock.after(censusWaitMs, () => end());
      end = () => {
        cancel();
        this.#poll = undefined;
        resolve(this.#closed ? undefined : taker.close(doing()));
      };
    });
    return { id: question.id, ends, end };
  }

  /** @returns whether it is a question of a member, one that need not be new */
  #question(signed: Bytes, from?: PeerId): boolean {
    const { clock, random, queue, members, identity } = this.#ports;
    const opened = openQuestion(signed);
    if (!opened.ok) return false;
    const { by, question } = opened.value;
    if (by === identity.peer || !equalBytes(opened.value.queue, queue) || !members().has(by)) return false;
    const last = this.#heard.get(by);
    const now = clock.monotonicMs();
    if (last?.id === question.id) return true;
    if (last !== undefined && now - last.atMs < censusEveryMs) return false;
    this.#heard.delete(by);
    this.#heard.set(by, { id: question.id, atMs: now });
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size <= censusAskersMax) break;
      this.#heard.delete(oldest);
    }
    if (this.#waiting.size < censusAnswersAtOnceMax && answersCensus(question, random))
      this.#answerSoon(by, question.id);
    // A listener's own room passes it on by itself; a voter brings it to who leads, and who leads to everyone.
    if (members().get(identity.peer)?.voter === true) this.#passOn(signed, by, from);
    return true;
  }

  /** Brings a question to who leads; without one within reach, to every voter. Who leads passes it on to voters and listeners. */
  #passOn(question: Bytes, by: PeerId, from?: PeerId): void {
    const { wire, identity, queue, members, lan, leader, spread } = this.#ports;
    const all = members();
    const here = new Set(wire.connections().map(({ peer }) => peer));
    const leading = leader();
    const leads = leading === identity.peer;
    const toLeader = !leads && leading !== undefined && here.has(leading) && !lan();
    if (leads || by === identity.peer) spread(question);
    for (const peer of here) {
      const member = all.get(peer);
      if (member === undefined || peer === by || peer === from) continue;
      const asked = toLeader
        ? peer === leading
        : by === identity.peer || leads
          ? member.voter || lan()
          : false;
      if (asked) this.#say(peer, { v: 1, q: queue, kind: 'question', question });
    }
  }

  /** Not all at the same time: the one that asks hears fifty. */
  #answerSoon(to: PeerId, id: number): void {
    const { clock, random, queue, doing } = this.#ports;
    const cancel = clock.after(random.below(censusSpreadMs), () => {
      this.#waiting.delete(cancel);
      this.#say(to, { v: 1, q: queue, kind: 'answer', i: id, state: doing() });
    });
    this.#waiting.add(cancel);
  }

  #say(to: PeerId, message: CensusMessage): void {
    const { wire, log } = this.#ports;
    wire
      .request(to, censusProtocol, encode({ ...message }), requestTimeoutMs)
      .catch((error: unknown) => log.debug(`${to} takes no part in a census: ${messageOf(error)}`));
  }
}

const printingStates: ReadonlySet<string> = new Set([
  'starting',
  'printing',
  'resuming',
  'cancelling',
  'finishing',
]);
const pausedStates: ReadonlySet<string> = new Set(['pausing', 'paused']);

/** What a peer counts as: busy when any of its printers prints, else paused when one waits in a print, else idle. */
export function doingOf(printers: readonly { readonly state: string }[]): CensusState {
  if (printers.some(({ state }) => printingStates.has(state))) return 'busy';
  return printers.some(({ state }) => pausedStates.has(state)) ? 'paused' : 'idle';
}
