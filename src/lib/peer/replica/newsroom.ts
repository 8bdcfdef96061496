import { type Bytes, type Clock, type PeerId, concat, encode, hex, sha256, utf8 } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import type { Feed } from './feed.ts';
import type { Identity } from '../identity.ts';
import {
  listenAnswerBytesMax,
  listenerForgetMs,
  listenersPerTopicMax,
  newsBeatMs,
  newsBytesMax,
  newsDelayMs,
} from '../limits.ts';
import { signNews } from './news.ts';
import { Rounds } from '../rounds.ts';
import type { ListenReply } from '../wire-shapes.ts';

export interface NewsroomPorts {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly identity: Identity;
  readonly queue: Bytes;
  /** A queue of the local network names no topics: peers of other queues would hear of them. */
  readonly lan: () => boolean;
  readonly leads: () => boolean;
  readonly leader: () => PeerId | undefined;
  readonly feed: (after: number, bytesMax: number) => Feed | undefined;
  /** Peers that may have what is not here. */
  readonly others: () => readonly PeerId[];
}

/**
 * The voters' side of listening: answers those who ask, and, on a leader, tells what is committed to topics. The leader gives every listener its
 * topic, so many to each, and tells news only where somebody listens.
 */
export class Newsroom {
  readonly #ports: NewsroomPorts;
  readonly #places = new Map<PeerId, { readonly topic: number; askedMs: number }>();
  #toldAt = 0;
  #cancelTell: (() => void) | undefined;
  readonly #beats: Rounds;

  constructor(ports: NewsroomPorts) {
    this.#ports = ports;
    this.#beats = new Rounds(ports.clock, newsBeatMs, () => this.#beat());
  }

  /** When that peer last asked, by this clock's monotonic time, if it did so lately: then it does listen. */
  askedMs(peer: PeerId): number | undefined {
    return this.#places.get(peer)?.askedMs;
  }

  /** The answer to a member that has the log up to `after`. */
  answer(from: PeerId, after: number): ListenReply {
    const { feed, leads, leader, lan, others } = this.#ports;
    const found = feed(after, listenAnswerBytesMax);
    if (found === undefined) return { kind: 'elsewhere', peers: others().slice(0, 20) };
    const topic = leads() ? this.#place(from) : undefined;
    return {
      kind: 'news',
      news: this.#sign(found),
      topic: topic === undefined || lan() ? '' : topicName(this.#ports.queue, topic),
      leader: leader() ?? null,
    };
  }

  /** Something was applied. */
  applied(): void {
    if (!this.#ports.leads()) {
      this.#places.clear();
      return;
    }
    if (this.#places.size === 0) return;
    this.#cancelTell ??= this.#ports.clock.after(newsDelayMs, () => {
      this.#cancelTell = undefined;
      this.#tell();
    });
  }

  close(): void {
    this.#cancelTell?.();
    this.#beats.close();
  }

  /** @returns whether somebody still listens here */
  #beat(): boolean {
    const now = this.#ports.clock.monotonicMs();
    for (const [peer, { askedMs }] of this.#places) {
      if (now - askedMs > listenerForgetMs) this.#places.delete(peer);
    }
    if (this.#ports.leads()) this.#tell();
    else this.#places.clear();
    return this.#places.size > 0;
  }

  #tell(): void {
    const { feed, wire, lan } = this.#ports;
    if (lan() || this.#places.size === 0) return;
    // What does not fit, or is folded away, is fetched: the checkpoint says that it is there.
    const fresh = feed(this.#toldAt, newsBytesMax);
    const at = fresh?.at ?? 0;
    const whole = fresh !== undefined && fresh.offer === null && fresh.first + fresh.entries.length > at;
    const news = whole && sizeOf(fresh) <= newsBytesMax ? fresh : feed(at, newsBytesMax);
    if (news === undefined) return;
    this.#toldAt = at;
    const signed = this.#sign(news);
    const topics = new Set([...this.#places.values()].map(({ topic }) => topic));
    for (const topic of topics) wire.publish(topicName(this.#ports.queue, topic), signed);
  }

  #place(peer: PeerId): number {
    const askedMs = this.#ports.clock.monotonicMs();
    const known = this.#places.get(peer);
    if (known !== undefined) {
      known.askedMs = askedMs;
      return known.topic;
    }
    const sizes: number[] = [];
    for (const { topic } of this.#places.values()) sizes[topic] = (sizes[topic] ?? 0) + 1;
    let topic = 0;
    while ((sizes[topic] ?? 0) >= listenersPerTopicMax) topic++;
    this.#places.set(peer, { topic, askedMs });
    this.#beats.start();
    return topic;
  }

  #sign(feed: Feed): Bytes {
    return signNews(this.#ports.identity, { queue: this.#ports.queue, ...feed });
  }
}

function sizeOf(feed: Feed): number {
  return feed.entries.reduce((sum, [, , data]) => sum + data.length, 0);
}

/** The name tells nobody the queue who does not know it. */
export function topicName(queue: Bytes, topic: number): string {
  const name = hex(sha256(concat(utf8('peerprint/topic/1\n'), queue)).subarray(0, 16));
  return `peerprint/listen/1/${name}/${topic}`;
}

export function encodeListenReply(reply: ListenReply): Bytes {
  return encode({ ...reply });
}
