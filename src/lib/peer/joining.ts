import * as v from 'valibot';
import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type Random,
  type Refusal,
  delay,
  encode,
  hex,
  messageOf,
  parse,
} from '../base/index.ts';
import { joinLimits, joinProtocol } from '../network/protocols.ts';
import type { Wire } from '../network/port.ts';
import { digestOfQueueId, joinProof, openGenesis, signCommand } from '../queue/index.ts';
import { type Link, parseLink } from '../registry/index.ts';
import type { Identity } from './identity.ts';
import { joinRetryMs, requestTimeoutMs } from './limits.ts';
import type { ReplicaRecord } from './replica-record.ts';
import { joinReply } from './wire-shapes.ts';

/** A join under way, kept on disk so that a reload goes on with it. */
export interface PendingJoin {
  readonly link: Link;
  readonly text: string;
  /** Of the replica to come. Kept, so that asking twice gives one replica. */
  readonly incarnation: Bytes;
}

const recordBytesMax = 16 * 1024;
const schema = v.strictObject({
  v: v.literal(1),
  text: v.string(),
  incarnation: v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 16),
});

export function encodePendingJoin(join: PendingJoin): Bytes {
  return encode({ v: 1, text: join.text, incarnation: join.incarnation });
}

export function parsePendingJoin(stored: Uint8Array): PendingJoin | undefined {
  const parsed = parse(schema, stored, recordBytesMax);
  if (!parsed.ok) return undefined;
  const link = parseLink(parsed.value.text);
  return link.ok
    ? { link: link.value, text: parsed.value.text, incarnation: parsed.value.incarnation }
    : undefined;
}

export interface JoiningPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wire: Wire;
  readonly identity: Identity;
  /** Peers found under the queue's rendezvous key. */
  readonly found: () => readonly PeerId[];
}

export type JoinEnd =
  | { readonly kind: 'joined'; readonly record: ReplicaRecord }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Asks the peers of a queue, one after the other and again, until one of them has an answer from its leader. Rejects with the
 * signal's reason when aborted; otherwise it goes on for as long as nobody answers.
 */
export async function askToJoin(
  ports: JoiningPorts,
  join: PendingJoin,
  signal: AbortSignal,
): Promise<JoinEnd> {
  const { identity, wire } = ports;
  const digest = digestOfQueueId(join.link.queue);
  if (digest === undefined) {
    return {
      kind: 'refused',
      refusal: { code: 'link-damaged', text: 'This link names no queue. Ask for it again.' },
    };
  }
  const envelope = signCommand(
    identity.seed,
    { queue: digest, session: 0, seq: 0, ack: 0 },
    {
      type: 'join',
      invitation: hex(join.link.invitation.id),
      proof: joinProof(join.link.invitation.seed, digest, identity.publicKey),
      name: identity.name,
      incarnation: join.incarnation,
    },
  );
  const request = encode({ v: 1, q: digest, envelope });
  let hints: readonly PeerId[] = [];
  for (;;) {
    const asked = new Set<PeerId>();
    const toAsk = [...hints, ...join.link.peers, ...ports.found()];
    hints = [];
    for (let peer = toAsk.shift(); peer !== undefined; peer = toAsk.shift()) {
      if (asked.has(peer) || peer === identity.peer) continue;
      asked.add(peer);
      signal.throwIfAborted();
      let answer: Bytes;
      try {
        answer = await wire.request(peer, joinProtocol, request, requestTimeoutMs);
      } catch (error) {
        ports.log.debug(`${peer} did not answer: ${messageOf(error)}`);
        continue;
      }
      const reply = parse(joinReply, answer, joinLimits.frameBytesMax);
      if (!reply.ok) {
        ports.log.warn(`${peer} gave an answer that cannot be read: ${reply.refusal.text}`);
        continue;
      }
      if (reply.value.kind === 'refused') return reply.value;
      if (reply.value.kind === 'elsewhere') {
        hints = reply.value.peers;
        toAsk.unshift(...hints);
        continue;
      }
      const { genesis, replicaId, book } = reply.value;
      const opened = openGenesis(genesis);
      // The queue's id is the hash of its genesis: a peer cannot make us join another one.
      if (!opened.ok || opened.value.id !== join.link.queue) {
        ports.log.warn(`${peer} answered for another queue`);
        continue;
      }
      return { kind: 'joined', record: { genesis, replicaId, incarnation: join.incarnation, book } };
    }
    await delay(ports.clock, joinRetryMs, signal);
  }
}
