import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import { type MachineLimits, isFileProblem, isLimitProblem, surveyFile } from './survey.ts';
import { sourceOf } from './test-kit.ts';
import { Room, square } from './test-room.ts';

const limits: MachineLimits = {
  area: { min: { x: -4, y: -4, z: 0 }, max: { x: 250, y: 210, z: 210 } },
  heat: { nozzleMaxC: 300, bedMaxC: 120, chamberMaxC: 0, extrudeMinC: 170 },
};
const survey = (gcode: string | Uint8Array, of = limits) =>
  surveyFile(sourceOf(typeof gcode === 'string' ? utf8(gcode) : new Uint8Array(gcode), 7), of);

describe('a file that is looked through before anything is heated', () => {
  test.each([
    [
      'a command that is too long',
      `G28\nG1 ${'X1.123456 '.repeat(20)}E1\n`,
      'line-too-long',
      /^Line 2: .*at most 80/,
    ],
    ['a line without end', `G28\nG1 X${'1'.repeat(70_000)}`, 'line-too-long', /^Line 2 is longer/],
    ['bytes that are no text', 'G28\nG1 X1\0\n', 'binary', /^Line 2 holds bytes/],
    [
      'a nozzle that is too hot',
      'M104 S215\nM109 S420\n',
      'too-hot',
      /^Line 2 heats the nozzle to 420 °C; .*300 °C/,
    ],
    ['a bed that is too hot', 'M190 R140', 'too-hot', /^Line 1 heats the bed to 140 °C/],
    ['a chamber where there is none', 'M141 S50', 'too-hot', /^Line 1 heats the chamber/],
    [
      'a place beyond the bed',
      'G28\nG1 X300 E1\n',
      'beyond-the-machine',
      /^Line 2 prints at X 300 mm; .*from -4 to 250 mm/,
    ],
    ['a height beyond the frame', 'G1 Z260\nG1 X10 E1', 'beyond-the-machine', /^Line 2 prints at Z 260 mm/],
    ['a place beyond the bed in inches', 'G20\nG1 X12 E1', 'beyond-the-machine', /X 305 mm/],
    [
      'a place beyond the bed by relative moves',
      'G1 X200\nG91\nG1 X30 E1\nG1 X30 E1',
      'beyond-the-machine',
      /^Line 4/,
    ],
  ])('is refused for %s, with the line', async (_, gcode, code, text) => {
    const looked = await survey(gcode);
    expect(looked).toMatchObject({ ok: false, refusal: { code } });
    expect(looked.ok ? '' : looked.refusal.text).toMatch(text);
    expect([isFileProblem(code), isLimitProblem(code)].filter(Boolean)).toHaveLength(1);
    expect(isLimitProblem(code)).toBe(code === 'too-hot' || code === 'beyond-the-machine');
  });

  describe('by the size in the printer’s profile, where the firmware tells no area', () => {
    const sized: MachineLimits = { heat: limits.heat, sizeMm: { x: 220, y: 220, z: 250 } };

    test('is refused for a print that is longer than that, with the line', async () => {
      const looked = await survey('G28\nG1 X10 Y10 E1\nG1 X240 E2\nG1 X250 E3', sized);
      expect(looked).toMatchObject({ ok: false, refusal: { code: 'beyond-the-machine' } });
      expect(looked.ok ? '' : looked.refusal.text).toMatch(
        /^Line 3 makes the print 230 mm long in X; .*220 mm/,
      );
    });

    test.each([
      ['a print with its zero in the middle', 'G28\nG1 X-105 Y-105 E1\nG1 X105 Y105 E2'],
      ['moves without plastic', 'G28\nG1 X-10\nG1 X300\nG1 X10 E1'],
      ['a whole bed with a purge line before it', 'G28\nG1 X0 Y-3\nG1 X60 E9\nG1 Y220 E12'],
    ])('passes with %s', async (_, gcode) => expect(await survey(gcode, sized)).toMatchObject({ ok: true }));
  });

  test.each([
    ['an ordinary print', square],
    ['a purge line on the edge', 'G1 Y-4.5 X0\nG1 X60 E9'],
    ['a travel that the firmware cuts off', 'G1 X999 F6000\nG1 X10 E1'],
    ['a zero that was moved, after which nobody can tell', 'G92 X0\nG1 X300 E1'],
    ['comments and texts of any length', `; ${'x'.repeat(99_000)}\nM117 ${'y'.repeat(300)}\n`],
    ['words that are not ASCII', 'M117 Fünf ☃\nG1 X1 E1 ; für später\n'],
    ['no line end at its end', 'G28\nG1 X10 E1'],
    ['heaters that go off', 'M104 S0\nM140 S0\nM141 S0'],
    ['host commands', `@pause ${'z'.repeat(300)}\nM0 ${'w'.repeat(200)}`],
  ])('passes with %s', async (_, gcode) => {
    expect(await survey(gcode)).toEqual({ ok: true, value: undefined });
  });

  test('of a machine that does not tell its area is looked through for the rest', async () => {
    const heat = limits.heat;
    expect(await survey('G1 X9000 E1', { heat })).toMatchObject({ ok: true });
    expect(await survey('M104 S500', { heat })).toMatchObject({ ok: false });
  });

  test('ends a print that it found unfit as failed, with nothing sent', async () => {
    const room = await new Room().connect();
    const before = room.sent.length;
    const unfit = { code: 'too-hot', text: 'Line 2 heats the nozzle to 420 °C.' };
    const outcome = await room.clock.until(room.begin('G28\nM104 S420\n', { unfit }));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'too-hot', reason: unfit.text, lines: 0 });
    expect(room.sent.slice(before)).toEqual([]);
    expect(room.host.status()).toMatchObject({ state: 'ready', problem: unfit });
  });
});

test.each([
  [
    'words that are not ASCII',
    'G28\nM117 Fünf ☃\nG1 X10 ; für später\nG1 X20\n',
    ['G28', 'M117 Fnf', 'G1 X10', 'G1 X20'],
  ],
  ['no line end at its end', 'G28\nG1 X10\nG1 X20', ['G28', 'G1 X10', 'G1 X20']],
  ['line ends of any kind', 'G28\r\nG1 X10\rG1 X20\n', ['G28', 'G1 X10', 'G1 X20']],
])('a file with %s is printed to its end', async (_, gcode, lines) => {
  const room = await new Room().connect();
  const before = room.sent.length;
  expect(await room.clock.until(room.begin(gcode))).toMatchObject({ outcome: 'good', resends: 0 });
  expect(room.sent.slice(before, before + lines.length)).toEqual(lines);
});
