import { describe, expect, test } from 'vitest';
import { lineBytesMax } from '../gcode/index.ts';
import { notLinearIn, prefixes, staysLinear, suffixes, units } from '../gcode/testing/hostile.ts';
import { dwellSeconds, heatsOrMoves, hostCommand, isLong, pastimeOf } from './commands.ts';
import { Modal } from './modal.ts';
import { Progress } from './progress.ts';
import { Room, square } from './test-room.ts';

/** What a print asks of each line of its file. */
const readers: Readonly<Record<string, (line: string) => unknown>> = {
  'hostCommand of a command': (line) => hostCommand(line, line),
  'hostCommand of a comment': (line) => hostCommand('', line),
  heatsOrMoves,
  isLong,
  dwellSeconds,
  pastimeOf,
  Modal: (line) => new Modal().read(`G1 ${line}`),
  Progress: (line) => new Progress(1, undefined).sent(`M73 ${line}`, 1, 1),
};
const begins = [...prefixes, 'M0 ', 'M1 P1', '@', ';@pause ', '; @', 'G4 '];

describe('a hostile line of a file', { timeout: 120_000 }, () => {
  test.each(Object.entries(readers))('takes %s no longer than its length says', (name, read) => {
    for (const begin of begins)
      for (const unit of units)
        for (const suffix of suffixes) {
          const lineOf = (size: number) => begin + unit.repeat(Math.ceil(size / unit.length)) + suffix;
          const what = `${name} of ${JSON.stringify(begin + unit)}…`;
          staysLinear(what, (size) => read(lineOf(size)), [4_096, lineBytesMax]);
        }
  });

  test.each(['; ', ';@', '\t', '(x) ', 'M117 ', '\n', ';\n', 'G92 E0\n'])(
    'a mebibyte of %j in the middle of a file: the rest is printed',
    async (unit) => {
      const room = await new Room().connect();
      const hostile = unit.repeat(1_048_576 / (unit === 'G92 E0\n' ? 700 : unit.length));
      const lines = square.split('\n');
      const file = [...lines.slice(0, 10), `;${hostile}`, ...lines.slice(10)].join('\n');
      expect(await room.clock.until(room.begin(file))).toMatchObject({ outcome: 'good' });
    },
  );

  test.each(['M117 ', 'X1 ', '0', '('])(
    'a command of a mebibyte of %j ends the print with a reason',
    async (unit) => {
      const room = await new Room().connect();
      const file = `G28\nG1 ${unit.repeat(1_048_576 / unit.length)}\nG1 X1\n`;
      const outcome = await room.clock.until(room.begin(file));
      expect(outcome).toMatchObject({ outcome: 'failed', code: 'line-too-long' });
    },
  );
});

test('no regular expression that reads a file’s lines can go back over what it has read', () => {
  const files = ['commands', 'file-lines', 'modal', 'print', 'progress', 'scripts', 'script-values'];
  expect(files.flatMap((name) => notLinearIn(new URL(`${name}.ts`, import.meta.url)))).toEqual([]);
});
