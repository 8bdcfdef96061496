import { describe, expect, test } from 'vitest';
import { type Clock, silentLog, utf8 } from '../base/index.ts';
import { PrinterHost } from './host.ts';
import type { Link } from './port.ts';
import { expectedRecord, JumpingClock, jobOf } from './test-kit.ts';
import { Room, square } from './test-room.ts';
import { VirtualLink } from './virtual/index.ts';

/** Something at the far side that answers each write in its own way. */
function odd(clock: JumpingClock, answer: (written: string) => Uint8Array | undefined): Link {
  let reader: ((bytes: Uint8Array<ArrayBuffer> | undefined) => void) | undefined;
  const waiting: Uint8Array[] = [];
  let closed = false;
  const push = (bytes: Uint8Array): void => {
    waiting.push(bytes);
    clock.after(1, () => {
      const first = waiting.shift();
      if (first === undefined) return;
      const read = reader;
      reader = undefined;
      if (read === undefined) waiting.unshift(first);
      else read(new Uint8Array(first));
    });
  };
  return {
    kind: 'tcp',
    label: 'odd',
    read: () =>
      closed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            reader = resolve;
            const first = waiting.shift();
            if (first !== undefined) {
              reader = undefined;
              resolve(new Uint8Array(first));
            }
          }),
    write: (bytes) => {
      const said = answer(new TextDecoder().decode(bytes));
      if (said !== undefined) push(said);
      return Promise.resolve();
    },
    close: () => {
      closed = true;
      reader?.(undefined);
      return Promise.resolve();
    },
    ended: () => (closed ? { code: 'closed', text: 'Closed.' } : undefined),
  };
}

describe('a far side that is no good printer', () => {
  test('that says nothing: a sentence that asks the right questions', async () => {
    const clock = new JumpingClock();
    const host = new PrinterHost(
      odd(clock, () => undefined),
      clock,
      silentLog,
    );
    const connected = await clock.until(host.connect());
    expect(connected).toMatchObject({ ok: false, refusal: { code: 'no-answer' } });
    expect(connected.ok ? '' : connected.refusal.text).toContain('Is it switched on');
  });

  test('that babbles: no printer is found', async () => {
    const clock = new JumpingClock();
    const host = new PrinterHost(
      odd(clock, () => new Uint8Array(5_000).fill(0xfe)),
      clock,
      silentLog,
    );
    expect(await clock.until(host.connect())).toMatchObject({ ok: false, refusal: { code: 'no-answer' } });
  });

  test('that speaks another protocol (a web server): no printer is found', async () => {
    const clock = new JumpingClock();
    const http = utf8('HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>ok?</html>\r\n');
    const host = new PrinterHost(
      odd(clock, () => http),
      clock,
      silentLog,
    );
    expect(await clock.until(host.connect())).toMatchObject({ ok: false, refusal: { code: 'no-answer' } });
  });

  test('that echoes what it is sent: no printer is found', async () => {
    const clock = new JumpingClock();
    const host = new PrinterHost(
      odd(clock, (written) => utf8(written)),
      clock,
      silentLog,
    );
    expect(await clock.until(host.connect())).toMatchObject({ ok: false });
  });

  test('that still says ok to the host before us: its own answer is waited for', async () => {
    const clock = new JumpingClock();
    const link = new VirtualLink({}, clock);
    const host = new PrinterHost(link, clock, silentLog);
    for (let i = 0; i < 50; i++) clock.after(i * 20, () => link.firmware.say('ok'));
    expect(await clock.until(host.connect())).toMatchObject({ ok: true });
    expect(host.status().firmware).toMatchObject({
      family: 'marlin',
      name: expect.stringContaining('Marlin'),
    });
    // A few hundred milliseconds after the last of them, and no second greeting was needed.
    expect(clock.monotonicMs()).toBeLessThan(2_000);
  });

  test('that is never quiet: it is greeted all the same', async () => {
    const clock = new JumpingClock();
    const link = new VirtualLink({}, clock);
    const host = new PrinterHost(link, clock, silentLog);
    const chatter = (): void => {
      link.firmware.say('T:20.0 /0.0 B:20.0 /0.0 @:0');
      clock.after(50, chatter);
    };
    chatter();
    expect(await clock.until(host.connect())).toMatchObject({ ok: true });
    expect(host.status().firmware?.family).toBe('marlin');
  });

  test('that says ok to everything but never where it is: the print still ends', async () => {
    const clock = new JumpingClock();
    const host = new PrinterHost(
      odd(clock, () => utf8('ok\n')),
      clock,
      silentLog,
    );
    expect(await clock.until(host.connect())).toMatchObject({ ok: true });
    expect(host.status().firmware?.family).toBe('unknown');
    const print = host.print(jobOf(square));
    expect(print.ok && (await clock.until(print.value))).toMatchObject({ outcome: 'good' });
  });

  test('that asks for the same line for ever: failed, with the line', async () => {
    const clock = new JumpingClock();
    const far = odd(clock, (written) => {
      const number = /N(\d+) G1/.exec(written)?.[1];
      return utf8(number === undefined ? 'ok\n' : `Resend: ${number}\nok\n`);
    });
    const host = new PrinterHost(far, clock, silentLog);
    await clock.until(host.connect());
    const print = host.print(jobOf('G28\nG1 X5\n'));
    const outcome = print.ok ? await clock.until(print.value) : undefined;
    expect(outcome).toMatchObject({ outcome: 'failed', code: 'resend-loop' });
    expect(outcome?.reason).toContain('"G1 X5"');
  });

  test.each(['flood', 'babble'] as const)('a %s in the middle of a print is read past', async (action) => {
    const room = await new Room({ faults: { script: [{ at: 30, action }] } }).connect();
    expect(await room.clock.until(room.begin(square))).toMatchObject({ outcome: 'good' });
  });

  test('temperatures that cannot be are shown as they are told, and heat nothing', async () => {
    const room = await new Room().connect();
    room.link.firmware.say('T:-15.00 /0.00 B:1047.50 /0.00 @:0');
    await room.clock.pass(500);
    expect(room.host.status().temperatures).toMatchObject({
      tools: [{ actualC: -15 }],
      bed: { actualC: 1047.5 },
    });
    expect(room.sent.some((line) => /^M1(04|09|40|90) S[1-9]/.test(line))).toBe(false);
  });
});

