import { expect, test } from 'vitest';
import { type PeerId, hex } from '../../base/index.ts';
import { invitationRendezvousKey, rendezvousKey } from '../../queue/index.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { invitationKeysMax } from '../limits.ts';
import { wishesOf } from './wishes.ts';

const anna = 'anna' as PeerId;
const secretOf = (n: number) => new Uint8Array(16).fill(n);
const publicKeyOf = (n: number) => new Uint8Array(32).fill(n);

/** A queue with so many listeners, and behind them a voter; Anna made so many invitations. */
function host(n: number, { listeners = 0, invitations = 0, annaVotes = true } = {}): QueueHost {
  const members = new Map<string, object>([[anna, { voter: annaVotes, role: 'operator' }]]);
  for (let i = 0; i < listeners; i++) members.set(`listener-${n}-${i}`, { voter: false, role: 'viewer' });
  members.set(`voter-${n}`, { voter: true, role: 'operator' });
  const open = Array.from({ length: invitations }, (_, i) => ({
    publicKey: publicKeyOf(i),
    by: anna,
    revoked: i === 0,
    uses: 0,
    usesMax: 1,
    expiresMs: 1_000,
  }));
  return {
    state: {
      head: { relays: [`relay-${n}`], lan: false, rendezvous: secretOf(n) },
      members,
      invitations: new Map(open.map((each, i) => [`i${i}`, each])),
      stampMs: 500,
    },
    trouble: undefined,
    wanted: () => [...members.keys()].filter((peer) => peer !== anna),
  } as unknown as QueueHost;
}

test('who keeps a queue is wanted before all who only listen, in every queue', () => {
  const { peers } = wishesOf([host(1, { listeners: 300 }), host(2, { listeners: 3 })], [], [], anna);
  expect([...peers].slice(0, 2)).toEqual(['voter-1', 'voter-2']);
  expect(peers.size).toBe(305);
});

test('queues come before invitations, of which the newest that live are told by who votes or made them', () => {
  const hosts = [host(1, { invitations: invitationKeysMax + 20 }), host(2)];
  const { keys } = wishesOf(hosts, [], [], anna);
  const [first, second, ...others] = keys.map(({ key }) => hex(key));
  expect([first, second]).toEqual([secretOf(1), secretOf(2)].map((secret) => hex(rendezvousKey(secret))));
  const newest = Array.from({ length: invitationKeysMax }, (_, i) => publicKeyOf(i + 20));
  expect(others).toEqual(newest.map((key) => hex(invitationRendezvousKey(key))));
  expect(keys.map(({ sought }) => sought).indexOf(false)).toBe(2);
  // One who does not vote and made none is to be found by members only.
  const guest = wishesOf([host(1, { invitations: 3 })], [], [], 'listener' as PeerId);
  expect(guest.keys.length).toBe(1);
  // What is revoked leads nowhere.
  expect(wishesOf([host(1, { invitations: 1 })], [], [], anna).keys.length).toBe(1);
});
