import { expect, test } from 'vitest';
import { fromHex, hex, must } from '../../base/index.ts';
import { encodeRaftFrame, parseRaftFrame, queueOfRaftFrame } from './raft-frame.ts';

const digest = Uint8Array.from({ length: 32 }, (_, i) => i);
const life = { epoch: 7, number: 0x0a0b0c0d };
const disk = { term: 5, last: 2 ** 48 - 1, commit: 0x0102030405, commitTerm: 4 };
const sender = { replica: 2, life, disk, resting: false };
const message = Uint8Array.of(0xca, 0xfe);
const handOver = new Uint8Array(64).fill(0xee);
const head =
  '01' +
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' +
  '00' +
  '00000002' +
  '01020304' +
  '00000007' +
  '0a0b0c0d' +
  '000000000005' +
  'ffffffffffff' +
  '000102030405' +
  '000000000004';
const golden = head + 'cafe';

test('the bytes of Raft frame version 1 stay as they are (golden vector)', () => {
  expect(hex(encodeRaftFrame(digest, sender, 0x01020304, message))).toBe(golden);
  expect(hex(encodeRaftFrame(digest, { ...sender, resting: true }, 0x01020304, message))).toBe(
    golden.replace('1f00', '1f01'),
  );
  expect(hex(encodeRaftFrame(digest, sender, 0x01020304, message, handOver))).toBe(
    `${head.replace('1f00', '1f02')}${'ee'.repeat(64)}cafe`,
  );
});

test('a frame is read inside a larger buffer, too', () => {
  const frame = must(fromHex(`ffff${golden}`), 'hex').subarray(2);
  const read = { from: 2, to: 0x01020304, life, disk, message, resting: false, handOver: undefined };
  expect(queueOfRaftFrame(frame)).toEqual(digest);
  expect(parseRaftFrame(digest, frame)).toEqual(read);
  const signed = encodeRaftFrame(digest, sender, 0x01020304, message, handOver);
  expect(parseRaftFrame(digest, signed)).toEqual({ ...read, handOver });
});

test('a frame of another queue or version, or cut short, is dropped', () => {
  const frame = must(fromHex(golden), 'hex');
  expect(parseRaftFrame(digest.toReversed(), frame)).toBeUndefined();
  expect(parseRaftFrame(digest, Uint8Array.of(2, ...frame.subarray(1)))).toBeUndefined();
  expect(parseRaftFrame(digest, frame.with(33, 4))).toBeUndefined();
  const signed = encodeRaftFrame(digest, sender, 0x01020304, message, handOver);
  for (const whole of [frame, signed]) {
    const headBytes = whole.length - message.length;
    for (let length = 0; length <= headBytes; length++)
      expect(parseRaftFrame(digest, whole.subarray(0, length))).toBeUndefined();
  }
});
