import { expect, test } from 'vitest';
import { hex, sha256, utf8 } from '../base/index.ts';
import { encodeRaftFrame, parseRaftFrame, queueOfRaftFrame } from './raft-frame.ts';

const queue = sha256(utf8('a queue'));
const message = utf8('message');

test('the bytes of frame version 1 stay as they are (golden vector)', () => {
  expect(hex(encodeRaftFrame(queue, 3, 258, message))).toBe(`01${hex(queue)}0000000300000102${hex(message)}`);
});

test('a frame reads back, also from the middle of a larger buffer', () => {
  const frame = encodeRaftFrame(queue, 1, 2, message);
  const shifted = new Uint8Array(frame.length + 5);
  shifted.set(frame, 5);
  expect(parseRaftFrame(queue, shifted.subarray(5))).toEqual({ from: 1, to: 2, message });
});

test('frames for another queue, of another version or cut short are no frames', () => {
  const frame = encodeRaftFrame(queue, 1, 2, message);
  expect(parseRaftFrame(sha256(utf8('another')), frame)).toBeUndefined();
  expect(parseRaftFrame(queue, frame.with(0, 2))).toBeUndefined();
  for (let length = 0; length <= 41; length++)
    expect(queueOfRaftFrame(frame.subarray(0, length))).toBeUndefined();
});
