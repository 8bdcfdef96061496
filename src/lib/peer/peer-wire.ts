import { nothingKnown } from './host/place.ts';
import type * as v from 'valibot';
import { type Bytes, type PeerId, type Result, encode, ok, parse, refuse } from '../base/index.ts';
import type { ProtocolId, ProtocolLimits, Wire } from '../network/port.ts';
import {
  censusLimits,
  censusProtocol,
  commandLimits,
  commandProtocol,
  heirLimits,
  heirProtocol,
  joinLimits,
  joinProtocol,
  listenLimits,
  listenProtocol,
  newsLimits,
  newsProtocol,
  placeLimits,
  placeProtocol,
  presenceLimits,
  presenceProtocol,
  raftLimits,
  raftProtocol,
  snapshotLimits,
  snapshotProtocol,
  standingLimits,
  standingProtocol,
  wordLimits,
  wordProtocol,
} from '../network/protocols.ts';
import { censusMessage } from './replica/census-words.ts';
import type { QueueHost } from './host/queue-host.ts';
import { queueOfRaftFrame } from './replica/raft-frame.ts';
import { answerChunk } from './replica/snapshot-exchange.ts';
import {
  type HeirMessage,
  commandRequest,
  heirMessage,
  joinRequest,
  listenRequest,
  newsMessage,
  placeRequest,
  presence,
  snapshotRequest,
  standingRequest,
  wordMessage,
} from './wire-shapes.ts';

/** Who answers what comes over the wire. */
export interface WireEars {
  /** The queue of that digest, if it is open here. */
  readonly hostOf: (digest: Uint8Array) => QueueHost | undefined;
  /** The queue that hears that topic of gossip. */
  readonly hostOfTopic: (topic: string) => QueueHost | undefined;
  /** A member of a queue went on from a copy of it. */
  readonly onHeir: (old: QueueHost, from: PeerId, message: HeirMessage) => void;
  /** A message was dropped, unanswered or unread: `malformed`, or `other-queue` when it names none that is open here. */
  readonly onDropped: (reason: string) => void;
  readonly onFound: (peer: PeerId, key: Uint8Array) => void;
  /** Connections or relays changed. */
  readonly onChange: () => void;
}

/** Something said about one queue: `q` is the queue's digest. */
interface OfQueue {
  readonly q: Uint8Array;
}

type Reader<Said extends OfQueue> = (bytes: Bytes, bytesMax: number) => Result<Said>;

/**
 * Reads what other peers say, once and under the limits of its protocol, and hands it to the queue that it names: to that one alone. What
 * cannot be read, or names a queue that is not open here, is dropped and counted.
 */
class Router {
  readonly #wire: Wire;
  readonly #ears: Pick<WireEars, 'hostOf' | 'onDropped'>;

  constructor(wire: Wire, ears: Pick<WireEars, 'hostOf' | 'onDropped'>) {
    this.#wire = wire;
    this.#ears = ears;
  }

  messages<Said extends OfQueue>(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    read: Reader<Said>,
    take: (host: QueueHost, from: PeerId, said: Said) => void,
  ): void {
    this.#wire.handleMessages(protocol, limits, (from, bytes) => {
      const found = this.#find(read, bytes, limits);
      if (found !== undefined) take(found.host, from, found.said);
    });
  }

  /** @param nobody the answer when the question cannot be read, or is for no queue that is open here */
  requests<Said extends OfQueue, Answer extends object>(
    protocol: ProtocolId,
    limits: ProtocolLimits,
    read: Reader<Said>,
    answer: (host: QueueHost, from: PeerId, said: Said) => Answer | Promise<Answer>,
    nobody: Answer,
  ): void {
    this.#wire.handleRequests(protocol, limits, async (from, bytes): Promise<Bytes> => {
      const found = this.#find(read, bytes, limits);
      return encode({ ...(found === undefined ? nobody : await answer(found.host, from, found.said)) });
    });
  }

  #find<Said extends OfQueue>(
    read: Reader<Said>,
    bytes: Bytes,
    { frameBytesMax }: ProtocolLimits,
  ): { readonly host: QueueHost; readonly said: Said } | undefined {
    const said = read(bytes, frameBytesMax);
    const host = said.ok ? this.#ears.hostOf(said.value.q) : undefined;
    if (said.ok && host !== undefined) return { host, said: said.value };
    this.#ears.onDropped(said.ok ? 'other-queue' : 'malformed');
    return undefined;
  }
}

/** Reads a dag-cbor map of that shape. */
function shaped<Shape extends v.GenericSchema<unknown, OfQueue>>(
  shape: Shape,
): Reader<v.InferOutput<Shape> & OfQueue> {
  return (bytes, bytesMax) => parse(shape, bytes, bytesMax);
}

/** A frame of Raft is read by the queue's door; here only whose it is. */
function raftFrame(bytes: Bytes): Result<OfQueue & { readonly frame: Bytes }> {
  const q = queueOfRaftFrame(bytes);
  return q === undefined ? refuse('malformed', 'This is no frame of Raft.') : ok({ q, frame: bytes });
}

/** Takes what other peers say about queues, each queue its own; see `Router`. */
export function listen(wire: Wire, ears: WireEars): void {
  const route = new Router(wire, ears);
  route.messages(raftProtocol, raftLimits, raftFrame, (host, from, { frame }) =>
    host.receiveRaft(from, frame),
  );
  route.messages(wordProtocol, wordLimits, shaped(wordMessage), (host, from, word) =>
    host.place.receive(from, word),
  );
  route.messages(presenceProtocol, presenceLimits, shaped(presence), (host, from, said) =>
    host.receivePresence(from, said),
  );
  route.messages(newsProtocol, newsLimits, shaped(newsMessage), (host, from, { news }) => {
    host.receiveNews(from, news);
  });
  route.messages(heirProtocol, heirLimits, shaped(heirMessage), ears.onHeir);
  route.requests(
    placeProtocol,
    placeLimits,
    shaped(placeRequest),
    (host, from, question) => host.place.answer(from, question, question),
    nothingKnown,
  );
  route.requests(
    commandProtocol,
    commandLimits,
    shaped(commandRequest),
    (host, from, { envelope }) => host.admit(from, envelope),
    { kind: 'not-leader', leader: null },
  );
  route.requests(
    joinProtocol,
    joinLimits,
    shaped(joinRequest),
    (host, from, { envelope }) => host.admitJoin(from, envelope),
    { kind: 'elsewhere', peers: [] },
  );
  route.requests(
    snapshotProtocol,
    snapshotLimits,
    shaped(snapshotRequest),
    (host, from, question) => answerChunk(host.part, from, question),
    { kind: 'denied' },
  );
  route.requests(
    standingProtocol,
    standingLimits,
    shaped(standingRequest),
    (host, from) => host.standingFor(from),
    { kind: 'none' },
  );
  route.requests(
    listenProtocol,
    listenLimits,
    shaped(listenRequest),
    (host, from, question) => {
      const place = host.place.answer(from, question);
      return place.kind === 'word'
        ? { kind: 'word', word: place.word }
        : host.part.answer(from, question.after);
    },
    { kind: 'elsewhere', peers: [] },
  );
  route.requests(
    censusProtocol,
    censusLimits,
    shaped(censusMessage),
    (host, from, message) => {
      host.part.census.receive(from, message);
      return { kind: 'heard' };
    },
    { kind: 'heard' },
  );
  wire.onNews((topic, news) => ears.hostOfTopic(topic)?.part.hearSealed(news) ?? false);
  wire.onFound(ears.onFound);
  wire.onChange(ears.onChange);
}
