import { expect, test } from 'vitest';
import type { Bytes } from '../../base/index.ts';
import { raftProtocol } from '../../network/protocols.ts';
import { MessageType, encodeMessage, newMessage } from '../../raft/index.ts';
import { parseLink } from '../../registry/index.ts';
import { encodeRaftFrame } from '../replica/raft-frame.ts';
import { House, granted } from '../testing/house.ts';

test('the report of diagnostics says how each queue stands and holds neither the key nor an invitation', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Open book');
  const options = { role: 'trusted', lifeMs: 3_600_000, origin: 'http://localhost' } as const;
  const link = granted(await house.await(anna.service.makeLink(queue, options)));
  const diagnostics = await house.await(anna.service.diagnostics());
  expect(diagnostics.queues).toMatchObject([
    { name: 'Open book', condition: 'ready', raft: { role: 'leader', replicaId: 1 }, pending: 0 },
  ]);
  const report = JSON.stringify(diagnostics);
  const parsed = granted(parseLink(link.text));
  const secrets = [anna.peer.identity.seed, parsed.invitation.seed, parsed.rendezvous];
  for (const secret of secrets) {
    if (secret === undefined) continue;
    const bytes = Buffer.from(secret);
    expect(report).not.toContain([...secret.slice(0, 8)].join(','));
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(report).not.toContain(bytes.toString(form).slice(0, 16));
  }
  expect(report).not.toContain(link.text.slice(20, 60));
});

test('messages of Raft that are not heard are counted by reason, whoever sends them', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const gil = await house.browser('Gil').open();
  const queue = await anna.createQueue('Shields');
  await ben.join(anna, queue);
  await gil.join(anna, queue, 'guest');
  const host = anna.host(queue);
  const { replicaId: to, term } = host.status();
  const benId = ben.host(queue).status().replicaId;
  const life = { epoch: 1_000, number: 1 };
  const beat = encodeMessage(newMessage(MessageType.Heartbeat, to, benId, term));
  const say = (from: typeof ben, frame: Bytes) =>
    house.network.wire(from.peer.identity.peer)?.send(anna.peer.identity.peer, raftProtocol, frame);
  say(gil, Uint8Array.of(9, 9, 9));
  say(gil, encodeRaftFrame(new Uint8Array(32), 2, to, life, beat, false));
  say(gil, encodeRaftFrame(host.digest, benId, to, life, beat, false));
  say(gil, encodeRaftFrame(host.digest, benId, 99, life, beat, false));
  const gilId = gil.host(queue).status().replicaId;
  say(gil, encodeRaftFrame(host.digest, gilId, to, life, beat, false));
  say(gil, encodeRaftFrame(host.digest, gilId, to, life, Uint8Array.of(1, 2, 3), false));
  const vote = encodeMessage(newMessage(MessageType.Vote, to, gilId, term + 1));
  say(gil, encodeRaftFrame(host.digest, gilId, to, life, vote, false));
  await house.pass(200);
  const report = await house.await(anna.service.diagnostics());
  expect(report.dropped).toEqual([
    { reason: 'malformed', count: 1 },
    { reason: 'other-queue', count: 1 },
  ]);
  const counts = Object.fromEntries(
    report.queues[0]?.dropped.map(({ reason, count }) => [reason, count]) ?? [],
  );
  expect(counts).toEqual({
    malformed: 1,
    'not-its-replica': 1,
    'not-trusted': 1,
    'other-incarnation': 1,
    'wrong-sender': 1,
  });
  expect(host.status()).toMatchObject({ role: 'leader', term });
});
