import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import type { PrinterState } from './port.ts';
import { expectedRecord } from './test-kit.ts';
import { Room, square } from './test-room.ts';

describe('a print', () => {
  test('goes through its states to a good end, at a lifelike speed', async () => {
    const room = await new Room().connect();
    const outcome = await room.clock.until(room.begin(square));
    expect(outcome).toMatchObject({ outcome: 'good', code: 'good', resends: 0, lines: 48 });
    expect(outcome.seconds).toBeGreaterThan(120);
    expect(room.states).toEqual(['connecting', 'ready', 'starting', 'printing', 'finishing', 'ready']);
    expect(room.record).toEqual(expectedRecord(square));
    expect(room.host.status().last?.outcome).toBe(outcome);
  });

  test('is good only when the head stands still', async () => {
    const room = await new Room().connect();
    const outcome = await room.clock.until(room.begin('G28\nG1 X200 F60\n'));
    // 8 s of homing, then 200 mm at 1 mm a second.
    expect(outcome.seconds).toBeGreaterThan(205);
  });

  test('is good, but its bed is not to be trusted, after an error in its finish script', async () => {
    const gcode = 'G28\nG1 X10 F6000\n';
    const plain = await new Room().connect();
    // After the file come M400, M114 and then the script's first line.
    const at = plain.link.firmware.taken + 5;
    const room = await new Room(
      { faults: { script: [{ at, action: 'error' }] } },
      { scripts: { finish: 'G91\nG1 Z10 F600\nG90' } },
    ).connect();
    const outcome = await room.clock.until(room.begin(gcode));
    expect(outcome).toMatchObject({ outcome: 'good', bedUnsure: true });
    expect(outcome.reason).toContain('Probing failed. Look at the bed');
    expect(room.host.status()).toMatchObject({ state: 'ready', problem: { code: 'finish-script' } });
  });

  test('is good, but its bed is not to be trusted, after a finish script that could not run', async () => {
    const room = await new Room({}, { scripts: { finish: 'G1 X{ejector}' } }).connect();
    const outcome = await room.clock.until(room.begin('G28\nG1 X10 F6000\n'));
    expect(outcome).toMatchObject({ outcome: 'good', bedUnsure: true });
    expect(outcome.reason).toContain('{ejector}');
    expect(room.host.status().problem?.code).toBe('finish-script');
  });

  test('with a finish script that was carried out says nothing about the bed', async () => {
    const room = await new Room({}, { scripts: { finish: 'G91\nG1 Z10 F600\nG90' } }).connect();
    const outcome = await room.clock.until(room.begin('G28\nG1 X10 F6000\n'));
    expect(outcome).toMatchObject({ outcome: 'good', reason: 'Printed to its end.' });
    expect(outcome.bedUnsure).toBeUndefined();
  });

  test('shows what it waits for, temperatures, and how far it is', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.clock.pass(20_000);
    const heating = room.host.status();
    expect(heating.print?.waitingFor).toEqual({ code: 'heating', part: 'bed', celsius: 60 });
    expect(heating.temperatures.bed).toMatchObject({ targetC: 60 });
    expect(heating.temperatures.bed?.actualC).toBeGreaterThan(25);
    await room.clock.until(over);
    expect(room.host.status().print).toBeUndefined();
  });

  test('takes its progress from M73 where the file has it', async () => {
    const room = await new Room().connect();
    const over = room.begin('G28\nM73 P40 R12\nG4 S5\nM73 P100 R0\n');
    await room.clock.pass(10_000);
    expect(room.host.status().print).toMatchObject({ percent: 40, percentFrom: 'file' });
    expect(room.host.status().print?.secondsLeft).toBeGreaterThan(700);
    await room.clock.until(over);
  });
});

