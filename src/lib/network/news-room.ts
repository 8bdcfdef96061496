import type { GossipSub, Message } from '@libp2p/gossipsub';
import { TopicValidatorResult } from '@libp2p/gossipsub';
import type { Bytes, Log } from '../base/index.ts';
import { messageOf } from '../base/index.ts';
import { newsFrameBytesMax } from './limits.ts';

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
