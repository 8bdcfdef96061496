import { describe, expect, test } from 'vitest';
import { silentLog } from '../base/index.ts';
import { PrinterHost } from './host.ts';
import { expectedRecord, JumpingClock, jobOf, sourceOf } from './test-kit.ts';
import { Room, square } from './test-room.ts';

describe('the host', () => {
  test.each(['marlin', 'marlin-1', 'prusa', 'repetier', 'klipper', 'smoothie', 'reprap'] as const)(
    'prints on %s',
    async (family) => {
      const room = await new Room({ family }).connect();
      expect(room.host.status().firmware?.family).toBe(family === 'marlin-1' ? 'marlin' : family);
      expect(await room.clock.until(room.begin(square))).toMatchObject({ outcome: 'good' });
      expect(room.record).toEqual(expectedRecord(square));
    },
  );

  test('keeps temperatures fresh while idle, by reports or by asking', async () => {
    for (const family of ['marlin', 'marlin-1', 'smoothie'] as const) {
      const room = await new Room({ family }).connect();
      await room.clock.until(room.host.send('M140 S50'));
      await room.clock.pass(30_000);
      expect(room.host.status().temperatures.bed?.actualC).toBeGreaterThan(22);
      await room.host.close();
    }
  });

  test('sends a person’s command and gives the answer', async () => {
    const room = await new Room().connect();
    const answer = await room.clock.until(room.host.send('M114 ; where'));
    expect(answer.ok && answer.value.some((line) => line.startsWith('X:0.00'))).toBe(true);
    expect(await room.host.send('; nothing')).toMatchObject({ ok: false, refusal: { code: 'empty' } });
    expect(await room.host.send('M110 N7')).toMatchObject({ ok: false, refusal: { code: 'line-numbers' } });
  });

  test('takes no foreign command and no second print while it prints', async () => {
    const room = await new Room().connect();
    void room.begin(square);
    await room.reach('printing');
    expect(await room.host.send('G28')).toMatchObject({ ok: false, refusal: { code: 'printing' } });
    expect(room.host.print(jobOf(square))).toMatchObject({ ok: false, refusal: { code: 'printing' } });
    expect(await room.host.disconnect()).toMatchObject({ ok: false, refusal: { code: 'printing' } });
  });

  test('says so when nothing answers, and tries every speed where there are speeds', async () => {
    const clock = new JumpingClock();
    const tried: number[] = [];
    const silent = {
      kind: 'tty' as const,
      label: 'silent',
      baud: 115_200,
      read: () => new Promise<undefined>(() => undefined),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
      ended: () => undefined,
      reopen: (baud: number) => {
        tried.push(baud);
        return Promise.resolve();
      },
    };
    const host = new PrinterHost(silent, clock, silentLog);
    expect(await clock.until(host.connect())).toMatchObject({ ok: false, refusal: { code: 'no-answer' } });
    expect(tried).toEqual([250_000, 230_400, 57_600, 38_400, 19_200, 9_600]);
    expect(host.status().state).toBe('failed');
  });

  test('waits for a board that boots slowly', async () => {
    const room = await new Room({ bootMs: 7_000 }).connect();
    expect(await room.clock.until(room.begin('G28\nG1 X1\n'))).toMatchObject({ outcome: 'good' });
  });

  test('a whole file from the samples is printed exactly', async () => {
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(
      new URL('../../../static/samples/visor-clip-petg-ender3.gcode', import.meta.url),
    );
    const room = await new Room().connect();
    const outcome = await room.clock.until(room.begin('', { source: sourceOf(new Uint8Array(bytes)) }));
    expect(outcome).toMatchObject({ outcome: 'good', resends: 0 });
    expect(room.record).toEqual(expectedRecord(bytes.toString()));
  });
});
