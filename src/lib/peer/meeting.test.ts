import { describe, expect, test, vi } from 'vitest';
import { type PeerId, type QueueId, encode, fromBase64url, hex, must, publicKeyOf } from '../base/index.ts';
import { joinProtocol, listenProtocol } from '../network/protocols.ts';
import type { RendezvousKey } from '../network/port.ts';
import { invitationRendezvousKey, rendezvousKey } from '../queue/index.ts';
import { encodeLink, parseLink } from '../registry/index.ts';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

/** Under which keys each peer of the house is announced now, and where it looks. */
function meetings(house: House) {
  const now = new Map<PeerId, readonly RendezvousKey[]>();
  const join = house.network.join.bind(house.network);
  vi.spyOn(house.network, 'join').mockImplementation((peer) => {
    const wire = join(peer);
    const rendezvous = wire.rendezvous.bind(wire);
    wire.rendezvous = (keys) => {
      now.set(peer, keys);
      rendezvous(keys);
    };
    return wire;
  });
  const of = (browser: Browser, which: 'announced' | 'sought') =>
    (now.get(browser.peer.identity.peer) ?? []).filter((each) => each[which]).map(({ key }) => hex(key));
  return {
    announced: (browser: Browser) => of(browser, 'announced'),
    sought: (browser: Browser) => of(browser, 'sought'),
  };
}

const keyOf = (browser: Browser, queue: QueueId) =>
  hex(rendezvousKey(browser.host(queue).state.head.rendezvous));
const peerOf = ({ peer }: Browser) => peer.identity.peer;

async function linkOf(house: House, by: Browser, queue: QueueId, role: 'trusted' | 'guest' = 'guest') {
  const options = { role, lifeMs: 3_600_000, origin: '' } as const;
  const { text } = granted(await house.await(by.service.makeLink(queue, options)));
  const link = granted(parseLink(text));
  return { text, link, key: hex(invitationRendezvousKey(publicKeyOf(link.invitation.seed))) };
}

async function remove(house: House, by: Browser, queue: QueueId, peer: PeerId) {
  const removed = await house.await(by.service.removeMember(queue, peer));
  expect(removed).toMatchObject({ kind: 'committed' });
}

/** All bytes that reach a peer from here on, as hex: of messages, and of the answers to whatever it asks for. */
function listenOn(house: House, { peer }: Browser, queue: QueueId, others: readonly Browser[]) {
  const heard: string[] = [];
  const wire = must(house.network.wire(peer.identity.peer), 'its wire');
  const take = wire.take.bind(wire);
  wire.take = (from, protocol, message) => {
    heard.push(hex(message));
    take(from, protocol, message);
  };
  const digest = must(peer.hosts.get(queue), 'the queue').digest;
  const replica = peer.hosts.get(queue)?.status().replicaId;
  const ask = (after: number) => {
    for (const other of others) {
      const question = { v: 1, q: digest, replica, epoch: 1, life: 1, after };
      wire.request(peerOf(other), listenProtocol, encode(question), 5_000).then(
        (answer) => heard.push(hex(answer)),
        () => undefined,
      );
    }
  };
  return { heard, ask };
}

