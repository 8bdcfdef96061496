import { describe, expect, test } from 'vitest';
import { Room, square } from '../test-room.ts';

async function ask(room: Room, command: string): Promise<readonly string[]> {
  const answer = await room.clock.until(room.host.send(command));
  if (!answer.ok) throw new Error(answer.refusal.text);
  return answer.value.filter((line) => line !== 'ok');
}

describe('the virtual firmware', () => {
  test('keeps settings over a reset only when they were stored', async () => {
    const room = await new Room().connect();
    const steps = async () => (await ask(room, 'M503')).find((line) => line.includes('M92'));
    await ask(room, 'M92 E415');
    expect(await steps()).toContain('E415.00');
    room.link.firmware.reset();
    await room.clock.pass(1_000);
    await room.clock.until(room.host.connect());
    expect(await steps()).toContain('E93.00');
    await ask(room, 'M92 E415');
    expect(await ask(room, 'M500')).toEqual(['echo:Settings Stored (642 bytes; crc 28655)']);
    room.link.firmware.reset();
    await room.clock.pass(1_000);
    await room.clock.until(room.host.connect());
    expect(await steps()).toContain('E415.00');
    await ask(room, 'M502');
    expect(await steps()).toContain('E93.00');
    await ask(room, 'M501');
    expect(await steps()).toContain('E415.00');
  });

  test('lists its card, opens a file of it and tells how far it is', async () => {
    const room = await new Room().connect();
    expect(await ask(room, 'M20')).toEqual([
      'Begin file list',
      'CUBE.GCO 160159',
      'FOLDER/GEAR~1.GCO 764698',
      'End file list',
    ]);
    expect(await ask(room, 'M27')).toEqual(['Not SD printing']);
    expect((await ask(room, 'M23 nothere.gco')).join()).toContain('open failed');
    expect((await ask(room, 'M23 cube.gco')).join()).toContain('Size: 160159');
    await ask(room, 'M24');
    expect(await ask(room, 'M27')).toEqual(['SD printing byte 16016/160159']);
    for (let i = 0; i < 8; i++) await ask(room, 'M27');
    expect((await ask(room, 'M27')).at(-1)).toBe('Done printing file');
    await ask(room, 'M22');
    expect(await ask(room, 'M20')).toEqual(['echo:No media']);
    // Errors of a card are not errors of a print.
    expect(room.host.status().problem).toBeUndefined();
  });

  test('loses bytes that find its buffer full, as a board does', async () => {
    const room = await new Room({ rxBufferBytes: 64, commandsMax: 1 }).connect();
    void room.host.send('G4 S5');
    await room.clock.pass(100);
    room.link.firmware.receive(new TextEncoder().encode('M117 a long text\n'.repeat(20)));
    expect(room.link.firmware.overflowBytes).toBeGreaterThan(100);
  });

  test('waits for a person at its display as long as it takes, at any speed, and goes on when the button is pressed', async () => {
    const room = await new Room({ speed: Infinity }).connect();
    const over = room.begin('G28\nM600\nG1 X5\n');
    await room.clock.pass(60_000);
    expect(room.host.status().needsPerson).toBeDefined();
    room.link.firmware.press();
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
  });
});

test('a hard reset by DTR: heaters off, and the print failed with the reason', async () => {
  const room = await new Room().connect();
  // The virtual link has no such line.
  expect(await room.host.hands.hardReset()).toMatchObject({ refusal: { code: 'no-signals' } });
  const { firmware } = room.link;
  const signals: boolean[] = [];
  Object.assign(room.link, {
    setSignals: ({ dataTerminalReady }: { dataTerminalReady: boolean }) => {
      signals.push(dataTerminalReady);
      if (dataTerminalReady) firmware.reset();
      return Promise.resolve();
    },
  });
  const over = room.begin(square);
  await room.reach('printing');
  expect(await room.clock.until(room.host.hands.hardReset())).toMatchObject({ ok: true });
  expect(signals).toEqual([false, true]);
  expect(await room.clock.until(over)).toMatchObject({ outcome: 'failed', code: 'printer-reset' });
  expect(firmware.machine.nozzle.targetC).toBe(0);
});
