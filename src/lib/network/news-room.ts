import type { GossipSub, Message } from '@libp2p/gossipsub';
import type { Connection, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { TopicValidatorResult } from '@libp2p/gossipsub';
import type { Bytes, Log } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { newsFrameBytesMax } from './limits.ts';

/** Who gossipsub counts as a peer, and to whom it has a stream: public in the class, though not in its interface. */
export interface Told {
  readonly peers: ReadonlyMap<string, unknown>;
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
}

export function isTold<G extends object>(gossip: G): gossip is G & Told {
  const { peers, streamsOutbound } = gossip as Partial<Told>;
  return peers instanceof Map && streamsOutbound instanceof Map;
}

/** The part of libp2p's registrar that tells who wants to hear of peers that speak a protocol. */
export interface Topologies {
  getTopologies(
    protocol: string,
  ): readonly { readonly onConnect?: (peer: Libp2pPeerId, connection: Connection) => void }[];
}

/**
 * Opens gossip's stream to a peer anew, where the connection that carried it is gone and this one stays: libp2p tells gossipsub of a peer that is
 * there, and that has no connection left, but not of the end of one of several; nothing would be told to that peer any more.
 */
export function reopenNews(
  gossip: Told & Pick<GossipSub, 'protocols'>,
  registrar: Topologies,
  connection: Connection,
): void {
  const id = connection.remotePeer.toString();
  // Who is no peer of gossip has not told yet what it speaks, or does not speak it.
  if (!gossip.peers.has(id) || gossip.streamsOutbound.has(id)) return;
  for (const protocol of gossip.protocols)
    for (const { onConnect } of registrar.getTopologies(protocol))
      onConnect?.(connection.remotePeer, connection);
}

/** News over libp2p's gossip. */
export class NewsRoom {
  readonly #gossip: GossipSub;
  readonly #log: Log;
  #listener: (topic: string, news: Bytes) => boolean = () => false;

  constructor(gossip: GossipSub, log: Log) {
    this.#gossip = gossip;
    this.#log = log;
  }

  onNews(listener: (topic: string, news: Bytes) => boolean): void {
    this.#listener = listener;
  }

  hear(topics: ReadonlySet<string>): void {
    const heard = new Set(this.#gossip.getTopics());
    for (const topic of heard) {
      if (topics.has(topic)) continue;
      this.#gossip.unsubscribe(topic);
      this.#gossip.topicValidators.delete(topic);
    }
    for (const topic of topics) {
      if (heard.has(topic)) continue;
      // What is said is taken where it is judged, so that nothing is passed on that we do not believe.
      this.#gossip.topicValidators.set(topic, (_peer, message) => this.#judge(topic, message));
      this.#gossip.subscribe(topic);
    }
  }

  publish(topic: string, news: Uint8Array): void {
    if (news.length > newsFrameBytesMax) return;
    this.#gossip
      .publish(topic, news)
      .catch((error: unknown) => this.#log.debug(`news were not told: ${messageOf(error)}`));
  }

  #judge(topic: string, message: Message): TopicValidatorResult {
    if (message.data.length > newsFrameBytesMax) return TopicValidatorResult.Reject;
    // Not believed is not a crime: who signed it may have become a voter that we do not know of yet.
    return this.#listener(topic, new Uint8Array(message.data))
      ? TopicValidatorResult.Accept
      : TopicValidatorResult.Ignore;
  }
}