describe('the meeting place changes when somebody is removed', () => {
  test.each(['trusted', 'guest'] as const)(
    'who was removed, a %s, never hears of the new one, however its program was changed to listen on',
    async (role) => {
      const house = new House(41);
      const { announced, sought } = meetings(house);
      const { anna, ben, cleo, queue } = await threeVoters(house);
      const dora = await house.browser('Dora').open();
      await dora.join(anna, queue, role);
      const others = [anna, ben, cleo];
      await house.until('Dora has what is there', () => dora.host(queue).status().leader !== 0);
      if (role === 'trusted')
        await house.until('Dora votes', () => anna.host(queue).status().confState.voters.length === 4);
      const old = keyOf(anna, queue);
      expect([...others, dora].every((each) => announced(each).includes(old))).toBe(true);
      const eavesdropper = listenOn(house, dora, queue, others);
      await remove(house, anna, queue, peerOf(dora));
      await house.until('they meet elsewhere', () => others.every((each) => keyOf(each, queue) !== old));
      for (let i = 0; i < 40; i++) {
        eavesdropper.ask(i < 2 ? dora.host(queue).state.index : anna.host(queue).state.index - 3);
        await house.pass(500, 50);
      }
      const next = keyOf(anna, queue);
      for (const each of others) {
        expect(announced(each)).toContain(next);
        expect(announced(each)).not.toContain(old);
        expect(sought(each)).not.toContain(old);
      }
      expect(dora.host(queue).trouble?.code).toBe('removed');
      expect(keyOf(dora, queue)).toBe(old);
      const { rendezvous } = anna.host(queue).state.head;
      expect(eavesdropper.heard.length).toBeGreaterThan(20);
      expect(eavesdropper.heard.filter((bytes) => bytes.includes(hex(rendezvous)))).toEqual([]);
    },
  );

  test('nobody moves while nobody was removed, and each removal moves them once', async () => {
    const house = new House(42);
    const { anna, ben, all, queue } = await threeVoters(house);
    const guests: Browser[] = [];
    for (const name of ['Gil', 'Hal']) {
      const guest = await house.browser(name).open();
      await guest.join(anna, queue, 'guest');
      guests.push(guest);
    }
    const secrets = new Set([keyOf(anna, queue)]);
    await house.pass(30_000, 50);
    expect(keyOf(ben, queue)).toBe([...secrets][0]);
    for (const guest of guests) {
      const { index } = anna.host(queue).state;
      await remove(house, ben, queue, peerOf(guest));
      await house.until('they meet elsewhere', () => all.every((each) => !secrets.has(keyOf(each, queue))));
      await house.pass(10_000, 50);
      secrets.add(keyOf(anna, queue));
      // The removal and the move, and what a session may need.
      expect(anna.host(queue).state.index - index).toBeLessThanOrEqual(4);
    }
    expect(secrets.size).toBe(3);
  });

  test('who was away finds the others by their PeerIds and the relays, also after a restart, and meets with them where they are', async () => {
    const house = new House(43);
    const { announced } = meetings(house);
    const { anna, ben, cleo, queue } = await threeVoters(house);
    const gil = await house.browser('Gil').open();
    await gil.join(anna, queue, 'guest');
    await house.pass(2_000);
    const old = keyOf(anna, queue);
    cleo.kill();
    gil.kill();
    const dora = await house.browser('Dora').open();
    await dora.join(anna, queue, 'guest');
    await remove(house, ben, queue, peerOf(dora));
    await house.until('they meet elsewhere', () => [anna, ben].every((each) => keyOf(each, queue) !== old));
    // Nobody is told of anybody by the relays' table: each knows the others from its own disk.
    vi.spyOn(house.network, 'meet').mockImplementation(() => undefined);
    await cleo.open();
    await gil.open();
    const back = () => [cleo, gil].every((each) => each.isOpen && keyOf(each, queue) === keyOf(anna, queue));
    await house.until('both are there again', back);
    await house.pass(1_000);
    for (const each of [cleo, gil]) expect(announced(each)).not.toContain(old);
  });

  test('a leader that dies with the move under way leaves it to the next one', async () => {
    const house = new House(44);
    const { anna, all, queue } = await threeVoters(house);
    const dora = await house.browser('Dora').open();
    await dora.join(anna, queue, 'guest');
    const old = keyOf(anna, queue);
    const leader = must(
      all.find((each) => each.host(queue).status().role === 'leader'),
      'a leader',
    );
    const rest = all.filter((each) => each !== leader);
    const by = must(rest[0], 'another');
    const removing = by.service.removeMember(queue, peerOf(dora));
    await house.until('it is known', () =>
      rest.every((each) => each.host(queue).state.head.rendezvousDue > 0),
    );
    leader.kill();
    await house.await(removing);
    await house.until('they meet elsewhere', () => rest.every((each) => keyOf(each, queue) !== old));
  });
});

