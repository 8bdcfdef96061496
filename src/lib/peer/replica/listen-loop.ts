import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  encode,
  type Random,
  equalBytes,
  messageOf,
  parse,
} from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { listenLimits, listenProtocol } from '../../network/protocols.ts';
import { listenAskMs, listenStayMs, newsSilenceMs, requestTimeoutMs } from '../limits.ts';
import type { Listener } from './listening.ts';
import { type SignedNews, openNews } from './news.ts';
import type { Life } from './raft-frame.ts';
import { type NewsRoom, seal, sealNonceBytes, topicOf, unseal } from './sealed-news.ts';
import { type ListenReply, type Word, listenReply } from '../wire-shapes.ts';

export interface LoopPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wire: Wire;
  readonly queue: Bytes;
  readonly replicaOf: (peer: PeerId) => number;
  /** Whether this queue counts that peer among its voters, as far as known here. */
  readonly votes: (peer: PeerId) => boolean;
  /** How many members the queue has, as far as known here. */
  readonly members: () => number;
  /** Peers of the queue to ask, the best first. */
  readonly sources: () => readonly PeerId[];
  readonly onTopic: () => void;
  /** This life of this peer, so that an older copy of its profile elsewhere is told from it. */
  readonly life: Life;
  /** A voter that leads says that this peer is no member any more. */
  readonly onDenied: () => void;
  /** A voter says that this replica is not answered any more. */
  readonly onWord: (word: Word) => void;
}

/** How a listener gets what is committed, in numbers since it began. */
export interface Listening {
  /** Topic of gossip that its leader gave it; empty for none: then it is told straight, or asks. */
  readonly topic: string;
  /** News of voters that came by gossip, or straight from who leads. */
  readonly heard: number;
  /** Times that it asked a peer for what it missed, or whether it missed something. */
  readonly asked: number;
}

interface Kept {
  readonly first: number;
  readonly last: number;
  readonly wire: Bytes;
}

/** News that are kept for other listeners, in bytes. */
const keptBytesMax = 1024 * 1024;

/**
 * The listener's side: hears its topic, and asks for what it missed. Asked first is who leads, then other voters, then others who listen: news are signed
 * by the voter that made them, so it does not matter who passes them on.
 */
export class ListenLoop {
  readonly #ports: LoopPorts;
  readonly #listener: Listener;
  #room: NewsRoom | undefined;
  #members: number;
  #heardMs: number;
  #askedMs = -Infinity;
  #asking = false;
  /** How many of the sources were asked in vain one after the other. */
  #inVain = 0;
  #kept: Kept[] = [];
  #leader: PeerId | undefined;
  #heard = 0;
  #asked = 0;
  #cancel: (() => void) | undefined;
  #closed = false;
  /** Since when voters say that this peer is no member, without news in between. */
  #deniedSinceMs: number | undefined;

  constructor(ports: LoopPorts, listener: Listener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#heardMs = -Infinity;
    this.#members = ports.members();
    this.#schedule(0);
  }

  get topic(): string {
    return this.#room === undefined ? '' : topicOf(this.#room);
  }

