import { expect, test } from 'vitest';
import type { Bytes } from '../../base/index.ts';
import { raftProtocol } from '../../network/protocols.ts';
import { MessageType, encodeMessage, newMessage } from '../../raft/index.ts';
import { parseLink } from '../../registry/index.ts';
import { encodeRaftFrame } from '../replica/raft-frame.ts';
import { House, granted } from '../testing/house.ts';

test('the report of diagnostics says how each queue stands', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  await anna.createQueue('Open book');
  const diagnostics = await house.await(anna.service.diagnostics());
  expect(diagnostics.queues).toMatchObject([
    { name: 'Open book', condition: 'ready', raft: { role: 'leader', replicaId: 1 }, pending: 0 },
  ]);
});

/** Everything of a peer that would let somebody else in, or act in its name. */
function secretsIn(texts: readonly string[], secrets: readonly (Uint8Array | undefined)[]): string[] {
  const forms = secrets.flatMap((secret) => {
    if (secret === undefined) return [];
    const bytes = Buffer.from(secret);
    return [
      bytes.subarray(0, 8).toString('hex'),
      ...['base64', 'base64url'].map((form) => bytes.toString(form as BufferEncoding).slice(0, 12)),
      [...secret.slice(0, 6)].join(','),
    ];
  });
  return forms.filter((form) => texts.some((text) => text.includes(form)));
}

test('no report holds a key, an invitation or a link: of an owner, of who joined, who was refused, who was removed, and after troubles', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const gil = await house.browser('Gil').open();
  const queue = await anna.createQueue('Open book');
  const life = { lifeMs: 3_600_000, origin: 'http://localhost' };
  const link = granted(await house.await(anna.service.makeLink(queue, { role: 'trusted', ...life })));
  const wide = granted(
    await house.await(
      anna.service.invite(queue, { role: 'viewer', voter: false, usesMax: 1, note: 'For Gil', ...life }),
    ),
  );
  granted(await house.await(ben.service.joinQueue(link.url)));
  granted(await house.await(gil.service.joinQueue(wide.text)));
  // Its only use is spent, it is mistyped, it is pasted where it does not belong.
  const cleo = await house.browser('Cleo').open();
  expect((await house.await(cleo.service.joinQueue(wide.text))).ok).toBe(false);
  expect((await house.await(cleo.service.joinQueue(`${link.url}x`))).ok).toBe(false);
  expect((await house.await(anna.service.setRelays([link.url]))).ok).toBe(false);
  await house.await(anna.service.removeMember(queue, gil.peer.identity.peer));
  await house.pass(3_000);
  const before = JSON.stringify(await house.await(ben.service.diagnostics()));
  ben.kill();
  await ben.open();
  await house.await(ben.service.rejoinQueue(queue));
  await house.pass(3_000);

  const reports = [before];
  for (const each of [anna, ben, gil, cleo])
    reports.push(JSON.stringify(await house.await(each.service.diagnostics())));
  const parsed = [link, wide].map(({ text }) => granted(parseLink(text)));
  const secrets = [
    ...[anna, ben, gil, cleo].map(({ peer }) => peer.identity.seed),
    ...parsed.map(({ invitation }) => invitation.seed),
    anna.host(queue).state.head.rendezvous,
  ];
  expect(secretsIn(reports, secrets)).toEqual([]);
  for (const { text } of [link, wide])
    for (let at = 0; at + 24 <= text.length; at += 8)
      for (const report of reports) expect(report).not.toContain(text.slice(at, at + 24));
  // The reports tell enough for the search to mean something, and the search finds what is there.
  expect(reports[1]).toContain('info queue Open book: leads in term');
  expect(secretsIn([`seed ${Buffer.from(secrets[0] ?? []).toString('base64')}`], secrets)).not.toEqual([]);
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
  const disk = { term, last: 1, commit: 0, commitTerm: 0 };
  const sender = (replica: number) => ({ replica, life, disk, resting: false });
  const beat = encodeMessage(newMessage(MessageType.Heartbeat, to, benId, term));
  const say = (from: typeof ben, frame: Bytes) =>
    house.network.wire(from.peer.identity.peer)?.send(anna.peer.identity.peer, raftProtocol, frame);
  say(gil, Uint8Array.of(9, 9, 9));
  say(gil, encodeRaftFrame(new Uint8Array(32), sender(2), to, beat));
  say(gil, encodeRaftFrame(host.digest, sender(benId), to, beat));
  say(gil, encodeRaftFrame(host.digest, sender(benId), 99, beat));
  const gilId = gil.host(queue).status().replicaId;
  say(gil, encodeRaftFrame(host.digest, sender(gilId), to, beat));
  say(gil, encodeRaftFrame(host.digest, sender(gilId), to, Uint8Array.of(1, 2, 3)));
  const vote = encodeMessage(newMessage(MessageType.Vote, to, gilId, term + 1));
  say(gil, encodeRaftFrame(host.digest, sender(gilId), to, vote));
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
