import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import {
  checksum,
  codeOf,
  commandBytesMax,
  fitted,
  lineBytesMax,
  LineSplitter,
  looksLikeGcode,
  numbered,
  stripped,
  wordOf,
} from './index.ts';

function split(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    const result = splitter.push(bytes.subarray(from, cut));
    if (!result.ok) throw new Error(result.refusal.text);
    lines.push(...result.value.map((line) => line.text));
    from = cut;
  }
  const last = splitter.end();
  if (last !== undefined) lines.push(last.text);
  return lines;
}

describe('lines', () => {
  test('a stream gives the same lines however it is cut', () => {
    const parts = fc.array(
      fc.tuple(fc.stringMatching(/^[A-Z0-9 .;]{0,12}$/), fc.constantFrom('\n', '\r\n', '\r')),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(parts, fc.array(fc.nat(200), { maxLength: 8 }), (lines, cuts) => {
        // A CR followed by an empty line's LF would be read as one line end, as it should be.
        const text = lines.map(([line, end]) => `x${line}${end}`).join('');
        const bytes = utf8(text);
        const inside = cuts.filter((cut) => cut <= bytes.length);
        expect(split(bytes, inside)).toEqual(lines.map(([line]) => `x${line}`));
      }),
    );
  });

  test('the last line needs no line end, and offsets count the line ends', () => {
    const splitter = new LineSplitter();
    const result = splitter.push(utf8('G28\r\nG1 X1'));
    expect(result).toEqual({ ok: true, value: [{ text: 'G28', endOffset: 5 }] });
    expect(splitter.end()).toEqual({ text: 'G1 X1', endOffset: 10 });
  });

  test('a command that is too long is refused, a comment is cut', () => {
    const long = new LineSplitter().push(utf8('G1 ' + 'X1'.repeat(lineBytesMax)));
    expect(long).toMatchObject({ ok: false, refusal: { code: 'line-too-long' } });
    const comment = new LineSplitter().push(utf8(';' + 'x'.repeat(2 * lineBytesMax) + '\nG28\n'));
    expect(comment.ok && comment.value.map((line) => line.text.length)).toEqual([lineBytesMax, 3]);
  });

  test('a NUL byte is refused as binary', () => {
    expect(new LineSplitter().push(new Uint8Array([71, 0, 10]))).toMatchObject({
      ok: false,
      refusal: { code: 'binary' },
    });
  });
});

describe('commands', () => {
  test.each([
    ['G1 X1 Y2 ; move', 'G1 X1 Y2'],
    ['  G28\t W  ', 'G28  W'],
    ['N12 G1 X3*85', 'G1 X3'],
    ['G1 X1 (inside) Y2', 'G1 X1  Y2'],
    ['M117 Layer (2)', 'M117 Layer (2)'],
    ['M117 50 °C', 'M117 50 C'],
    ['; only a comment', ''],
    ['', ''],
    ['G1 X1*42', 'G1 X1'],
  ])('%j holds the command %j', (line, command) => expect(stripped(line)).toBe(command));

  test('a checksum is the XOR of the bytes before the star', () => {
    expect(checksum('N3 T0')).toBe(57);
    expect(numbered(3, 'T0')).toBe('N3 T0*57');
  });

  test('codes lose leading zeros and take any case', () => {
    expect(['g01 x2', 'M104S200', 'T1', 'G92.1', 'START_PRINT', 'N1'].map(codeOf)).toEqual([
      'G1',
      'M104',
      'T1',
      'G92.1',
      '',
      '',
    ]);
  });

  test('words are read whether or not blanks stand between them', () => {
    expect(wordOf('G1X-1.5Y.25', 'X')).toBe(-1.5);
    expect(wordOf('G1X-1.5Y.25', 'Y')).toBe(0.25);
    expect(wordOf('M104 T1 S200', 'S')).toBe(200);
    expect(wordOf('G28 X', 'X')).toBeUndefined();
  });

  test('a long message is cut, a long move is packed, what stays too long is refused', () => {
    expect(fitted(`M117 ${'a'.repeat(200)}`)).toMatchObject({
      ok: true,
      value: `M117 ${'a'.repeat(commandBytesMax - 5)}`,
    });
    const move = `G1   ${Array.from('XYZABCEF', (letter) => `${letter}10.1000`).join('   ')} ${' '.repeat(20)}P1`;
    expect(move.length).toBeGreaterThan(commandBytesMax);
    expect(fitted(move)).toEqual({
      ok: true,
      value: 'G1 X10.1 Y10.1 Z10.1 A10.1 B10.1 C10.1 E10.1 F10.1 P1',
    });
    expect(fitted(`G1 ${'X1.123456 '.repeat(20)}`)).toMatchObject({
      ok: false,
      refusal: { code: 'line-too-long' },
    });
  });
});

describe('telling G-code from other files', () => {
  test.each([
    ['an empty file', utf8(''), 'empty'],
    ['prose', utf8('Dear Sir,\nI am no G-code.\nYours\n'), 'not-gcode'],
    ['HTML', utf8('<!doctype html><html></html>'), 'not-gcode'],
    ['binary G-code', utf8('GCDE\x01\x00\x00\x00'), 'binary-gcode'],
    ['a zip archive', utf8('PK\x03\x04rest'), 'archive'],
    ['an ASCII STL', utf8('solid cube\n facet normal 0 0 1\n'), 'model'],
    ['only comments', utf8('; hello\n; world\n'), 'no-commands'],
    ['bytes of chance', new Uint8Array([1, 0, 3, 200, 7]), 'binary'],
  ])('%s is refused by name', (_, bytes, code) => {
    expect(looksLikeGcode(bytes)).toMatchObject({ ok: false, refusal: { code } });
  });

  test.each([
    ['a slicer file', '; generated by X\nG28\nG1 X1\n'],
    ['Klipper macros', 'START_PRINT BED=60\nG28\n'],
    ['numbered lines', 'N1 G28*18\nN2 G1 X1*3\n'],
    ['no line end at all', 'G28'],
  ])('%s is taken', (_, text) => expect(looksLikeGcode(utf8(text))).toEqual({ ok: true, value: undefined }));

  test('a binary STL is told by its size', () => {
    const stl = new Uint8Array(84 + 50);
    stl[80] = 1;
    stl.fill(65, 0, 80);
    expect(looksLikeGcode(stl)).toMatchObject({ ok: false, refusal: { code: 'model' } });
  });
});
