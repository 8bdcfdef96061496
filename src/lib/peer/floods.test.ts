import { expect, test } from 'vitest';
import { type Bytes, encode } from '../base/index.ts';
import { commandProtocol, joinProtocol } from '../network/protocols.ts';
import { type Command, signCommand } from '../queue/index.ts';
import { comebackRate, wastedCommandRate } from './limits.ts';
import { House, threeVoters } from './testing/house.ts';

/** A guest’s own program is changed: it speaks to the leader beside the app, with the guest’s key. */
test('a guest who floods the leader with refused, repeated and useless commands is slowed down; others are not, nor is anything lost', async () => {
  const house = new House(31);
  const { anna, ben, all, queue } = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(3_000);
  const leader = all.find((each) => each.host(queue).status().role === 'leader') ?? anna;
  const { digest } = leader.host(queue);
  const { identity, ports } = gil.peer;
  const envelope = (command: object, session = 0, seq = 0): Bytes =>
    signCommand(
      identity.seed,
      { queue: digest, session, seq, ack: Math.min(1, seq) },
      command as unknown as Command,
    );
  const say = (bytes: Bytes) => {
    const question = encode({ v: 1, q: digest, envelope: bytes });
    ports.wire.request(leader.peer.identity.peer, commandProtocol, question, 5_000).catch(() => undefined);
  };
  const nonce = new Uint8Array(16).fill(3);
  say(envelope({ type: 'open-session', nonce }));
  await house.until(
    'a session',
    () => leader.host(queue).state.sessionOf(identity.peer, nonce) !== undefined,
  );
  const session = leader.host(queue).state.sessionOf(identity.peer, nonce) ?? 0;
  // Signed once: the flood is of messages.
  const repeated = envelope({ type: 'rename-member', peer: identity.peer, name: 'Gil' }, session, 1);
  const refused = Array.from({ length: 20 }, (_, i) =>
    envelope({ type: 'rename-queue', name: 'Mine' }, session, i + 2),
  );
  const sessions = Array.from({ length: 20 }, (_, i) =>
    envelope({ type: 'open-session', nonce: new Uint8Array(16).fill(i + 10) }),
  );
  const elsewhere = envelope({ type: 'rename-queue', name: 'Mine' }, session + 1_000, 1);
  const garbage = crypto.getRandomValues(new Uint8Array(60_000));
  const before = leader.host(queue).state.index;
  const seconds = 40;
  let own: Promise<unknown> | undefined;
  for (let i = 0; i < seconds * 10; i++) {
    for (const bytes of [repeated, ...refused, ...sessions, elsewhere, garbage]) say(bytes);
    if (i === 100) own = gil.service.renameMember(queue, identity.peer, 'Gil himself');
    await house.pass(100, 20);
  }
  const written = leader.host(queue).state.index - before;
  expect(written).toBeLessThan(wastedCommandRate.burst + wastedCommandRate.perSecond * (seconds + 5));
  const rename = await house.await(ben.service.renameQueue(queue, 'Shields of all'));
  expect(rename.kind).toBe('committed');
  // What Gil's own app has to say is committed when his flood is over.
  await house.until(
    'Gil is heard',
    () => anna.host(queue).state.members.get(identity.peer)?.name === 'Gil himself',
  );
  await house.await(own ?? Promise.resolve());
  await house.until('nothing waits', () => gil.host(queue).pending().length === 0);
});

test('a member who comes back as another replica again and again is slowed down', async () => {
  const house = new House(32);
  const { anna, all, queue } = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(3_000);
  const leader = all.find((each) => each.host(queue).status().role === 'leader') ?? anna;
  const { digest } = leader.host(queue);
  const { identity, ports } = gil.peer;
  const before = leader.host(queue).state.nextReplicaId;
  const seconds = 30;
  for (let i = 0; i < 20 * seconds; i++) {
    const incarnation = new Uint8Array(16).fill(i % 256);
    incarnation[0] = i >> 8;
    const replaces = leader.host(queue).state.members.get(identity.peer)?.replicaId ?? 0;
    const command = { type: 'rejoin', incarnation, replaces } as const;
    const envelope = signCommand(identity.seed, { queue: digest, session: 0, seq: 0, ack: 0 }, command);
    const question = encode({ v: 1, q: digest, envelope });
    ports.wire.request(leader.peer.identity.peer, joinProtocol, question, 5_000).catch(() => undefined);
    await house.pass(50);
  }
  const given = leader.host(queue).state.nextReplicaId - before;
  expect(given).toBeGreaterThan(1);
  expect(given).toBeLessThanOrEqual(comebackRate.burst + 1 + seconds * comebackRate.perSecond);
});
