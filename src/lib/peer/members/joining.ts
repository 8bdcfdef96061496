import * as v from 'valibot';
import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type Random,
  type Refusal,
  delay,
  type QueueId,
  encode,
  hex,
  messageOf,
  must,
  parse,
  publicKeyFromPeerId,
  publicKeyOf,
} from '../../base/index.ts';
import { joinLimits, joinProtocol } from '../../network/protocols.ts';
import type { Wire } from '../../network/port.ts';
import {
  digestOfQueueId,
  invitationRendezvousKey,
  joinProof,
  openGenesis,
  queueIdOfDigest,
  signCommand,
} from '../../queue/index.ts';
import { type Link, parseLink } from '../../registry/index.ts';
import type { Identity } from '../identity.ts';
import { joinRetryMs, requestTimeoutMs } from '../limits.ts';
import type { ReplicaRecord } from '../replica/replica-record.ts';
import { joinReply } from '../wire-shapes.ts';
import { spoken } from '../../words/index.ts';

/** What is known of a queue before it is here. */
export interface JoinTarget {
  readonly queue: QueueId;
  readonly name: string;
  readonly relays: readonly string[];
  readonly peers: readonly PeerId[];
  /** Under which key its peers are found; undefined for a queue of the local network. */
  readonly rendezvousKey: Bytes | undefined;
}

/** A join under way, kept on disk so that a reload goes on with it. */
export interface PendingJoin {
  readonly link: JoinTarget;
  /** The link, to know it again; empty for a rejoin. */
  readonly text: string;
  /** Of the replica to come. Kept, so that asking twice gives one replica. */
  readonly incarnation: Bytes;
  /** By an invitation, or in the place of the replica that this peer was. */
  readonly by:
    | { readonly kind: 'invitation'; readonly id: Bytes; readonly seed: Bytes }
    | {
        readonly kind: 'rejoin';
        readonly replaces: number;
        /** A person said so: whichever replica this peer is by now gives way. */
        readonly takeOver: boolean;
      };
}

const recordBytesMax = 16 * 1024;
const bytesOf = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `must be ${length} bytes`);
const peerId = v.custom<PeerId>((x) => typeof x === 'string' && publicKeyFromPeerId(x) !== undefined);
export const pendingJoinSchema = v.variant('kind', [
  v.strictObject({ v: v.literal(1), kind: v.literal('link'), text: v.string(), incarnation: bytesOf(16) }),
  v.strictObject({
    v: v.literal(1),
    kind: v.literal('rejoin'),
    queue: bytesOf(32),
    name: v.string(),
    relays: v.array(v.string()),
    peers: v.array(peerId),
    rendezvousKey: v.nullable(bytesOf(32)),
    incarnation: bytesOf(16),
    replaces: v.number(),
    takeOver: v.boolean(),
  }),
]);

export function encodePendingJoin(join: PendingJoin): Bytes {
  const { link, text, incarnation, by } = join;
  if (by.kind === 'invitation') return encode({ v: 1, kind: 'link', text, incarnation });
  const { queue, name, relays, peers, rendezvousKey } = link;
  return encode({
    v: 1,
    kind: 'rejoin',
    queue: must(digestOfQueueId(queue), 'a queue id is a CID'),
    name,
    relays,
    peers,
    rendezvousKey: rendezvousKey ?? null,
    incarnation,
    replaces: by.replaces,
    takeOver: by.takeOver,
  });
}

export function parsePendingJoin(stored: Uint8Array): PendingJoin | undefined {
  const parsed = parse(pendingJoinSchema, stored, recordBytesMax);
  if (!parsed.ok) return undefined;
  const { incarnation } = parsed.value;
  if (parsed.value.kind === 'rejoin') {
    const { queue, name, relays, peers, rendezvousKey, replaces, takeOver } = parsed.value;
    return {
      link: {
        queue: queueIdOfDigest(queue),
        name,
        relays,
        peers,
        rendezvousKey: rendezvousKey ?? undefined,
      },
      text: '',
      incarnation,
      by: { kind: 'rejoin', replaces, takeOver },
    };
  }
  const link = parseLink(parsed.value.text);
  return link.ok ? pendingByLink(link.value, parsed.value.text, incarnation) : undefined;
}

export function pendingByLink(link: Link, text: string, incarnation: Bytes): PendingJoin {
  const { queue, name, relays, peers, invitation } = link;
  const key = link.lan ? undefined : invitationRendezvousKey(publicKeyOf(invitation.seed));
  const target = { queue, name, relays, peers, rendezvousKey: key };
  return { link: target, text, incarnation, by: { kind: 'invitation', ...invitation } };
}

export interface JoiningPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly wire: Wire;
  readonly identity: Identity;
  /** Peers found under the rendezvous key of this join. */
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
  let request = requestOf(identity, digest, join);
  let comebacks = 0;
  let hints: readonly PeerId[] = [];
  for (;;) {
    const asked = new Set<PeerId>();
    const toAsk = [...hints, ...join.link.peers, ...ports.found()];
    hints = [];
    let unknown: JoinEnd | undefined;
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
      if (reply.value.kind === 'refused') {
        // A leader that the others have left behind does not know an invitation of today: they are asked, too.
        if (reply.value.refusal.code !== 'invitation-not-found') {
          return { kind: 'refused', refusal: spoken(reply.value.refusal) };
        }
        unknown = { kind: 'refused', refusal: spoken(reply.value.refusal) };
        continue;
      }
      if (reply.value.kind === 'elsewhere') {
        hints = reply.value.peers;
        toAsk.unshift(...hints);
        continue;
      }
      if (reply.value.kind === 'known') {
        // Only who was let in by a link, or by a person's word, takes the place of whatever replica this peer is by now.
        const may = join.by.kind === 'invitation' || join.by.takeOver;
        comebacks += 1;
        if (!may || comebacks > comebacksMax) return { kind: 'refused', refusal: takenOver };
        const by = { kind: 'rejoin', replaces: reply.value.replicaId, takeOver: true } as const;
        request = requestOf(identity, digest, { ...join, by });
        asked.delete(peer);
        toAsk.unshift(peer);
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
    if (unknown !== undefined) return unknown;
    await delay(ports.clock, joinRetryMs, signal);
  }
}

/** Two copies of one profile that both come back would take each other's place for ever. */
const comebacksMax = 5;

const takenOver = {
  code: 'superseded',
  text: 'Another copy of this browser’s profile has come back to the queue in the meantime. Go on there, or join again as new here.',
};

function requestOf(identity: Identity, digest: Bytes, join: PendingJoin): Bytes {
  const { by, incarnation } = join;
  const envelope = signCommand(
    identity.seed,
    { queue: digest, session: 0, seq: 0, ack: 0 },
    by.kind === 'rejoin'
      ? { type: 'rejoin', incarnation, replaces: by.replaces }
      : {
          type: 'join',
          invitation: hex(by.id),
          proof: joinProof(by.seed, digest, identity.publicKey),
          name: identity.name,
          incarnation,
        },
  );
  return encode({ v: 1, q: digest, envelope });
}
