import { expect, test } from 'vitest';
import { parseLink } from '../registry/index.ts';
import { House, granted } from './testing/house.ts';

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
