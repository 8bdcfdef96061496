import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Room, square } from '../test-room.ts';
import { Attendant, unattendedMs } from './attendant.ts';

const asks = square.replace('G28', 'G28\nM0 Change the plate');

test('a paused print goes on with a line on stdin', async () => {
  const room = await new Room().connect();
  const input = new PassThrough();
  const told: string[] = [];
  const attendant = new Attendant(room.host, room.clock, input, (text) => told.push(text));
  const outcome = room.begin(asks);
  await room.reach('paused');
  expect(told.join('')).toContain('Press Enter');
  input.write('\n');
  expect(await room.clock.until(outcome)).toMatchObject({ outcome: 'good' });
  attendant.stop();
});

test('where stdin has ended, a print that stays paused is cancelled, with why', async () => {
  const room = await new Room().connect();
  const input = new PassThrough();
  const attendant = new Attendant(room.host, room.clock, input, () => undefined);
  input.end();
  input.resume();
  const outcome = room.begin(asks);
  await room.reach('paused');
  const pausedMs = room.clock.monotonicMs();
  const ended = await room.clock.until(outcome);
  expect(ended).toMatchObject({ outcome: 'cancelled' });
  expect(ended.reason).toContain('Change the plate');
  expect(room.clock.monotonicMs() - pausedMs).toBeGreaterThanOrEqual(unattendedMs);
  attendant.stop();
});

test('a pause that the printer itself ends in time is no reason to cancel', async () => {
  const room = await new Room().connect();
  const input = new PassThrough();
  const attendant = new Attendant(room.host, room.clock, input, () => undefined);
  input.end();
  input.resume();
  const outcome = room.begin(square);
  await room.reach('printing');
  room.link.firmware.say('//action:pause');
  await room.reach('paused');
  room.link.firmware.say('//action:resume');
  expect(await room.clock.until(outcome)).toMatchObject({ outcome: 'good' });
  attendant.stop();
});
