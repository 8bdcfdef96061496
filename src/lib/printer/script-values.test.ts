import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fault } from '../base/index.ts';
import { commandBytesMax } from '../gcode/index.ts';
import { Driver } from './driver.ts';
import { filledIn } from './script-values.ts';
import { expand } from './scripts.ts';
import { Room, square } from './test-room.ts';

/** What a file may be called by somebody who wants more on the wire than a message. */
const hostileNames: readonly string[] = [
  'x\nM104 S290\nM117 y',
  'x\rM104 S290\r',
  'x\r\nM104 S290\r\n',
  'x\u2028M104 S290\u2028',
  'x\u0085M104 S290\u2029M104 S290',
  'x\u037eM104 S290',
  'x\uff1bM104 S290\uff0a33',
  'x ; M104 S290',
  'x*33\nN5 M104 S290*12',
  'x*',
  'M112',
  '"\nM112\n"',
  '{nozzle}{file}{file}',
  '$&$1$`',
  '(x) %!?~^@#',
  '\u0000\u0018\u001b[2J\u007f',
  '\ud800 lone',
  '部品 – ноготь',
  'Ölwanne für Ærø №\u00a05.gcode',
  'x'.repeat(5_000),
  '\ufdfa'.repeat(200),
  ' \t\n ',
  '',
  'constructor',
];

describe('a text value in a script', () => {
  test.each(hostileNames)('%j stays within the message that it was put into', (file) => {
    const line = expand('M117 Printing {file} now', { file });
    if (!line.ok) throw new Error(line.refusal.text);
    expect(line.value).toHaveLength(1);
    expect(line.value[0]).toMatch(/^M117 Printing [A-Za-z0-9 _.,+()-]*[A-Za-z0-9][A-Za-z0-9 _.,+()-]* now$/);
    expect(line.value[0]?.length).toBeLessThanOrEqual(commandBytesMax);
  });

  test('of any kind makes one short printable line that begins as the script does', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(anyText, anyText, (file, other) => {
        for (const script of ['M117 {file}', 'M117 {file} {other}', 'START_PRINT NAME={file} OF="{other}"']) {
          const line = expand(script, { file, other });
          expect(line).toMatchObject({ ok: true });
          const [text = '', ...more] = line.ok ? line.value : [];
          expect(more).toEqual([]);
          expect(text).toMatch(/^[\x20-\x7e]{1,80}$/);
          expect(text).not.toMatch(/[;*{}]/);
          expect(text.startsWith(script.slice(0, script.indexOf('{')).trimEnd())).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is one word in a macro, so that it brings no parameter of its own', () => {
    const file = 'x BED=120 " NOZZLE=300';
    expect(filledIn('START_PRINT NAME={file} BED={bed}', { file, bed: 60 })).toEqual({
      ok: true,
      value: 'START_PRINT NAME=x_BED120__NOZZLE300 BED=60',
    });
    expect(filledIn('START_PRINT NAME="{file}"', { file: 'a"b' })).toEqual({
      ok: true,
      value: 'START_PRINT NAME="ab"',
    });
  });

  test('keeps what ASCII has of it', () => {
    expect(filledIn('M117 {file}', { file: 'Ölwanne für Ærø.gcode' })).toEqual({
      ok: true,
      value: 'M117 Olwanne fur AEro.gcode',
    });
    expect(filledIn('M117 {file}', { file: '部品' })).toEqual({ ok: true, value: 'M117 print' });
  });

  test.each([
    ['{file}', 'M104 S290'],
    ['M{file}', '104 S290'],
    ['M1{file}', '04 S290'],
    ['M117{file}', '0 '],
    ['M104 S{file}', '290'],
    ['G1 X{x} {file}', 'E100'],
    ['M118 {file}', 'ok'],
    ['M23 {file}', 'other.gco'],
    ['T0 {file}', 'x'],
    ['{file} NAME=1', 'FORCE_MOVE'],
    ['START_{file} NAME=1', 'PRINT'],
  ])('is refused where the printer would take it for more than a text: %s', (script, file) => {
    expect(expand(script, { file, x: 1 })).toMatchObject({ ok: false, refusal: { code: 'text-in-command' } });
  });
});

describe('a number in a script', () => {
  test.each([
    [1e-7, 'G1 X0'],
    [-0, 'G1 X0'],
    [-1.234567, 'G1 X-1.23457'],
    [1e8, 'G1 X100000000'],
  ])('%d has no exponent', (x, line) =>
    expect(filledIn('G1 X{x}', { x })).toEqual({ ok: true, value: line }),
  );

  test.each([Number.NaN, Infinity, -Infinity, 1e21])('%d is refused', (x) =>
    expect(filledIn('G1 X{x}', { x })).toMatchObject({ ok: false, refusal: { code: 'bad-number' } }),
  );
});

test('a name that every object has is no variable', () => {
  for (const name of ['constructor', 'toString', '__proto__'])
    expect(filledIn(`M117 {${name}}`, {})).toMatchObject({ refusal: { code: 'unknown-variable' } });
});

/** Everything that a print of the square writes to the printer, line by line, without numbers and checksums. */
async function wireOf(fileName: string): Promise<{ lines: string[]; hottestC: number }> {
  const script = 'M117 {file}';
  const scripts = { start: script, pause: script, resume: script, finish: script, cancel: script };
  const room = await new Room({}, { scripts }).connect();
  let wire = '';
  let hottestC = 0;
  const write = room.link.write.bind(room.link);
  room.link.write = async (bytes) => {
    wire += String.fromCharCode(...bytes);
    await write(bytes);
    hottestC = Math.max(hottestC, room.link.firmware.machine.nozzle.targetC);
  };
  const over = room.begin(square, { fileName });
  await room.reach('printing');
  await room.clock.until(room.host.pause());
  await room.clock.until(room.host.resume());
  expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
  expect(wire).toMatch(/^[\x20-\x7e\n]*$/);
  return { lines: wire.split('\n').map((line) => line.replace(/^N\d+ (.*)\*\d+$/, '$1')), hottestC };
}

test('whatever a file is called, the wire carries the lines that it carries for a plain name', async () => {
  const isMoveOrHeat = (line: string) => !line.startsWith('M117') && !['M105', 'M114', ''].includes(line);
  const plain = await wireOf('part.gcode');
  expect(plain.lines.filter((line) => line === 'M117 part.gcode')).toHaveLength(4);
  for (const name of hostileNames) {
    const { lines, hottestC } = await wireOf(name);
    expect(lines.filter(isMoveOrHeat), name).toEqual(plain.lines.filter(isMoveOrHeat));
    expect(lines.filter((line) => line.startsWith('M117 '))).toHaveLength(4);
    expect(hottestC).toBe(200);
  }
});

test.each(['M117 a\nM104 S290', 'M117 a\rM104 S290', 'M117 50 °C', `M117 ${'x'.repeat(commandBytesMax)}`])(
  'the driver lets nothing out that is not one short line: %j',
  async (command) => {
    const room = await new Room().connect();
    const driver = new Driver(room.link, room.clock, {
      effect: () => {},
      settled: () => {},
      ended: () => {},
    });
    expect(await driver.exec(command)).toMatchObject({ ok: false });
    for (const send of [
      () => driver.printLine(command),
      () => driver.urgent(command),
      () => driver.raw(['M107', command]),
    ])
      expect(send).toThrow(Fault);
  },
);
