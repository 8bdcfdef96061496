import { type Bytes, type Clock, type PeerId, type Random, encode } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { newsProtocol } from '../../network/protocols.ts';
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
import { roomKeyBytes, seal, sealNonceBytes, topicOf } from './sealed-news.ts';
import { Rounds } from '../rounds.ts';
import type { ListenReply } from '../wire-shapes.ts';

export interface NewsroomPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly wire: Wire;
  readonly identity: Identity;
  readonly queue: Bytes;
  /** A queue of the local network has no topics: peers of other queues would hear of them. Its news are told straight. */
  readonly lan: () => boolean;
  readonly leads: () => boolean;
  readonly leader: () => PeerId | undefined;
  readonly feed: (after: number, bytesMax: number) => Feed | undefined;
  readonly isMember: (peer: PeerId) => boolean;
  /** Peers that may have what is not here. */
  readonly others: () => readonly PeerId[];
}

/**
 * The voters' side of listening: answers those who ask, and, on a leader, tells what is committed. The leader gives every listener the key of its room and a
 * topic there, so many to each, and tells news only where somebody listens; to those whom gossip does not reach it tells them straight. When one who
 * was given the key is a member no more, the others get another.
 */
export class Newsroom {
  readonly #ports: NewsroomPorts;
  readonly #places = new Map<PeerId, { readonly topic: number; askedMs: number }>();
  /** What is told in the room is sealed with it. Drawn when the first one asks this leader. */
  #key: Bytes | undefined;
  /** Who was given the key. */
  readonly #keyed = new Set<PeerId>();
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
    const number = leads() ? this.#place(from) : undefined;
    return {
      kind: 'news',
      news: this.#sign(found),
      room: number === undefined || lan() ? null : { k: this.#keyFor(from), n: number },
      leader: leader() ?? null,
    };
  }

  /** Something was applied. */
  applied(): void {
    if (!this.#ports.leads()) {
      this.#end();
      return;
    }
    const gone = [...this.#keyed].some((peer) => !this.#ports.isMember(peer));
    if (gone) {
      // The last that is told there is that somebody was removed: whoever hears it asks for the new key.
      this.#tell();
      this.#lock();
    }
    if (this.#places.size === 0) return;
    this.#cancelTell ??= this.#ports.clock.after(newsDelayMs, () => {
      this.#cancelTell = undefined;
      this.#tell();
    });
  }

  /** Tells something signed to everyone who listens here. */
  spread(signed: Uint8Array): void {
    const { lan, wire, random, queue } = this.#ports;
    const key = this.#key;
    const topics = new Set<number>();
    for (const { topic } of this.#places.values()) topics.add(topic);
    if (!lan() && key !== undefined)
      for (const number of topics)
        wire.publish(topicOf({ key, number }), seal(key, random.bytes(sealNonceBytes), signed));
    // Gossip does not go over relayed connections.
    for (const { peer, path } of wire.connections())
      if (this.#places.has(peer) && (lan() || path === 'relayed'))
        wire.send(peer, newsProtocol, encode({ v: 1, q: queue, news: signed }));
  }

  close(): void {
    this.#cancelTell?.();
    this.#beats.close();
  }

  #keyFor(peer: PeerId): Bytes {
    this.#keyed.add(peer);
    return (this.#key ??= this.#ports.random.bytes(roomKeyBytes));
  }

  /** Another key from now on. */
  #lock(): void {
    this.#key = undefined;
    this.#keyed.clear();
    for (const peer of this.#places.keys()) if (!this.#ports.isMember(peer)) this.#places.delete(peer);
  }

  #end(): void {
    this.#places.clear();
    this.#lock();
  }

  /** @returns whether somebody still listens here */
  #beat(): boolean {
    const now = this.#ports.clock.monotonicMs();
    for (const [peer, { askedMs }] of this.#places) {
      if (now - askedMs > listenerForgetMs) this.#places.delete(peer);
    }
    if (this.#ports.leads()) this.#tell();
    else this.#end();
    return this.#places.size > 0;
  }

  #tell(): void {
    const { feed } = this.#ports;
    if (this.#places.size === 0) return;
    // What does not fit, or is folded away, is fetched: the checkpoint says that it is there.
    const fresh = feed(this.#toldAt, newsBytesMax);
    const at = fresh?.at ?? 0;
    const whole = fresh !== undefined && fresh.offer === null && fresh.first + fresh.entries.length > at;
    const news = whole && sizeOf(fresh) <= newsBytesMax ? fresh : feed(at, newsBytesMax);
    if (news === undefined) return;
    this.#toldAt = at;
    this.spread(this.#sign(news));
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
