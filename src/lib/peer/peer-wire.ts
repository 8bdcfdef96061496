import { type Bytes, type PeerId, encode, parse } from '../base/index.ts';
import type { Wire } from '../network/port.ts';
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
  commandRequest,
  joinRequest,
  listenRequest,
  newsMessage,
  placeRequest,
  snapshotRequest,
  standingRequest,
  wordMessage,
} from './wire-shapes.ts';

/** Who answers what comes over the wire. */
export interface WireEars {
  readonly hosts: () => Iterable<QueueHost>;
  /** The queue of that digest, if it is open here. */
  readonly hostOf: (digest: Uint8Array) => QueueHost | undefined;
  /** A member of a queue went on from a copy of it. */
  readonly onHeir: (from: PeerId, message: Bytes) => void;
  /** A message of Raft was dropped unread. */
  readonly onDropped: (reason: string) => void;
  readonly onFound: (peer: PeerId) => void;
  /** Connections or relays changed. */
  readonly onChange: () => void;
}

/** Reads what other peers say, once and under the limits of each protocol, and hands it to the queue that it is for. */
export function listen(wire: Wire, ears: WireEars): void {
  wire.handleMessages(raftProtocol, raftLimits, (from, message) => {
    const queue = queueOfRaftFrame(message);
    const host = queue === undefined ? undefined : ears.hostOf(queue);
    if (host === undefined) ears.onDropped(queue === undefined ? 'malformed' : 'other-queue');
    else host.receiveRaft(from, message);
  });
  wire.handleMessages(wordProtocol, wordLimits, (from, message) => {
    const word = parse(wordMessage, message, wordLimits.frameBytesMax);
    if (word.ok) ears.hostOf(word.value.q)?.place.receive(from, word.value);
  });
  wire.handleRequests(placeProtocol, placeLimits, async (from, bytes): Promise<Bytes> => {
    const request = parse(placeRequest, bytes, placeLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    return encode(
      request.ok && host !== undefined ? host.place.answer(from, request.value) : { kind: 'none' },
    );
  });
  wire.handleMessages(presenceProtocol, presenceLimits, (from, message) => {
    for (const host of ears.hosts()) {
      if (host.state.members.has(from)) host.presence.receive(from, message);
    }
  });
  wire.handleRequests(commandProtocol, commandLimits, async (_from, bytes): Promise<Bytes> => {
    const request = parse(commandRequest, bytes, commandLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    if (!request.ok || host === undefined) return encode({ kind: 'not-leader', leader: null });
    return encode(host.admit(request.value.envelope));
  });
  wire.handleRequests(joinProtocol, joinLimits, async (from, bytes): Promise<Bytes> => {
    const request = parse(joinRequest, bytes, joinLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    if (!request.ok || host === undefined) return encode({ kind: 'elsewhere', peers: [] });
    return encode(await host.admitJoin(from, request.value.envelope));
  });
  wire.handleRequests(snapshotProtocol, snapshotLimits, async (from, bytes): Promise<Bytes> => {
    const request = parse(snapshotRequest, bytes, snapshotLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    if (!request.ok || host === undefined) return encode({ kind: 'denied' });
    return answerChunk(host.part, from, request.value);
  });
  wire.handleRequests(standingProtocol, standingLimits, async (from, bytes): Promise<Bytes> => {
    const request = parse(standingRequest, bytes, standingLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    return encode(host?.standingFor(from) ?? { kind: 'none' });
  });
  wire.handleRequests(listenProtocol, listenLimits, async (from, bytes): Promise<Bytes> => {
    const request = parse(listenRequest, bytes, listenLimits.frameBytesMax);
    const host = request.ok ? ears.hostOf(request.value.q) : undefined;
    if (!request.ok || host === undefined) return encode({ kind: 'elsewhere', peers: [] });
    const word = host.place.answer(from, request.value);
    return encode(word.kind === 'word' ? word : { ...host.part.answer(from, request.value.after) });
  });
  wire.handleRequests(censusProtocol, censusLimits, async (from, bytes): Promise<Bytes> => {
    const message = parse(censusMessage, bytes, censusLimits.frameBytesMax);
    if (message.ok) ears.hostOf(message.value.q)?.part.census.receive(from, message.value);
    return encode({ kind: 'heard' });
  });
  wire.onNews((topic, news) => {
    for (const host of ears.hosts()) if (host.part.topic === topic) return host.part.hearSealed(news);
    return false;
  });
  wire.handleMessages(newsProtocol, newsLimits, (_from, message) => {
    const told = parse(newsMessage, message, newsLimits.frameBytesMax);
    if (told.ok) ears.hostOf(told.value.q)?.part.hear(told.value.news);
  });
  wire.handleMessages(heirProtocol, heirLimits, ears.onHeir);
  wire.onFound(ears.onFound);
  wire.onChange(ears.onChange);
}
