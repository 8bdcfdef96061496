import { describe, expect, test } from 'vitest';
import { type Bytes, type PeerId, decode, encode } from '../base/index.ts';
import type { ProtocolId, Wire } from '../network/port.ts';
import * as protocols from '../network/protocols.ts';
import { filesProtocol, raftProtocol } from '../network/protocols.ts';
import type { QueueHost } from './host/queue-host.ts';
import { listen } from './peer-wire.ts';
import { encodeRaftFrame } from './replica/raft-frame.ts';

const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);
const neither = new Uint8Array(32).fill(3);
const ben = 'ben' as PeerId;
const some = Uint8Array.of(1, 2, 3);
const place = { replica: 2, epoch: 1, life: 9 };
const disk = { term: 3, last: 7, commit: 0, commitTerm: 0 };
const sender = { replica: 2, life: { epoch: 1, number: 9 }, disk, resting: false };

/** One message of each protocol about the queue of that digest. */
const messages: Readonly<Record<string, (q: Bytes) => Bytes>> = {
  [raftProtocol]: (q) => encodeRaftFrame(q, sender, 1, some),
  [protocols.snapshotProtocol]: (q) => encode({ v: 1, q, s: first, i: 0 }),
  [protocols.listenProtocol]: (q) => encode({ v: 1, q, ...place, after: 4 }),
  [protocols.newsProtocol]: (q) => encode({ v: 1, q, news: some }),
  [protocols.censusProtocol]: (q) => encode({ v: 1, q, kind: 'answer', i: 4, state: 'idle' }),
  [protocols.commandProtocol]: (q) => encode({ v: 1, q, envelope: some }),
  [protocols.joinProtocol]: (q) => encode({ v: 1, q, envelope: some }),
  [protocols.heirProtocol]: (q) => encode({ v: 1, q, genesis: some, link: 'pp' }),
  [protocols.standingProtocol]: (q) => encode({ v: 1, q }),
  [protocols.wordProtocol]: (q) => encode({ v: 1, q, ...place, word: 'removed' }),
  [protocols.placeProtocol]: (q) => encode({ v: 1, q, ...place, term: 3, last: 7 }),
  [protocols.presenceProtocol]: (q) => encode({ v: 1, q, n: 1, printers: [], files: [], fetching: [] }),
};

/** A host that notes whether anything of it was touched, and answers every question with `{kind}`. */
function host(touched: string[], name: string): QueueHost {
  const any: unknown = new Proxy(() => undefined, {
    get: (_, key) => {
      if (typeof key === 'string' && key !== 'then') touched.push(name);
      return key === 'then' ? undefined : any;
    },
    apply: () => ({ kind: name }),
  });
  return any as QueueHost;
}

function peer() {
  const handlers = new Map<ProtocolId, (from: PeerId, bytes: Bytes) => unknown>();
  const touched: string[] = [];
  const dropped: string[] = [];
  let onNews: (topic: string, news: Bytes) => boolean = () => false;
  const wire: Partial<Wire> = {
    handleMessages: (protocol, _, take) => void handlers.set(protocol, take),
    handleRequests: (protocol, _, answer) => void handlers.set(protocol, answer),
    onNews: (listener) => (onNews = listener),
    onFound: () => () => undefined,
    onChange: () => () => undefined,
  };
  const hosts = new Map([
    [1, host(touched, 'first')],
    [2, host(touched, 'second')],
  ]);
  listen(wire as Wire, {
    hostOf: (digest) => hosts.get(digest[0] ?? 0),
    hostOfTopic: (topic) => (topic === 'of the second' ? hosts.get(2) : undefined),
    onHeir: (old, from) => old.receivePresence(from, {} as never),
    onDropped: (reason) => dropped.push(reason),
    onFound: () => undefined,
    onChange: () => undefined,
  });
  return { handlers, touched, dropped, news: (topic: string) => onNews(topic, some) };
}

const named = Object.values(protocols).filter((each): each is ProtocolId => typeof each === 'string');

describe('whatever names a queue goes to that queue alone', () => {
  // Files name no queue: whoever shares a queue that has the file may have it. Nor does the DHT.
  const routed = named.filter((protocol) => protocol !== filesProtocol && !protocol.includes('/kad/'));

  test('there is a message of each protocol here', () => {
    expect([...peer().handlers.keys()].sort()).toEqual([...routed].sort());
    expect(Object.keys(messages).sort()).toEqual([...routed].sort());
  });

  test.each(routed)('%s', async (protocol) => {
    const { handlers, touched, dropped } = peer();
    const say = (bytes: Bytes) => handlers.get(protocol)?.(ben, bytes);
    const message = (q: Bytes) => messages[protocol]?.(q) ?? new Uint8Array();
    await say(message(second));
    expect(new Set(touched)).toEqual(new Set(['second']));
    expect(dropped).toEqual([]);
    touched.length = 0;
    const answer = await say(message(neither));
    expect(touched).toEqual([]);
    expect(dropped).toEqual(['other-queue']);
    if (answer instanceof Uint8Array) expect(decode(answer)).toHaveProperty('kind');
    const malformed = await say(message(first).subarray(0, 30));
    expect(touched).toEqual([]);
    expect(dropped).toEqual(['other-queue', 'malformed']);
    if (malformed instanceof Uint8Array) expect(decode(malformed)).toHaveProperty('kind');
  });

  test('gossip goes to the queue that hears its topic', () => {
    const { touched, news } = peer();
    news('of the second');
    expect(new Set(touched)).toEqual(new Set(['second']));
    expect(news('of nobody')).toBe(false);
  });
});
