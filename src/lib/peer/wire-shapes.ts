import * as v from 'valibot';
import {
  type Bytes,
  type FileId,
  type PeerId,
  type PrintId,
  type PrinterId,
  publicKeyFromPeerId,
} from '../base/index.ts';
import { queueLimits, refusalSchema } from '../queue/index.ts';
import { commandLaterMsMax, filesToldMax, snapshotBytesMax, snapshotChunkBytes } from './limits.ts';
import { askSchema, doingSchema } from '../printer/facts.ts';
import { printerStates } from '../printer/port.ts';

/**
 * What peers say to each other about a queue, besides Raft's own messages: shapes and limits, checked where the bytes come in. All
 * begin with `v: 1` and name the queue by its 32-byte digest.
 */
const digest = v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === 32, 'must be 32 bytes');
const bytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'must be bytes');
const peerId = v.custom<PeerId>(
  (x) => typeof x === 'string' && publicKeyFromPeerId(x) !== undefined,
  'must be a PeerId',
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const upTo = (most: number) => v.pipe(count, v.maxValue(most));
const replicaId = upTo(queueLimits.replicaIdMax);
const position = upTo(queueLimits.counterMax);
/** Four bytes of a frame. */
const word32 = upTo(2 ** 32 - 1);
const real = v.pipe(v.number(), v.finite());
const id = <Id extends string>() =>
  v.custom<Id>((x) => typeof x === 'string' && x.length > 0 && x.length <= 100);

/** Asks whoever leads to put a signed command into the log. */
export const commandRequest = v.strictObject({ v: v.literal(1), q: digest, envelope: bytes });
export type CommandRequest = v.InferOutput<typeof commandRequest>;

export const commandReply = v.variant('kind', [
  v.strictObject({ kind: v.literal('accepted') }),
  v.strictObject({ kind: v.literal('refused'), refusal: refusalSchema }),
  v.strictObject({ kind: v.literal('not-leader'), leader: v.nullable(peerId) }),
  /** Its author asks for too much: to be offered again after so many ms. Nothing is logged of it, and its number stays free. */
  v.strictObject({ kind: v.literal('later'), afterMs: v.pipe(count, v.maxValue(commandLaterMsMax)) }),
]);
export type CommandReply = v.InferOutput<typeof commandReply>;

/** Asks to become a member: `envelope` is the joiner's signed `join` or `rejoin`. */
export const joinRequest = v.strictObject({ v: v.literal(1), q: digest, envelope: bytes });

export const joinReply = v.variant('kind', [
  v.strictObject({
    kind: v.literal('joined'),
    genesis: bytes,
    replicaId,
    book: v.pipe(v.array(v.strictObject({ replicaId, peer: peerId })), v.maxLength(1000)),
  }),
  v.strictObject({ kind: v.literal('refused'), refusal: refusalSchema }),
  /** The asker is a member already, by that replica: it may come back in its place (`rejoin`). */
  v.strictObject({ kind: v.literal('known'), replicaId }),
  /** Not decided here: ask the leader, or these, or again later. */
  v.strictObject({ kind: v.literal('elsewhere'), peers: v.pipe(v.array(peerId), v.maxLength(20)) }),
]);
export type JoinReply = v.InferOutput<typeof joinReply>;

/** Asks for one chunk of a snapshot that Raft offered: `s` is the digest of its manifest, `i` counts from 0. */
export const snapshotRequest = v.strictObject({
  v: v.literal(1),
  q: digest,
  s: digest,
  i: upTo(Math.ceil(snapshotBytesMax / snapshotChunkBytes)),
});

export type SnapshotRequest = v.InferOutput<typeof snapshotRequest>;

export const snapshotReply = v.variant('kind', [
  v.strictObject({ kind: v.literal('chunk'), bytes }),
  /** Not on offer any more, or never was. */
  v.strictObject({ kind: v.literal('gone') }),
  /** Who asks is no member of that queue here. */
  v.strictObject({ kind: v.literal('denied') }),
]);
export type SnapshotReply = v.InferOutput<typeof snapshotReply>;

const word = v.picklist(['superseded', 'removed', 'lost-data']);
export type Word = v.InferOutput<typeof word>;

/** A replica in one life of it, as its frames name it. */
const place = { v: v.literal(1), q: digest, replica: replicaId, epoch: word32, life: word32 };

/** Tells a replica, in that life, why nobody listens to it. Believed only from a peer that its own copy of the queue trusts with a vote. */
export const wordMessage = v.strictObject({ ...place, word });
export type WordMessage = v.InferOutput<typeof wordMessage>;

/** A replica that nobody leads, or that comes back, asks whether it is heard in that life, with that on its disk. */
export const placeRequest = v.strictObject({ ...place, term: count, last: count });
export type PlaceRequest = v.InferOutput<typeof placeRequest>;

/** Up to which entry, of those that the asker may have, it is known that all are committed, and its term; 0 for none. */
const committed = { commit: count, commitTerm: count };

export const placeReply = v.variant('kind', [
  v.strictObject({ kind: v.literal('word'), word, ...committed }),
  /** Nothing is known here that speaks against it; for whom who answers has voted in its present term, and whom it follows. */
  v.strictObject({
    kind: v.literal('none'),
    ...committed,
    term: count,
    vote: count,
    lead: count,
  }),
]);
export type PlaceReply = v.InferOutput<typeof placeReply>;

/** Asks for the entries of a queue's log behind `after`, for that replica in that life of it. */
export const listenRequest = v.strictObject({ ...place, after: position });

export const listenReply = v.variant('kind', [
  v.strictObject({
    kind: v.literal('news'),
    /** Signed by the voter that made them, who need not be the one that passes them on. */
    news: bytes,
    /** The room where the leader tells what comes next, its key and the number of the topic; null when it is told straight, or is not told. */
    room: v.nullable(v.strictObject({ k: digest, n: v.pipe(count, v.maxValue(queueLimits.membersMax)) })),
    leader: v.nullable(peerId),
  }),
  /** Nothing for that index here; these may have it. */
  v.strictObject({ kind: v.literal('elsewhere'), peers: v.pipe(v.array(peerId), v.maxLength(20)) }),
  v.strictObject({ kind: v.literal('denied') }),
  /** That replica is not answered in that life any more. Believed only from a voter. */
  v.strictObject({ kind: v.literal('word'), word }),
]);
export type ListenReply = v.InferOutput<typeof listenReply>;

/** What a leader tells straight to a listener that gossip does not reach, as it would be told in its room: signed, for queue `q`. */
export const newsMessage = v.strictObject({ v: v.literal(1), q: digest, news: bytes });

/** Asks a peer for the proof that it votes in a queue. */
export const standingRequest = v.strictObject({ v: v.literal(1), q: digest });

export const standingReply = v.variant('kind', [
  /** Its replica id, and the signed commands that made it a voter, each signed by one whom those before prove. */
  v.strictObject({
    kind: v.literal('proof'),
    replicaId,
    envelopes: v.pipe(v.array(bytes), v.maxLength(queueLimits.proofEnvelopesMax)),
  }),
  v.strictObject({ kind: v.literal('none') }),
]);
export type StandingReply = v.InferOutput<typeof standingReply>;

/** Tells the members of queue `q` that its sender went on from a copy of it: the new queue's signed genesis, and a link to join by. */
export const heirMessage = v.strictObject({
  v: v.literal(1),
  q: digest,
  genesis: bytes,
  link: v.pipe(v.string(), v.maxLength(4096)),
});
export type HeirMessage = v.InferOutput<typeof heirMessage>;

const celsius = v.nullable(v.strictTuple([real, real]));

/** What a peer tells those who watch; never in the log. */
export const presence = v.strictObject({
  v: v.literal(1),
  q: digest,
  /** Counts up within one life of the sender, so that a late message does not undo a newer one. */
  n: count,
  printers: v.pipe(
    v.array(
      v.strictObject({
        printer: id<PrinterId>(),
        state: v.picklist(printerStates),
        doing: doingSchema,
        virtual: v.boolean(),
        nozzle: celsius,
        plate: celsius,
        /** What only a person there can do. */
        needs: v.nullable(askSchema),
        print: v.nullable(id<PrintId>()),
        progress: v.nullable(v.pipe(real, v.minValue(0), v.maxValue(1))),
        secondsLeft: v.nullable(real),
        lines: count,
        resends: count,
      }),
    ),
    v.maxLength(32),
  ),
  /** Files of the queue that this peer holds whole. */
  files: v.pipe(v.array(id<FileId>()), v.maxLength(filesToldMax)),
  /** Files on their way here, with the bytes that have arrived. */
  fetching: v.pipe(v.array(v.strictTuple([id<FileId>(), count])), v.maxLength(32)),
});
export type Presence = v.InferOutput<typeof presence>;
export type PrinterPresence = Presence['printers'][number];
