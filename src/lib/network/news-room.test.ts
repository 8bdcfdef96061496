import { expect, test } from 'vitest';
import type { Connection } from '@libp2p/interface';
import { reopenNews } from './news-room.ts';

/** One peer of gossip, with or without a stream to it, and the connections that gossip is told of. */
function room(known: boolean, told: boolean) {
  const connection = { remotePeer: { toString: () => 'ben' } } as unknown as Connection;
  const opened: Connection[] = [];
  const map = <T>(has: boolean, value: T) => new Map(has ? [['ben', value]] : []);
  const gossip = {
    peers: map(known, connection.remotePeer),
    streamsOutbound: map(told, {} as never),
    protocols: ['/meshsub/1.1.0'],
  };
  const topology = { onConnect: (_peer: unknown, by: Connection) => void opened.push(by) };
  reopenNews(gossip, { getTopologies: () => [topology] }, connection);
  return { opened, connection };
}

test('a peer whose stream for news ended with one of its connections is told news over the one that stays', () => {
  const { opened, connection } = room(true, false);
  expect(opened).toEqual([connection]);
});

test('a peer that is told news, and one that has not said that it hears any, are left alone', () => {
  expect(room(true, true).opened).toEqual([]);
  expect(room(false, false).opened).toEqual([]);
});
