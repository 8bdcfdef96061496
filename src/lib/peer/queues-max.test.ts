import { expect, test } from 'vitest';
import { queuesMax } from './limits.ts';
import { House, granted } from './testing/house.ts';

test('a browser is in so many queues and no more, until it leaves one', async () => {
  const house = new House(74);
  const anna = await house.browser('Anna').open();
  const create = (name: string) => house.await(anna.service.createQueue({ name, lan: true }));
  const first = granted(await create('Queue 1'));
  for (let i = 2; i <= queuesMax; i++) granted(await create(`Queue ${i}`));
  expect(anna.peer.hosts.size).toBe(queuesMax);
  expect(await create('One more')).toMatchObject({ ok: false, refusal: { code: 'too-many-queues' } });
  await house.await(anna.peer.leave(first));
  expect(await create('One more')).toMatchObject({ ok: true });
});
