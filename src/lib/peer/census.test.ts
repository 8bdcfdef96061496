import { expect, test } from 'vitest';
import { must } from '../base/index.ts';
import { type Browser, House, granted } from './testing/house.ts';

const gcode = `G28\nM104 S200\n${'G1 X10 Y10 E1\nG1 X20 Y10 E1\n'.repeat(50)}M104 S0\n`;

test('voters and listeners of a queue are counted, those who are asleep are not, and who prints is busy', async () => {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const queue = await anna.createQueue('Shields');
  const ben = await house.browser('Ben').open();
  await ben.join(anna, queue);
  const guests: Browser[] = [];
  for (let i = 0; i < 8; i++) {
    const guest = await house.browser(`Guest ${i}`).open();
    await guest.join(anna, queue, 'guest');
    guests.push(guest);
  }
  await house.until('all listen', () => guests.every((each) => each.host(queue).part.topic !== ''));
  await house.until('all are connected', () =>
    guests.every((each) => each.peer.ports.wire.connections().length === guests.length + 1),
  );
  const census = async (of: Browser) => granted(await house.await(of.service.census(queue)));
  const [gil, hal] = guests;
  for (const asker of [anna, must(gil, 'a guest')])
    expect(await census(asker)).toMatchObject({ peers: 10, deviation: 0, answers: 9, idle: { peers: 10 } });

  must(hal, 'a guest').kill();
  const printer = ben.attachPrinter('corner', 60_000);
  const file = await anna.addFile(queue, 'hook.gcode', gcode);
  const job = { name: 'Hook', copies: 1, draft: false, notes: '', sets: [{ file, count: 1 }] };
  expect(await house.await(anna.service.addJob(queue, job))).toMatchObject({ kind: 'committed' });
  await house.until('it prints', () => printer.started.length === 1);
  await house.pass(1_000);
  expect(await census(must(gil, 'a guest'))).toMatchObject({
    peers: 9,
    deviation: 0,
    busy: { peers: 1 },
    idle: { peers: 8 },
  });
});