describe('the fence', () => {
  test('is asked once, right before the first line that heats or moves', async () => {
    const room = await new Room().connect();
    let asked = 0;
    const before = room.sent.length;
    const over = room.begin('M73 P0\nM104 S0\nG90\nM104 S200\nG28\nG1 X1\n', {
      beforeFirstHeatOrMove: () => {
        asked += 1;
        expect(room.host.status().state).toBe('starting');
        expect(room.sent.slice(before)).toEqual(['M73 P0', 'M104 S0', 'G90']);
        return Promise.resolve(true);
      },
    });
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    expect(asked).toBe(1);
  });

  test('that stays closed leaves the machine untouched', async () => {
    const room = await new Room().connect();
    const before = room.sent.length;
    const outcome = await room.clock.until(
      room.begin(square, { beforeFirstHeatOrMove: () => Promise.resolve(false) }),
    );
    expect(outcome).toMatchObject({ outcome: 'cancelled', code: 'not-started' });
    expect(room.sent.slice(before)).toEqual([]);
    expect(room.host.status().state).toBe('ready');
  });

  test('that throws fails the print and leaves the machine untouched', async () => {
    const room = await new Room().connect();
    const outcome = await room.clock.until(
      room.begin(square, { beforeFirstHeatOrMove: () => Promise.reject(new Error('no quorum')) }),
    );
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'fence' });
    expect(room.record).toEqual([]);
  });

  test('a print cancelled while it is asked never starts', async () => {
    const room = await new Room().connect();
    let answer: (allowed: boolean) => void = () => undefined;
    const over = room.begin(square, {
      beforeFirstHeatOrMove: () => new Promise((resolve) => (answer = resolve)),
    });
    await room.clock.pass(1_000);
    await room.clock.until(room.host.cancel());
    answer(true);
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'cancelled' });
    await room.clock.pass(10_000);
    expect(room.record).toEqual([]);
  });
});

describe('pause and resume', () => {
  test('the print goes on where it stopped, with its modes, and nothing is printed twice', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    while (room.record.length < 40) await room.clock.pass(1_000);
    expect(await room.clock.until(room.host.pause())).toMatchObject({ ok: true });
    expect(room.host.status().state).toBe('paused');
    const atPause = room.record.length;
    await room.clock.pass(600_000);
    expect(room.record.length).toBe(atPause);
    expect(await room.clock.until(room.host.resume())).toMatchObject({ ok: true });
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    // The host's own moves lift and return; without them the record is the file's.
    const expected = expectedRecord(square);
    const moves = (record: readonly number[]): string[] =>
      Array.from({ length: record.length / 4 }, (_, i) => record.slice(4 * i, 4 * i + 3).join());
    const wanted = moves(expected);
    let next = 0;
    for (const move of moves(room.record)) if (move === wanted[next]) next += 1;
    expect(next).toBe(wanted.length);
    expect(moves(room.record).length).toBeLessThan(wanted.length + 8);
    // What was extruded in all is what the file says.
    expect(room.record.at(-1)).toBeCloseTo(expected.at(-1) ?? 0, 3);
    expect(room.states).toEqual([
      'connecting',
      'ready',
      'starting',
      'printing',
      'pausing',
      'paused',
      'resuming',
      'printing',
      'finishing',
      'ready',
    ]);
  });

  test('temperatures that were lowered meanwhile are restored before it moves', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    while (room.record.length < 40) await room.clock.pass(1_000);
    await room.clock.until(room.host.pause());
    await room.clock.until(room.host.send('M104 S0'));
    await room.clock.pass(300_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    await room.clock.until(room.host.resume());
    expect(room.link.firmware.machine.nozzle.targetC).toBe(200);
    await room.clock.until(over);
  });

  test('what is heated to after a pause is what was sent, not what a noisy line told', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    while (room.record.length < 40) await room.clock.pass(1_000);
    // "/60.0" that lost its point, in the last report before the head stood still.
    const stop = room.host.onTerminal(({ direction, text }) => {
      if (direction === 'sent' && text.includes('M114'))
        room.link.firmware.say(' T:200.0 /2000 B:60.0 /600 @:0');
    });
    await room.clock.until(room.host.pause());
    stop();
    expect(room.host.status().temperatures.bed?.targetC).toBe(600);
    const before = room.sent.length;
    await room.clock.until(room.host.resume());
    expect(room.sent.slice(before)).toEqual(
      expect.arrayContaining(['M140 S60', 'M104 S200', 'M190 S60', 'M109 S200']),
    );
    await room.clock.until(over);
  });

  test.each(['M0 Remove the support', '@pause Remove the support', ';@pause Remove the support'])(
    '%j in the file waits for a person',
    async (line) => {
      const room = await new Room().connect();
      const over = room.begin(`G28\nG1 X10\n${line}\nG1 X20\n`);
      await room.reach('paused');
      expect(room.host.status().needsPerson).toEqual({ code: 'file-asks', said: 'Remove the support' });
      expect(room.sent).not.toContain('M0 Remove the support');
      await room.clock.until(room.host.resume());
      expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    },
  );

  test('a pause at the printer itself moves nothing of ours', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'action-paused' }] } }).connect();
    const over = room.begin(square);
    await room.reach('paused');
    expect(room.sent.filter((line) => line === 'G91')).toEqual([]);
    await room.clock.until(room.host.resume());
    await room.clock.until(over);
    expect(room.record).toEqual(expectedRecord(square));
  });

  test('an error that is not fatal pauses and shows its line', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'error' }] } }).connect();
    const over = room.begin(square);
    await room.reach('paused');
    expect(room.host.status().problem).toEqual({
      code: 'printer-error',
      said: 'Probing failed',
      text: 'The printer reports: Probing failed',
    });
    await room.clock.until(room.host.resume());
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    expect(room.host.status().problem).toBeUndefined();
  });

  test('a filament change asks at the printer and in the page, and goes on when answered', async () => {
    const room = await new Room().connect();
    const over = room.begin('G28\nG1 X10\nM600\nG1 X20\n');
    await room.clock.pass(60_000);
    const status = room.host.status();
    expect(status.prompt).toEqual({ text: 'Nozzle Parked', choices: ['Continue'] });
    expect(status.needsPerson).toBeDefined();
    expect(room.host.answer(0)).toMatchObject({ ok: true });
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    expect(room.host.status().prompt).toBeUndefined();
  });
});