describe('each living invitation has a key of its own', () => {
  test('who holds a link finds the queue by it alone, though its peers meet elsewhere since and nobody whom it names is there', async () => {
    const house = new House(45);
    const { anna, ben, queue } = await threeVoters(house);
    const { link } = await linkOf(house, anna, queue);
    const dora = await house.browser('Dora').open();
    await dora.join(anna, queue, 'guest');
    const old = keyOf(anna, queue);
    await remove(house, anna, queue, peerOf(dora));
    await house.until('they meet elsewhere', () => keyOf(ben, queue) !== old);
    // Only the place is left of what the link says.
    const bare = encodeLink({ ...link, peers: [], relays: [] });
    const eve = await house.browser('Eve').open();
    granted(await house.await(eve.service.joinQueue(bare)));
    await house.until('Eve is ready', () => eve.host(queue).condition().condition === 'ready');
  });

  test('voters are to be found under it for as long as it lives: not when it is used up, revoked or over', async () => {
    const house = new House(46);
    const { announced, sought } = meetings(house);
    const { anna, ben, queue } = await threeVoters(house);
    const gil = await house.browser('Gil').open();
    await gil.join(anna, queue, 'guest');
    const open = (usesMax: number, lifeMs: number) =>
      house.await(
        anna.service.invite(queue, { role: 'viewer', voter: false, lifeMs, usesMax, note: '', origin: '' }),
      );
    const keys: string[] = [];
    const ids: string[] = [];
    for (const [uses, lifeMs] of [
      [1, 3_600_000],
      [9, 3_600_000],
      [9, 120_000],
    ] as const) {
      const { invitation } = granted(parseLink(granted(await open(uses, lifeMs)).text));
      ids.push(hex(invitation.id));
      keys.push(hex(invitationRendezvousKey(publicKeyOf(invitation.seed))));
      if (uses === 1) {
        const eve = await house.browser('Eve').open();
        await house.pass(1_000);
        expect(announced(ben)).toContain(keys[0]);
        const { text } = granted(await open(1, 3_600_000));
        granted(await house.await(eve.service.joinQueue(text)));
        const used = granted(parseLink(text)).invitation;
        keys[0] = hex(invitationRendezvousKey(publicKeyOf(used.seed)));
      }
    }
    const [used, revoked, over] = keys;
    await house.pass(1_000);
    for (const each of [anna, ben]) {
      expect(announced(each)).toEqual(expect.arrayContaining([revoked, over]));
      expect(announced(each)).not.toContain(used);
      expect(sought(each)).toEqual([keyOf(anna, queue)]);
    }
    // Who does not keep the queue lets nobody in.
    expect(announced(gil)).toEqual([keyOf(anna, queue)]);
    await house.await(anna.service.revokeInvitation(queue, ids[1] ?? ''));
    await house.until('it is told no more', () => !announced(ben).includes(revoked ?? ''));
    await house.pass(125_000, 50);
    await house.until('nor the one that is over', () => !announced(ben).includes(over ?? ''));
  });

  test('a link carries no key of the queue’s own, and who joins looks under that of the link only', async () => {
    const house = new House(47);
    const { announced, sought } = meetings(house);
    const { anna, all, queue } = await threeVoters(house);
    const { text, key } = await linkOf(house, anna, queue);
    const { rendezvous } = anna.host(queue).state.head;
    expect(hex(must(fromBase64url(text), 'a link'))).not.toContain(hex(rendezvous));
    const eve = await house.browser('Eve').open();
    for (const each of all) house.network.cut(peerOf(each), peerOf(eve));
    const joining = eve.service.joinQueue(text);
    await house.pass(500);
    expect(announced(eve)).toEqual([]);
    expect(sought(eve)).toEqual([key]);
    house.network.heal();
    granted(await house.await(joining));
  });

  test('who is found under one queue’s key is not asked about another', async () => {
    const house = new House(48);
    const anna = await house.browser('Anna').open();
    const zoe = await house.browser('Zoe').open();
    const queue = await anna.createQueue('Shields');
    await zoe.createQueue('Elsewhere');
    const { link } = await linkOf(house, anna, queue);
    const bystander = must([...zoe.peer.hosts.values()][0], 'a queue');
    const other = granted(
      await house.await(
        zoe.service.makeLink(bystander.queue, { role: 'guest', lifeMs: 3_600_000, origin: '' }),
      ),
    );
    const eve = await house.browser('Eve').open();
    const askedToJoin = new Set<PeerId>();
    const { wire } = eve.peer.ports;
    const request = wire.request.bind(wire);
    wire.request = (to, protocol, ...rest) => {
      if (protocol === joinProtocol) askedToJoin.add(to);
      return request(to, protocol, ...rest);
    };
    const places = [peerOf(anna), peerOf(zoe)];
    // Eve finds Zoe where the link to Zoe's queue leads, and joins there.
    const { text } = other;
    const toZoe = encodeLink({ ...granted(parseLink(text)), peers: [], relays: [] });
    granted(await house.await(eve.service.joinQueue(toZoe)));
    expect([...askedToJoin]).toEqual([places[1]]);
    askedToJoin.clear();
    anna.kill();
    const bare = encodeLink({ ...link, peers: [], relays: [] });
    void eve.service.joinQueue(bare);
    await house.pass(5_000);
    expect([...askedToJoin]).toEqual([]);
    await anna.open();
    await house.until('Eve is in both', () => eve.peer.hosts.has(queue));
    expect([...askedToJoin]).toEqual([places[0]]);
  });
});