  figures(): Listening {
    return { topic: this.topic, heard: this.#heard, asked: this.#asked };
  }

  /** What was sealed for the room that this peer listens in. */
  unseal(sealed: Bytes): Bytes | undefined {
    return this.#room === undefined ? undefined : unseal(this.#room.key, sealed);
  }

  /** Tells something signed in the room that this peer listens in. */
  spread(signed: Uint8Array): void {
    if (this.#room === undefined) return;
    const { wire, random } = this.#ports;
    wire.publish(topicOf(this.#room), seal(this.#room.key, random.bytes(sealNonceBytes), signed));
  }

  /** Something was applied. Where somebody was removed there is another key by now. */
  applied(): void {
    const members = this.#ports.members();
    const fewer = members < this.#members;
    this.#members = members;
    if (fewer && this.#room !== undefined) this.#ask();
  }

  /** News that came by gossip or straight from who leads. False when they are not for us or not to be believed. */
  hear(news: Bytes): boolean {
    const opened = this.#open(news);
    if (opened === undefined) return false;
    this.#heardMs = this.#ports.clock.monotonicMs();
    this.#heard++;
    this.#take(opened, news);
    if (this.#listener.isBehind) this.#ask();
    return true;
  }

  /** What another listener may have of this one. */
  answer(after: number): ListenReply {
    const found = this.#kept.find(({ first, last }) => first <= after + 1 && after + 1 <= last);
    const leader = this.#leader ?? null;
    if (found === undefined) return { kind: 'elsewhere', peers: this.#ports.sources().slice(0, 20) };
    return { kind: 'news', news: found.wire, room: null, leader };
  }

  /** A connection came: who waits for one need not wait longer. */
  connectionsChanged(): void {
    const now = this.#ports.clock.monotonicMs();
    if (now - this.#heardMs > newsSilenceMs && now - this.#askedMs > listenAskMs) this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#ports.clock.after(ms, () => {
      this.#look();
      if (!this.#closed) this.#schedule(this.#nextLookMs());
    });
  }

  #look(): void {
    const now = this.#ports.clock.monotonicMs();
    const hears = now - this.#heardMs < newsSilenceMs;
    if (this.#listener.isBehind || !hears || now - this.#askedMs > listenStayMs) this.#ask();
  }

  /** Milliseconds until it may have to ask. */
  #nextLookMs(): number {
    const now = this.#ports.clock.monotonicMs();
    const dueMs = Math.min(this.#heardMs + newsSilenceMs, this.#askedMs + listenStayMs) - now;
    return this.#listener.isBehind ? listenAskMs : Math.max(listenAskMs, dueMs);
  }

  #ask(): void {
    if (this.#asking || this.#closed || this.#listener.stopped) return;
    const sources = this.#ports.sources().filter((peer) => !this.#listener.doubts(peer));
    const peer = sources[this.#inVain % Math.max(1, sources.length)];
    if (peer === undefined) {
      this.#nobody();
      return;
    }
    this.#asking = true;
    this.#asked++;
    this.#askedMs = this.#ports.clock.monotonicMs();
    // It may be in vain.
    this.#schedule(listenAskMs);
    const { wantedAfter } = this.#listener;
    this.#question(peer, wantedAfter).then(
      (reply) => {
        this.#asking = false;
        this.#hearReply(peer, reply);
        // More of it, at once.
        if (this.#listener.wantedAfter > wantedAfter && this.#listener.isBehind) this.#ask();
      },
      (error: unknown) => {
        this.#asking = false;
        this.#ports.log.debug(`${peer} did not answer a listener: ${messageOf(error)}`);
        this.#nobody();
      },
    );
  }

  async #question(peer: PeerId, after: number): Promise<ListenReply> {
    const { wire, queue, life } = this.#ports;
    const { replicaId } = this.#listener;
    const question = encode({
      v: 1,
      q: queue,
      replica: replicaId,
      epoch: life.epoch,
      life: life.number,
      after,
    });
    const answer = await wire.request(peer, listenProtocol, question, requestTimeoutMs);
    const reply = parse(listenReply, answer, listenLimits.frameBytesMax);
    if (!reply.ok) throw new Error(reply.refusal.text);
    return reply.value;
  }

  #hearReply(peer: PeerId, reply: ListenReply): void {
    if (this.#closed) return;
    if (reply.kind === 'denied' && this.#ports.votes(peer)) this.#denied();
    if (reply.kind === 'word' && this.#ports.votes(peer)) this.#ports.onWord(reply.word);
    const opened = reply.kind === 'news' ? this.#open(reply.news) : undefined;
    if (reply.kind !== 'news' || opened === undefined) {
      this.#nobody();
      return;
    }
    this.#inVain = 0;
    this.#deniedSinceMs = undefined;
    if (reply.leader === peer) this.#enter(reply.room);
    // Only a voter's word says who leads.
    if (this.#ports.votes(peer)) {
      this.#leader = reply.leader ?? undefined;
      this.#listener.leader = reply.leader === null ? 0 : this.#ports.replicaOf(reply.leader);
    }
    this.#take(opened, reply.news);
  }

  #enter(told: { readonly k: Bytes; readonly n: number } | null): void {
    const { topic } = this;
    this.#room = told === null ? undefined : { key: told.k, number: told.n };
    if (topic !== this.topic) this.#ports.onTopic();
  }

  /** Before anything has come, who asks may be new to the one that answers: a leader that has been left behind leads no longer than an election takes. */
  #denied(): void {
    const now = this.#ports.clock.monotonicMs();
    this.#deniedSinceMs ??= now;
    if (this.#listener.wantedAfter > 0 || now - this.#deniedSinceMs >= newsSilenceMs) this.#ports.onDenied();
  }

  /** The one that was asked has nothing: the next one is asked in its turn. */
  #nobody(): void {
    this.#inVain++;
    if (this.#inVain < Math.max(2, this.#ports.sources().length)) return;
    this.#listener.leader = 0;
    this.#leader = undefined;
  }

  #open(news: Bytes): SignedNews | undefined {
    const opened = openNews(news, listenLimits.frameBytesMax);
    if (!opened.ok || !equalBytes(opened.value.news.queue, this.#ports.queue)) return undefined;
    return this.#ports.votes(opened.value.by) ? opened.value : undefined;
  }

  #take(opened: SignedNews, wire: Bytes): void {
    const { first, entries } = opened.news;
    if (entries.length > 0) {
      this.#kept.push({ first, last: first + entries.length - 1, wire });
      let bytes = this.#kept.reduce((sum, each) => sum + each.wire.length, 0);
      while (bytes > keptBytesMax) bytes -= this.#kept.shift()?.wire.length ?? bytes;
    }
    this.#listener.take(opened);
  }
}
