import { expect, test } from 'vitest';
import type { Connection, Libp2p } from '@libp2p/interface';
import { ManualClock, type PeerId, seededRandom, silentLog } from '../base/index.ts';
import { relayedLingerMs, supervisePeriodMs } from './limits.ts';
import { PeerLinks } from './peer-links.ts';

const anna = '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq' as PeerId;
const ben = '12D3KooWQfGkPUkoLDEeJE3H3ZTmu9BZvAdbJpmhha8WpjeSLKMM' as PeerId;

/** Anna's links to Ben, and the connections that libp2p lists. A straight one answers when it is asked for life, if `alive`. */
function linksToBen(alive: boolean) {
  const clock = new ManualClock();
  const listed: Connection[] = [];
  const connection = (kind: 'direct' | 'relayed', direction: 'inbound' | 'outbound') => {
    const end = () => {
      listed.splice(listed.indexOf(made), 1);
      links.onClose(made);
    };
    const made = {
      status: 'open',
      direct: kind === 'direct',
      limits: kind === 'direct' ? undefined : { seconds: 120 },
      direction,
      remotePeer: { toString: () => ben },
      newStream: () =>
        alive ? Promise.resolve({ abort: () => undefined }) : Promise.reject(new Error('silence')),
      close: () => Promise.resolve(end()),
      abort: end,
    } as unknown as Connection;
    listed.push(made);
    links.onOpen(made);
    return made;
  };
  const links = new PeerLinks({
    self: anna,
    libp2p: { getConnections: () => [...listed] } as unknown as Libp2p,
    clock,
    random: seededRandom(1),
    log: silentLog,
    relays: () => [],
    canDialDirect: () => false,
  });
  links.want(new Set([ben]), false);
  const lookFor = async (forMs: number) => {
    for (let ms = 0; ms < forMs; ms += supervisePeriodMs) {
      clock.advance(supervisePeriodMs);
      links.look();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { links, listed, connection, clock, lookFor };
}

test('a dial through the relay that ends after Ben is wired straight leaves the straight connection, and no other', async () => {
  const { links, listed, connection, clock, lookFor } = linksToBen(true);
  const direct = connection('direct', 'inbound');
  clock.advance(50);
  connection('relayed', 'outbound');
  await lookFor(relayedLingerMs + 2 * supervisePeriodMs);
  expect(links.best(ben)).toBe(direct);
  expect(listed).toEqual([direct]);
});

test('a straight connection that is dead when Ben is reached through the relay is cut', async () => {
  const { links, listed, connection, clock, lookFor } = linksToBen(false);
  connection('direct', 'inbound');
  clock.advance(50);
  const relayed = connection('relayed', 'outbound');
  await lookFor(2 * supervisePeriodMs);
  expect(links.best(ben)).toBe(relayed);
  expect(listed).toEqual([relayed]);
});