describe('the end of a print', () => {
  test('cancelled while printing: heaters, fan and motors are off', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    while (room.record.length < 40) await room.clock.pass(1_000);
    expect(await room.clock.until(room.host.cancel())).toMatchObject({ ok: true });
    expect(await over).toMatchObject({ outcome: 'cancelled', code: 'cancelled' });
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    expect(room.link.firmware.machine.bed.targetC).toBe(0);
    expect(room.sent.slice(-3)).toEqual(['G1 Z10 F600', 'G90', 'M84']);
    expect(room.host.status().state).toBe('ready');
  });

  test('cancelled while heating: M108 breaks the wait where the firmware knows it', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.clock.pass(20_000);
    const fromMs = room.clock.monotonicMs();
    await room.clock.until(room.host.cancel());
    expect(await over).toMatchObject({ outcome: 'cancelled' });
    expect(room.clock.monotonicMs() - fromMs).toBeLessThan(10_000);
    expect(room.link.firmware.machine.bed.targetC).toBe(0);
  });

  test('cancelled while paused', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    await room.clock.until(room.host.cancel());
    expect(await over).toMatchObject({ outcome: 'cancelled' });
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
  });

  test.each(['starting', 'printing', 'pausing', 'paused', 'resuming', 'finishing', 'cancelling'] as const)(
    'an emergency stop works while %s',
    async (state) => {
      const room = await new Room().connect();
      const over = room.begin(`${square}\nG1 X200 Y200 F60`);
      const begins: Partial<Record<PrinterState, () => void>> = {
        pausing: () => void room.host.pause(),
        paused: () => void room.host.pause(),
        resuming: () => void room.clock.until(room.host.pause()).then(() => room.host.resume()),
        cancelling: () => void room.host.cancel(),
      };
      if (state !== 'starting') await room.reach('printing');
      if (state === 'resuming') {
        await room.clock.until(room.host.pause());
        void room.host.resume();
      } else begins[state]?.();
      await room.reach(state);
      expect(room.host.emergencyStop()).toMatchObject({ ok: true });
      expect(await room.clock.until(over)).toMatchObject({ outcome: 'failed', code: 'stopped' });
      expect(room.host.status().state).toBe('failed');
      await room.clock.pass(2_000);
      expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
      expect(room.link.firmware.machine.bed.targetC).toBe(0);
    },
  );

  test('the cable is pulled: failed, and the heaters may be on', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'unplug-mid-line' }] } }).connect();
    const outcome = await room.clock.until(room.begin(square));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'unplugged' });
    expect(outcome.reason).toContain('heaters may still be on');
    expect(room.host.status().state).toBe('disconnected');
  });

  test('the printer resets: failed, and it can be connected again', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'reset' }] } }).connect();
    expect(await room.clock.until(room.begin(square))).toMatchObject({
      outcome: 'failed',
      code: 'printer-reset',
    });
    expect(room.host.status().state).toBe('failed');
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    expect(await room.clock.until(room.host.connect())).toMatchObject({ ok: true });
    expect(await room.clock.until(room.begin('G28\nG1 X1\n'))).toMatchObject({ outcome: 'good' });
  });

  test('the printer resets without a greeting: noticed by the line it asks for', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'reset-silently' }] } }).connect();
    expect(await room.clock.until(room.begin(square))).toMatchObject({
      outcome: 'failed',
      code: 'lost-lines',
    });
  });

  test('the printer halts: failed with its own words', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'halt' }] } }).connect();
    const outcome = await room.clock.until(room.begin(square));
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'halted' });
    expect(outcome.reason).toContain('Thermal Runaway');
  });

  test('the printer falls silent: failed after some minutes', async () => {
    const room = await new Room({ faults: { script: [{ at: 25, action: 'go-silent' }] } }).connect();
    expect(await room.clock.until(room.begin(square))).toMatchObject({ outcome: 'failed', code: 'silent' });
  });
});

