import { describe, expect, test } from 'vitest';
import { Adjustments } from './adjustments.ts';
import { manualCommands, type ManualRoom, standardHeatLimits, whyNot } from './manual.ts';
import { Room, square } from './test-room.ts';
import { TemperatureRecord } from './temperature-record.ts';

const at = (nozzleC: number, more: Partial<ManualRoom> = {}): ManualRoom => ({
  state: 'ready',
  temperatures: { tools: [{ actualC: nozzleC, targetC: 0 }], bed: { actualC: 20, targetC: 0 } },
  limits: standardHeatLimits,
  movable: true,
  ...more,
});

describe('by hand', () => {
  test('a jog is relative, and the modes are as before', () => {
    expect(manualCommands({ type: 'jog', axis: 'x', mm: -10 }, at(20))).toEqual({
      ok: true,
      value: ['G91', 'G1 X-10 F3000', 'G90', 'M114'],
    });
    expect(manualCommands({ type: 'jog', axis: 'z', mm: 3000 }, at(20)).ok).toBe(false);
    expect(manualCommands({ type: 'jog', axis: 'z', mm: Number.NaN }, at(20)).ok).toBe(false);
  });

  test('filament moves only through a hot nozzle, and the refusal says how hot it is', () => {
    const cold = manualCommands({ type: 'extrude', mm: 5 }, at(24.6));
    expect(cold).toMatchObject({ ok: false, refusal: { code: 'not-now' } });
    expect(cold.ok ? '' : cold.refusal.text).toContain('25 °C');
    expect(manualCommands({ type: 'extrude', mm: 5 }, at(200))).toMatchObject({ ok: true });
  });

  test('targets have limits, and those of the profile count', () => {
    expect(manualCommands({ type: 'heat', part: 'nozzle', celsius: 320 }, at(20))).toMatchObject({
      refusal: { code: 'too-hot' },
    });
    const limits = { ...standardHeatLimits, nozzleMaxC: 240 };
    expect(manualCommands({ type: 'heat', part: 'nozzle', celsius: 250 }, at(20, { limits })).ok).toBe(false);
    expect(manualCommands({ type: 'heat', part: 'bed', celsius: 60 }, at(20))).toEqual({
      ok: true,
      value: ['M140 S60'],
    });
  });

  test('nothing moves while it prints; fan, speed, flow and targets may change', () => {
    const printing = at(210, { state: 'printing' });
    for (const action of [
      { type: 'jog', axis: 'x', mm: 1 },
      { type: 'home', axes: 'all' },
      { type: 'extrude', mm: 1 },
      { type: 'motors-off' },
      { type: 'cool' },
      { type: 'heat', part: 'nozzle', celsius: 0 },
    ] as const)
      expect(manualCommands(action, printing).ok).toBe(false);
    expect(manualCommands({ type: 'speed', percent: 80 }, printing)).toEqual({
      ok: true,
      value: ['M220 S80'],
    });
    expect(manualCommands({ type: 'fan', percent: 0 }, printing)).toEqual({ ok: true, value: ['M107'] });
    expect(manualCommands({ type: 'heat', part: 'nozzle', celsius: 215 }, printing).ok).toBe(true);
  });

  test('paused, the head may be moved only where our own script will bring it back, and is never homed', () => {
    const paused = at(210, { state: 'paused' });
    expect(whyNot(paused)).toMatchObject({ home: expect.any(String), motors: expect.any(String) });
    expect(whyNot(paused).jog).toBeUndefined();
    expect(whyNot({ ...paused, movable: false })).toMatchObject({ jog: expect.any(String) });
  });

  test('every state says why nothing is possible, or lets it be', () => {
    for (const state of [
      'idle',
      'connecting',
      'starting',
      'pausing',
      'resuming',
      'cancelling',
      'finishing',
    ] as const)
      expect(whyNot(at(20, { state })).heat).toMatch(/\.$/);
    expect(whyNot(at(200))).toEqual({});
  });
});

describe('the host, by hand', () => {
  test('sets speed between the lines of a print, and tells it', async () => {
    const room = await new Room().connect();
    const outcome = room.begin(square);
    await room.reach('printing');
    expect(await room.clock.until(room.host.hands.do({ type: 'speed', percent: 70 }))).toMatchObject({
      ok: true,
    });
    expect(room.sent).toContain('M220 S70');
    expect(await room.host.hands.do({ type: 'home', axes: 'all' })).toMatchObject({ ok: false });
    expect(await room.clock.until(outcome)).toMatchObject({ outcome: 'good' });
    expect(room.host.status().pace?.speedPercent).toBe(70);
  });

  test('after an emergency stop the reason stays the person’s, though the firmware says that it halted', async () => {
    const room = await new Room().connect();
    room.host.emergencyStop();
    await room.clock.pass(5_000);
    expect(room.host.status()).toMatchObject({ state: 'failed', problem: { code: 'stopped' } });
  });

  test('a paused print that was jogged goes on where it stopped', async () => {
    const room = await new Room().connect();
    const outcome = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    expect(await room.clock.until(room.host.hands.do({ type: 'jog', axis: 'x', mm: 30 }))).toMatchObject({
      ok: true,
    });
    expect(await room.clock.until(room.host.resume())).toMatchObject({ ok: true });
    expect(await room.clock.until(outcome)).toMatchObject({ outcome: 'good' });
    const jog = room.sent.indexOf('G1 X30 F3000');
    const back = room.sent.findIndex((line, index) => index > jog && /^G1 X\d+ Y\d+ F6000/.test(line));
    expect(back).toBeGreaterThan(jog);
  });
});

test('fan, speed and flow are read from what is sent, whoever sends it', () => {
  const seen = new Adjustments();
  expect(seen.sent('N1001 M106 S128*77')).toBe(true);
  expect(seen.sent('N1002 G1 X1 F3000*12')).toBe(false);
  expect(seen.sent('M106 P1 S255')).toBe(false);
  expect(seen.sent('M220 S80')).toBe(true);
  expect(seen.sent('M221')).toBe(false);
  expect(seen.pace).toEqual({ fanPercent: 50, speedPercent: 80 });
  seen.reset();
  expect(seen.pace).toEqual({});
});

test('temperatures over a day stay bounded, and keep their beginning and their newest hour', () => {
  const record = new TemperatureRecord(100);
  for (let second = 0; second < 86_400; second += 2)
    record.take({ tools: [{ actualC: second, targetC: 0 }] }, second * 1000);
  const all = record.since(-1);
  expect(all.length).toBeLessThanOrEqual(100);
  expect(all[0]?.atMs).toBe(0);
  expect(all.at(-1)?.atMs).toBe(86_398_000);
  expect(record.since(86_390_000).map((sample) => sample.atMs)).toEqual([
    86_392_000, 86_394_000, 86_396_000, 86_398_000,
  ]);
  record.take({ tools: [{ actualC: 1, targetC: 0 }] }, 5_000);
  expect(record.since(-1)).toHaveLength(1);
});
