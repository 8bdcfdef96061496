import { expect, test, vi } from 'vitest';
import { Fault } from '../../base/index.ts';
import { House } from '../testing/house.ts';
import type * as Core from './assignment-core.ts';

/** Kinds of event at which the core finds an invariant of its own broken, once. */
const broken = vi.hoisted(() => ({ at: undefined as string | undefined }));

vi.mock('./assignment-core.ts', async (original) => {
  const core = await original<typeof Core>();
  const step: typeof core.step = (state, event) => {
    if (event.on !== broken.at) return core.step(state, event);
    broken.at = undefined;
    throw new Fault('an invariant of the test');
  };
  return { ...core, step };
});

test.each(['choice', 'claimed', 'file', 'ask-start', 'agreed', 'noted', 'told', 'outcome', 'kept'])(
  'a broken invariant at “%s” stops that printer loudly and safely, and the next attachment goes on',
  async (at) => {
    const house = new House(11);
    const anna = await house.browser('Anna').open();
    const queue = await anna.createQueue('Shields');
    const { state } = anna.host(queue);
    const printer = anna.attachPrinter('left', 2_000);
    await house.until('it is known', () => state.printers.size === 1);
    const file = await anna.addFile(queue, 'cube.gcode', 'G28\nG1 X1\n');
    broken.at = at;
    await house.await(
      anna.service.addJob(queue, {
        name: 'Cubes',
        copies: 2,
        draft: false,
        notes: '',
        sets: [{ file, count: 1 }],
      }),
    );
    await house.until('it is shown', () => anna.peer.desk.printers().some(({ faulty }) => faulty));
    await house.pass(30_000);
    // Whoever asked is answered, and nothing new begins.
    expect(printer.waiting).toBe(false);
    const begun = printer.started.length;
    expect(begun).toBeLessThanOrEqual(1);
    await house.pass(60_000);
    expect(printer.started).toHaveLength(begun);
    expect(anna.peer.ports.recentLog?.().some(({ level }) => level === 'error')).toBe(true);
    // Another printer of the same browser is not touched by it.
    const right = anna.attachPrinter('right', 2_000);
    await house.until('the other one prints', () => right.printed.length > 0, 200_000);
    printer.detach();
    printer.reattach();
    expect(anna.peer.desk.printers().some(({ faulty }) => faulty)).toBe(false);
    await house.until('all is printed', () => state.totals.all.good >= 2, 400_000);
  },
);