describe('bad files', () => {
  test.each([
    ['a binary file', new Uint8Array([71, 50, 56, 10, 0, 1, 2]), 'binary'],
    ['a command longer than printers take', utf8(`G28\nG1 ${'X1.123456 '.repeat(30)}\n`), 'line-too-long'],
    ['a file with nothing to do', utf8('; nothing\nM73 P0\n'), 'no-commands'],
  ])('%s fails with its reason, heaters off', async (_, bytes, code) => {
    const room = await new Room().connect();
    expect(await room.clock.until(room.begin(bytes))).toMatchObject({ outcome: 'failed', code });
    await room.clock.pass(2_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    expect(room.host.status().state).toBe('ready');
  });

  test('a file that cannot be read to its end fails and leaves the machine cold', async () => {
    const room = await new Room().connect();
    const source = {
      size: 100,
      async *chunks() {
        yield utf8('M104 S200\nG28\nG1 X1\n');
        await Promise.resolve();
        throw new Error('the disk is gone');
      },
    };
    expect(await room.clock.until(room.begin('', { source }))).toMatchObject({
      outcome: 'failed',
      code: 'file',
    });
    await room.clock.pass(20_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
  });

  test('non-ASCII, odd line ends and a missing last one are printed as they should be', async () => {
    const room = await new Room().connect();
    const outcome = await room.clock.until(
      room.begin('G28\r\nM117 50 °C é\rG1 X1 ; ünlich\n\n\nN5 G1 X2*99\nG1 X3'),
    );
    expect(outcome).toMatchObject({ outcome: 'good', resends: 0 });
    expect(room.record.filter((_, i) => i % 4 === 0)).toEqual([0, 1, 2, 3]);
    expect(room.sent).toContain('M117 50 C');
  });

  test('commands that would break the numbers or stop the machine are left out', async () => {
    const room = await new Room().connect();
    const outcome = await room.clock.until(room.begin('G28\nM110 N5\nM112\nM29\nG1 X1\n'));
    expect(outcome).toMatchObject({ outcome: 'good', lines: 2 });
  });

  test('memory stays flat: the file is read piece by piece, no faster than it is printed', async () => {
    const room = await new Room({ speed: 1, record: false }).connect();
    const piece = utf8('G1 X10 Y10 F600\nG1 X20 Y20\n'.repeat(300));
    let pieces = 0;
    const source = {
      size: piece.length * 1000,
      async *chunks() {
        for (pieces = 1; pieces <= 1000; pieces++) {
          await Promise.resolve();
          yield piece;
        }
      },
    };
    void room.begin('', { source });
    await room.clock.pass(60_000);
    expect(pieces).toBeLessThan(4);
    await room.clock.until(room.host.cancel());
  });
});