describe('heaters', () => {
  test('finished: off as the end of the file says, and said to be on where it forgets', async () => {
    const tidy = await new Room().connect();
    expect(await tidy.clock.until(tidy.begin(square))).toMatchObject({ outcome: 'good' });
    const { nozzle, bed } = tidy.link.firmware.machine;
    expect([nozzle.targetC, bed.targetC]).toEqual([0, 0]);
    const careless = await new Room().connect();
    const forgets = square.replace('\nM104 S0\nM140 S0', '');
    expect(await careless.clock.until(careless.begin(forgets))).toMatchObject({ outcome: 'good' });
    await careless.clock.pass(10_000);
    const { state, temperatures } = careless.host.status();
    expect(state).toBe('ready');
    expect([temperatures.tools[0]?.targetC, temperatures.bed?.targetC]).toEqual([200, 60]);
  });

  test('cancelled while heating, without an emergency parser: off as soon as the wait is over', async () => {
    const room = await new Room({ family: 'marlin-1' }).connect();
    const over = room.begin(square);
    await room.clock.pass(20_000);
    void room.host.cancel();
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'cancelled' });
    expect(room.sent).not.toContain('M108');
    const { nozzle, bed } = room.link.firmware.machine;
    expect([nozzle.targetC, bed.targetC]).toEqual([0, 0]);
  });

  test('while paused they stay on, until a person resumes or cancels', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    await room.clock.pass(3_600_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(200);
    await room.clock.until(room.host.cancel());
    await over;
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
  });

  test('the cable is pulled from a printer with power of its own: they stay on, and the reason says so', async () => {
    const room = await new Room({ faults: { script: [{ at: 30, action: 'unplug' }] } }).connect();
    const outcome = await room.clock.until(room.begin(square));
    expect(outcome.reason).toContain('Its heaters may still be on: look at the printer.');
    await room.clock.pass(600_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(200);
  });

  test('the power fails: off, and the reason is the same, for it looks the same from here', async () => {
    const room = await new Room().connect();
    const over = room.begin(square);
    await room.reach('printing');
    room.link.firmware.powerOff();
    room.link.unplug();
    expect((await room.clock.until(over)).reason).toContain('heaters may still be on');
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    expect(room.link.firmware.machine.bed.targetC).toBe(0);
  });

  test('the resend loop and lost lines switch them off blindly, past the protocol', async () => {
    const room = await new Room({ faults: { script: [{ at: 30, action: 'reset-silently' }] } }).connect();
    expect(await room.clock.until(room.begin(square))).toMatchObject({ code: 'lost-lines' });
    await room.clock.pass(1_000);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
    expect(room.link.firmware.machine.bed.targetC).toBe(0);
  });

  test('the computer slept for an hour in mid-print: it goes on where it was, if the port is still there', async () => {
    const clock = new JumpingClock();
    const link = new VirtualLink({ record: true }, clock);
    let sleptMs = 0;
    // What a worker sees of a sleep: the time has jumped when its next timer fires.
    const wakes: Clock = {
      monotonicMs: () => clock.monotonicMs() + sleptMs,
      wallMs: () => clock.wallMs() + sleptMs,
      after: (ms, run) => clock.after(ms, run),
    };
    const host = new PrinterHost(link, wakes, silentLog);
    await clock.until(host.connect());
    const print = host.print(jobOf(square));
    if (!print.ok) throw new Error(print.refusal.text);
    while (link.firmware.machine.record.length < 40) await clock.pass(500);
    sleptMs = 3_600_000;
    expect(await clock.until(print.value)).toMatchObject({ outcome: 'good' });
    expect(link.firmware.machine.record).toEqual(expectedRecord(square));
  });

  test('the worker dies with the print: what was sent is carried out, then it stands hot', async () => {
    const room = await new Room().connect();
    void room.begin(square);
    await room.reach('printing');
    const before = room.sent.length;
    // A killed worker reads no more and sends no more: as a link that nobody serves.
    room.link.unplug();
    await room.clock.pass(3_600_000);
    expect(room.sent.length).toBe(before);
    expect(room.link.firmware.machine.nozzle.targetC).toBe(200);
  });
});
