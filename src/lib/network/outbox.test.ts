import { expect, test } from 'vitest';
import { ManualClock, silentLog } from '../base/index.ts';
import { Outbox } from './outbox.ts';
import type { ProtocolLimits } from './port.ts';

const limits: ProtocolLimits = { frameBytesMax: 1_000, outboxBytesMax: 10_000 };

/** An outbox to a peer whose connection takes streams and never a byte. */
function stuck(): Outbox {
  const connection = { newStream: () => new Promise<never>(() => undefined) };
  return new Outbox({
    protocol: '/peerprint/test/1.0.0',
    limits,
    clock: new ManualClock(),
    log: silentLog,
    best: () => connection as never,
  });
}

test('a peer that takes nothing costs no more than its limit, however much is sent to it', () => {
  const outbox = stuck();
  let taken = 0;
  for (let i = 0; i < 1_000; i++) if (outbox.push(new Uint8Array(500))) taken++;
  expect(taken).toBe(limits.outboxBytesMax / 500);
  // What is forgotten makes room again.
  outbox.clear();
  expect(outbox.push(new Uint8Array(500))).toBe(true);
});

test('a message larger than a frame is refused at once', () => {
  expect(stuck().push(new Uint8Array(limits.frameBytesMax + 1))).toBe(false);
});
