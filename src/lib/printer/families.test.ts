import { describe, expect, test } from 'vitest';
import { expectedRecord } from './test-kit.ts';
import { Room, square } from './test-room.ts';
import { type FaultAction, faultActions, type FaultPlan, virtualFamilies } from './virtual/index.ts';

describe.each(virtualFamilies)('a printer that speaks as %s', (spoken) => {
  const family = spoken === 'marlin-1' ? 'marlin' : spoken;

  test('is known by its own words, tells its temperatures, and prints exactly', async () => {
    const room = await new Room({ family: spoken }).connect();
    expect(room.host.status().firmware?.family).toBe(family);
    const over = room.begin(square);
    await room.reach('printing');
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good', resends: 0 });
    expect(room.record.slice(0, expectedRecord(square).length)).toEqual(expectedRecord(square));
    await room.clock.pass(10_000);
    expect(room.host.status().temperatures).toMatchObject({
      tools: [{ actualC: expect.closeTo(200, -2), targetC: 0 }],
      bed: { targetC: 0 },
    });
  });

  test('pauses, comes back to where it was, and is cold after a cancel', async () => {
    const room = await new Room({ family: spoken }).connect();
    const over = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    expect(await room.clock.until(room.host.resume())).toMatchObject({ ok: true });
    await room.clock.until(room.host.cancel());
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'cancelled' });
    await room.clock.pass(10_000);
    expect(room.host.status().temperatures.tools[0]?.targetC).toBe(0);
    expect(room.host.status().temperatures.bed?.targetC).toBe(0);
  });
});

/** How a print ends in which this happens once. Where it is `paused`, the person looks, and goes on. */
const ends: Readonly<Record<FaultAction, string>> = {
  reset: 'printer-reset',
  'reset-silently': 'lost-lines',
  'reset-with-noise': 'printer-reset',
  halt: 'halted',
  'go-silent': 'silent',
  unplug: 'unplugged',
  'unplug-mid-line': 'unplugged',
  error: 'paused',
  'two-line-error': 'halted',
  'action-pause': 'paused',
  'action-paused': 'paused',
  'action-resume': 'good',
  'action-cancel': 'cancelled',
  'action-disconnect': 'disconnected',
  'action-custom': 'good',
  'lose-ok': 'good',
  'lose-line': 'good',
  'double-ok': 'good',
  'stale-start-text': 'good',
  sleep: 'good',
  'resend-old': 'good',
  'resend-nonsense': 'good',
  'missing-line-number': 'good',
  'checksum-mismatch': 'good',
  flood: 'good',
  babble: 'good',
};

/** Prints under a plan of faults; goes on by itself where it is paused. */
async function printed(faults: FaultPlan): Promise<{ readonly end: string; readonly exact: boolean }> {
  const scripts = { pause: '', resume: '', cancel: '', start: '' };
  const room = await new Room({ faults }, { scripts }).connect();
  let paused = false;
  room.host.onStatus(({ state }) => {
    if (state !== 'paused') return;
    paused = true;
    room.clock.after(1_000, () => void room.host.resume());
  });
  const outcome = await room.clock.until(room.begin(square));
  const expected = expectedRecord(square);
  const whole = room.record.length === expected.length || outcome.outcome !== 'good';
  const exact = whole && room.record.every((value, index) => value === expected[index]);
  return { end: paused && outcome.outcome === 'good' ? 'paused' : outcome.code, exact };
}

describe('in the middle of a print', () => {
  test.each(faultActions.map((action) => [action, ends[action]] as const))(
    '%s once: %s, and no move twice or left out',
    async (action, end) => {
      expect(await printed({ script: [{ at: 25, action }] })).toEqual({ end, exact: true });
    },
  );

  test.each([
    ['a tenth of all lines is refused though they are whole', { refuse: 10 }],
    ['the same, and no ok goes with a Resend', { refuse: 10, resendsWithoutOk: true }],
    ['the same, and Repetier’s short form', { refuse: 10, shortResends: true }],
    ['ok comes before a command is carried out', { okFirst: true }],
    ['the same, with refusals', { okFirst: true, refuse: 10 }],
    ['oks are doubled', { okDoubled: 5 }],
    ['oks are lost', { okLost: 10 }],
    ['lines are asked for without need', { resendWithoutNeed: 10 }],
    ['noise between the lines', { chatter: 3 }],
    ['everything comes in pieces', { cut: true }],
  ] as const)('%s: good, and no move twice or left out', async (_, faults) => {
    expect(await printed(faults)).toEqual({ end: 'good', exact: true });
  });
});
