import * as v from 'valibot';
import {
  type Bytes,
  type Clock,
  type PeerId,
  type Random,
  concat,
  encode,
  equalBytes,
  parse,
  publicKeyFromPeerId,
  sha256,
  sign,
  signatureBytes,
  utf8,
  verify,
} from '../../base/index.ts';
import type { PeerConnection } from '../../network/port.ts';
import type { Identity } from '../identity.ts';
import { MessageType, decodeMessage } from '../../raft/index.ts';
import { type RaftFrame, parseRaftFrame, withQueue, withoutQueue } from '../replica/raft-frame.ts';
import { heirTurns, heirTurnsMax, isUnfollowed } from '../replica/succession.ts';
import type { QueueHost } from './queue-host.ts';
import { soon } from '../soon.ts';

/** Signed in front of a word, so that the signature is good for nothing else. */
const label = utf8('peerprint/last-words/1\n');
const nonceBytes = 16;
const tagBytes = 16;
/** Queues that one closing tab speaks for: so many fit into the 16 KiB that every browser sends as one message. */
const wordsMax = 60;
/** Bytes of one: the head of a frame and a message without entries. */
const wordBytesMax = 128;
/** Bytes of a message with all of them. */
const bytesMax = 16 * 1024;

const sized = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `must be ${length} bytes`);

export const lastWordsShape = v.strictObject({
  v: v.literal(1),
  n: sized(nonceBytes),
  w: v.pipe(
    v.array(
      v.strictObject({
        t: sized(tagBytes),
        f: v.custom<Bytes>(
          (x) => x instanceof Uint8Array && x.length < wordBytesMax,
          `must be less than ${wordBytesMax} bytes`,
        ),
        s: sized(signatureBytes),
      }),
    ),
    v.maxLength(wordsMax),
  ),
});

export interface LastWordsPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: () => Pick<Identity, 'seed' | 'publicKey'>;
  readonly hosts: () => Iterable<QueueHost>;
  readonly connections: () => readonly PeerConnection[];
  readonly isOver: () => boolean;
  /** Hands over what the tab that holds the connections tells all other sides when it closes. */
  readonly prepare: (words: Bytes | undefined) => void;
}

/**
 * When the last tab of a browser closes, its worker ends and its connections with it: too late to hand over. So a leader prepares what it has to
 * say then: to one voter per queue, that it may stand for election at once. The other voters who hear it follow a little later unless somebody leads by then. Whoever is connected hears all of it, so queues are
 * named by a tag that only those understand who have the queue; each word is signed, since it comes from no stream that libp2p vouches for.
 */
export class LastWords {
  readonly #ports: LastWordsPorts;
  readonly #look: () => void;
  /** Queues whose leader's last words were heard, until this peer's turns to stand are over. */
  readonly #waiting = new WeakSet<QueueHost>();
  #tabs = 0;
  #prepared = '';

  constructor(ports: LastWordsPorts) {
    this.#ports = ports;
    this.#look = soon(ports.isOver, () => this.#prepare());
  }

  /** Who leads, or who is connected, may have changed. */
  changed(): void {
    this.#look();
  }

  /** While a second tab is open the peer does not end with the first. */
  set tabs(count: number) {
    this.#tabs = count;
    this.#look();
  }

  #prepare(): void {
    const { random, hosts, identity, prepare } = this.#ports;
    const words: { readonly digest: Bytes; readonly frame: Bytes }[] = [];
    if (this.#tabs === 1) {
      for (const host of hosts()) {
        const word = this.#wordOf(host);
        if (word !== undefined && words.length < wordsMax) words.push(word);
      }
    }
    const now = words.map(({ frame }) => frame.join()).join(';');
    if (now === this.#prepared) return;
    this.#prepared = now;
    if (words.length === 0) {
      prepare(undefined);
      return;
    }
    const nonce = random.bytes(nonceBytes);
    const signed = words.map(({ digest, frame }) => ({
      t: tagOf(nonce, digest),
      f: withoutQueue(frame),
      s: sign(identity().seed, concat(label, frame)),
    }));
    prepare(encode({ v: 1, n: nonce, w: signed }));
  }

  #wordOf(host: QueueHost): { readonly digest: Bytes; readonly frame: Bytes } | undefined {
    const reached = new Set<number>();
    for (const { peer, path } of this.#ports.connections()) {
      const member = path === 'direct' ? host.state.members.get(peer) : undefined;
      if (member !== undefined) reached.add(member.replicaId);
    }
    const word = host.part.replica.office?.lastWord((replicaId) => reached.has(replicaId));
    if (word === undefined) return undefined;
    return { digest: host.digest, frame: host.lastWordTo(word.to, word.message) };
  }

  /** The last words of a tab somewhere. What is not of whom it says is left alone. */
  hear(words: Uint8Array): void {
    const parsed = parse(lastWordsShape, words, bytesMax);
    if (!parsed.ok) return;
    const { n: nonce, w: all } = parsed.value;
    for (const host of this.#ports.hosts()) {
      const tag = tagOf(nonce, host.digest);
      for (const { t, f, s } of all) if (equalBytes(t, tag)) this.#hearOf(host, withQueue(host.digest, f), s);
    }
  }

  #hearOf(host: QueueHost, bytes: Bytes, signature: Bytes): void {
    const frame = parseRaftFrame(host.digest, bytes);
    const peer = frame === undefined ? undefined : peerOf(host, frame.from);
    const key = peer === undefined ? undefined : publicKeyFromPeerId(peer);
    if (frame === undefined || peer === undefined || key === undefined) return;
    if (!verify(key, concat(label, bytes), signature)) return;
    if (frame.to === host.part.replica.replicaId) host.receiveRaft(peer, bytes, true);
    else this.#standLater(host, frame);
  }

  /** Another was named: this one stands only if nobody leads when its turn comes. */
  #standLater(host: QueueHost, frame: RaftFrame): void {
    const decoded = decodeMessage(frame.message);
    if (!decoded.ok || decoded.value.type !== MessageType.TimeoutNow) return;
    const { from, to } = frame;
    const word = { from, term: decoded.value.term };
    const { confState, ...heard } = host.status();
    const turns = heirTurns(confState, heard.replicaId, { from, to });
    // The same words come by each connection with their author: one that is not yet closed, and the one in its place.
    if (turns === undefined || !isUnfollowed(heard, word) || this.#waiting.has(host)) return;
    this.#waiting.add(host);
    host.part.replica.office?.farewell(word.term);
    const wait = (waitMs: number, left: number) =>
      this.#ports.clock.after(waitMs, () => {
        const isOver = this.#ports.isOver() || !isUnfollowed(host.status(), word);
        if (!isOver) host.part.replica.office?.stand();
        if (isOver || left === 1) this.#waiting.delete(host);
        else wait(turns.everyMs, left - 1);
      });
    wait(turns.firstMs, heirTurnsMax);
  }
}

function peerOf(host: QueueHost, replica: number): PeerId | undefined {
  for (const { peer, replicaId } of host.state.members.values()) if (replicaId === replica) return peer;
  return undefined;
}

function tagOf(nonce: Bytes, digest: Bytes): Bytes {
  return sha256(concat(label, nonce, digest)).slice(0, tagBytes);
}
