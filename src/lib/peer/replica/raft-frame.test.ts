import { expect, test } from 'vitest';
import { fromHex, hex, must } from '../../base/index.ts';
import { encodeRaftFrame, parseRaftFrame, queueOfRaftFrame } from './raft-frame.ts';

const digest = Uint8Array.from({ length: 32 }, (_, i) => i);
const life = { epoch: 7, number: 0x0a0b0c0d };
const message = Uint8Array.of(0xca, 0xfe);
const golden =
  '01' +
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' +
  '00' +
  '00000002' +
  '01020304' +
  '00000007' +
  '0a0b0c0d' +
  'cafe';

test('the bytes of Raft frame version 1 stay as they are (golden vector)', () => {
  expect(hex(encodeRaftFrame(digest, 2, 0x01020304, life, message, false))).toBe(golden);
  expect(hex(encodeRaftFrame(digest, 2, 0x01020304, life, message, true))).toBe(
    golden.replace('1f00', '1f01'),
  );
});

test('a frame is read inside a larger buffer, too', () => {
  const frame = must(fromHex(`ffff${golden}`), 'hex').subarray(2);
  expect(queueOfRaftFrame(frame)).toEqual(digest);
  expect(parseRaftFrame(digest, frame)).toEqual({ from: 2, to: 0x01020304, life, message, resting: false });
});

test('a frame of another queue or version, or cut short, is dropped', () => {
  const frame = must(fromHex(golden), 'hex');
  expect(parseRaftFrame(digest.toReversed(), frame)).toBeUndefined();
  expect(parseRaftFrame(digest, Uint8Array.of(2, ...frame.subarray(1)))).toBeUndefined();
  expect(parseRaftFrame(digest, frame.with(33, 2))).toBeUndefined();
  for (let length = 0; length <= 50; length++)
    expect(parseRaftFrame(digest, frame.subarray(0, length))).toBeUndefined();
});
