import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../base/index.ts';
import {
  calmMs,
  lookAheadAfter,
  okBusyMs,
  okMs,
  repeatedMs,
  resendOkMs,
  sameResendsMax,
  silencesMax,
} from './limits.ts';
import { Bench } from './protocol-bench.ts';

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
  bench.step({ type: 'greet', atMs: 0 }).say('ok');
  expect(bench.of('greeted')).toHaveLength(1);
  expect(bench.sent()).toEqual(['N999 M110 N999']);
  bench.effects = [];
});

describe('sending', () => {
  test('one numbered, checksummed line per ok', () => {
    bench.command('G28', 'G1 X1');
    expect(bench.of('write').map((effect) => effect.text)).toEqual(['N1000 G28*34']);
    expect(bench.sent()).toEqual(['N1000 G28']);
    bench.say('ok');
    expect(bench.sent()).toEqual(['N1001 G1 X1']);
    expect(bench.of('done').map((effect) => effect.command)).toEqual(['G28']);
  });

  test('an ok that nothing waits for changes nothing', () => {
    bench.say('ok', 'ok').command('G28', 'G1 X1');
    expect(bench.sent()).toEqual(['N1000 G28']);
  });

  test('halves of lines and joined noise are waited out', () => {
    bench.command('G28', 'G1 X1').sent();
    bench.step({ type: 'bytes', atMs: 0, bytes: utf8('o') });
    expect(bench.sent()).toEqual([]);
    bench.step({ type: 'bytes', atMs: 0, bytes: utf8('k\r\n') });
    expect(bench.sent()).toEqual(['N1001 G1 X1']);
  });

  test('M112 goes out at once, without a number, and nothing after it', () => {
    bench.command('G28', 'G1 X1').sent();
    bench.step({ type: 'urgent', atMs: 0, command: 'M112' });
    expect(bench.sent()).toEqual(['M112']);
    bench.say('ok').command('G1 X2');
    expect(bench.sent()).toEqual([]);
    expect(bench.machine.over).toBe(true);
  });

  test('M108 out of band is answered by an ok of its own', () => {
    bench.command('M190 S60', 'G1 X1').sent();
    bench.step({ type: 'urgent', atMs: 0, command: 'M108' });
    expect(bench.sent()).toEqual(['M108']);
    bench.say('ok');
    expect(bench.sent()).toEqual([]);
    bench.say('ok');
    expect(bench.sent()).toEqual(['N1001 G1 X1']);
  });
});

describe('the resend rules', () => {
  test('rule 1: the number is read in every form', () => {
    for (const form of ['Resend: 1000', 'Resend:N1000', 'rs 1000', 'rs N1000']) {
      bench = new Bench();
      bench.step({ type: 'greet', atMs: 0 }).say('ok').command('G28').sent();
      bench.say(form, 'ok');
      expect(bench.sent()).toEqual(['N1000 G28']);
    }
  });

  test('rule 2: a request for the line that is next anyway is nothing to do', () => {
    bench.command('G28', 'G1 X1').sent();
    bench.say('Resend: 1001', 'ok');
    expect(bench.sent()).toEqual([]);
    bench.say('ok');
    expect(bench.sent()).toEqual(['N1001 G1 X1']);
    expect(bench.of('resend')).toEqual([]);
  });

  test('rule 2: where that request stands for the ok of the line before, it is waited for a moment and no more', () => {
    bench.command('G1 X1', 'G1 X2').sent();
    bench.say('Error:checksum mismatch', 'Resend: 1001', 'ok');
    expect(bench.wait()).toBe(repeatedMs);
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
    // Its handler still works: it has the time that it needs.
    bench.say('ok').command('G28').sent();
    bench.say('Resend: 1003', 'ok');
    expect(bench.machine.deadlineMs() - bench.nowMs).toBeGreaterThanOrEqual(okMs);
  });

  test('rule 3: repeats of one request, from lines that were under way, are served once', () => {
    bench.step({ type: 'job', atMs: 0 });
    for (let i = 0; i < lookAheadAfter + 5; i++) bench.command('M73').say(`ok N${1000 + i} P15 B4`);
    const next = 1000 + lookAheadAfter + 5;
    bench.command('G1 X1', 'G1 X2', 'G1 X3', 'G1 X4');
    bench.effects = [];
    bench.say('Error:checksum mismatch', `Resend: ${next + 1}`, 'ok', `ok N${next} P15 B3`);
    bench.say('Error:Line Number is not Last Line Number+1', `Resend: ${next + 1}`, 'ok');
    expect(bench.sent()).toEqual([`N${next + 1} G1 X2`]);
    bench.say(`ok N${next + 1} P15 B4`);
    expect(bench.sent()).toEqual([`N${next + 2} G1 X3`]);
  });

  test('rule 4: the tenth request for the same line ends it', () => {
    bench.command('G1 X1');
    for (let i = 0; i < sameResendsMax; i++) {
      bench.say('Error:checksum mismatch', 'Resend: 1000', 'ok');
      // From the second on only when it is quiet.
      if (i > 0 && i < sameResendsMax - 1) expect(bench.wait()).toBe(calmMs);
    }
    expect(bench.of('broken')).toMatchObject([{ code: 'resend-loop' }]);
  });

  test('rule 5: a line that was never sent, asked for twice, means that the printer was reset', () => {
    for (let i = 0; i < 5; i++) bench.command(`G1 X${i}`).say('ok').sent();
    bench.command('G1 X5').sent();
    bench.say('Error:Line Number is not Last Line Number+1, Last Line: 0', 'Resend: 1', 'ok');
    expect(bench.of('broken')).toEqual([]);
    bench.say('Resend: 1', 'ok');
    expect(bench.of('broken')).toMatchObject([{ code: 'lost-lines' }]);
  });

  test('right after the greeting one such request is enough: the ok that answered it came from before', () => {
    bench.command('M115').sent();
    bench.say('Error:Line Number is not Last Line Number+1, Last Line: 0', 'Resend: 1', 'ok');
    expect(bench.of('broken')).toMatchObject([{ code: 'lost-lines' }]);
  });

  test('rule 6: firmware that sends no ok with its Resend is not waited for', () => {
    bench.command('G1 X1').sent();
    bench.say('Resend: 1000');
    expect(bench.sent()).toEqual([]);
    expect(bench.wait()).toBe(resendOkMs);
    expect(bench.sent()).toEqual(['N1000 G1 X1']);
  });

  test('rule 7: one line per ok while catching up', () => {
    bench.command('G1 X1', 'G1 X2').say('ok').say('ok').command('G1 X3').sent();
    bench.say('Resend: 1001', 'ok');
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
    expect(bench.machine.room).toBe(0);
    bench.say('ok');
    expect(bench.sent()).toEqual(['N1002 G1 X3']);
  });

  test('rule 8: more than a tenth of the lines sent again is told once', () => {
    bench.step({ type: 'job', atMs: 0 });
    for (let i = 0; i < 150; i++) {
      bench.command('G1 X1');
      if (i % 5 === 0) bench.say(`Resend: ${1000 + i}`, 'ok');
      bench.say('ok');
    }
    expect(bench.of('noise')).toHaveLength(1);
  });

  test('a damaged number is not obeyed: the next ok leads the printer to ask again', () => {
    bench.command('G1 X1', 'G1 X2').sent();
    bench.say('Resend: 10\u00800', 'Resend: 99999', 'ok');
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
    bench.say('Resend: 1000', 'ok');
    expect(bench.sent()).toEqual(['N1000 G1 X1']);
  });

  test('a line repeated to Marlin gets no answer: it goes on by itself after a moment', () => {
    bench.command('G1 X1', 'G1 X2').say('ok').say('ok').sent();
    bench.say('Resend: 1001', 'ok').command('G1 X3');
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
    expect(bench.wait()).toBe(repeatedMs);
    expect(bench.sent()).toEqual(['N1002 G1 X3']);
  });
});

describe('two clocks', () => {
  test('a lost ok is found by a numbered question, whose answer settles both', () => {
    bench.command('G1 X1', 'G1 X2').sent();
    expect(bench.wait()).toBe(okMs);
    expect(bench.sent()).toEqual(['N1001 M105']);
    bench.say('ok T:20 /0 B:20 /0');
    expect(bench.of('done').map((effect) => effect.command)).toEqual(['G1 X1', 'M105']);
    expect(bench.sent()).toEqual(['N1002 G1 X2']);
  });

  test('temperature reports do not hide a lost ok', () => {
    bench.command('G1 X1').sent();
    for (let i = 0; i < 20; i++) {
      bench.nowMs += 2_000;
      bench.step({ type: 'time', atMs: bench.nowMs }).say(' T:20.0 /0.0 B:20.0 /0.0');
    }
    expect(bench.sent()).toEqual(['N1001 M105']);
  });

  test('a lost line is found by the same question: the printer asks for it', () => {
    bench.command('G1 X1').sent();
    bench.wait();
    bench.sent();
    bench.say('Error:Line Number is not Last Line Number+1', 'Resend: 1000', 'ok');
    expect(bench.sent()).toEqual(['N1000 G1 X1']);
    bench.say('ok');
    expect(bench.sent()).toEqual(['N1001 M105']);
  });

  test('heating for minutes is no silence while temperatures come', () => {
    bench.command('M190 S60').sent();
    for (let i = 0; i < 100; i++) {
      bench.nowMs += 2_000;
      bench.say('T:20.0 /0.0 B:30.0 /60.0').step({ type: 'time', atMs: bench.nowMs });
    }
    expect(bench.sent()).toEqual([]);
  });

  test('busy keeps a command alive, and firmware that says busy is looked after sooner', () => {
    bench.command('G28').sent();
    for (let i = 0; i < 100; i++) {
      bench.nowMs += 2_000;
      bench.say('echo:busy: processing').step({ type: 'time', atMs: bench.nowMs });
    }
    expect(bench.sent()).toEqual([]);
    expect(bench.wait()).toBe(okBusyMs);
    expect(bench.sent()).toEqual(['N1001 M105']);
  });

  test('G4 may take as long as it says', () => {
    bench.command('G4 S300').sent();
    expect(bench.wait()).toBeGreaterThan(300_000);
  });

  test('a printer that stays silent is given up after some questions', () => {
    bench.command('G1 X1');
    for (let i = 0; i <= silencesMax; i++) bench.wait();
    expect(bench.of('broken')).toMatchObject([{ code: 'silent' }]);
    expect(bench.of('silence')).toHaveLength(silencesMax);
  });

  test('wait means that the printer has nothing of ours: the next line goes out', () => {
    bench.command('G1 X1', 'G1 X2').sent();
    bench.say('wait');
    expect(bench.sent()).toEqual([]);
    bench.nowMs += 1_500;
    bench.say('wait');
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
  });
});

describe('errors', () => {
  test('a refusal with its Resend is no error', () => {
    bench.command('G1 X1').say('Error:checksum mismatch, Last Line: 999', 'Resend: 1000', 'ok');
    expect(bench.of('error')).toEqual([]);
  });

  test('a damaged refusal is known by the Resend behind it', () => {
    bench.command('G1 X1').say('Error:chec\u0080sum mism\u0080tch', 'Resend: 1000', 'ok');
    expect(bench.of('error')).toEqual([]);
  });

  test('an unknown error pauses', () => {
    bench.command('G1 X1').say('Error:Probing failed', 'ok');
    expect(bench.of('error')).toMatchObject([{ kind: 'pausing', text: 'Probing failed' }]);
  });

  test('an unknown error with nothing behind it is told after a moment', () => {
    bench.command('G1 X1').say('Error:Probing failed');
    expect(bench.of('error')).toEqual([]);
    bench.wait();
    expect(bench.of('error')).toMatchObject([{ kind: 'pausing' }]);
  });

  test('an error in two lines is read as one', () => {
    bench.command('G1 X1').say('Error:0', ': Extruder switched off. MAXTEMP triggered !');
    expect(bench.of('error')).toMatchObject([
      { kind: 'fatal', text: 'Extruder switched off. MAXTEMP triggered !' },
    ]);
  });

  test('after a fatal error nothing is sent', () => {
    bench.command('G1 X1', 'G1 X2').say('Error:Printer halted. kill() called!').sent();
    bench.say('ok');
    expect(bench.sent()).toEqual([]);
  });

  test('a line without a number is refused without a Resend: it counts as answered', () => {
    bench.command('G1 X1', 'G1 X2').sent();
    bench.say('Error:No Line Number with checksum, Last Line: 999');
    expect(bench.sent()).toEqual(['N1001 G1 X2']);
  });

  test('start in the middle means that everything is forgotten', () => {
    bench.command('G1 X1').say('start');
    expect(bench.of('restarted')).toHaveLength(1);
    expect(bench.machine.over).toBe(true);
    bench.sent();
    bench.step({ type: 'greet', atMs: 0 });
    expect(bench.sent()).toEqual(['N1000 M110 N1000']);
  });
});

describe('look-ahead', () => {
  function settle(lines: number): void {
    bench.step({ type: 'job', atMs: 0 });
    for (let i = 0; i < lines; i++) bench.command('M73').say(`ok N${1000 + i} P15 B4`);
    bench.effects = [];
  }

  test('begins when each ok names its line and nothing was sent again for a long while', () => {
    settle(lookAheadAfter - 1);
    bench.command('G1 X1', 'G1 X2', 'G1 X3');
    expect(bench.sent()).toHaveLength(1);
    bench = new Bench();
    bench.step({ type: 'greet', atMs: 0 }).say('ok');
    settle(lookAheadAfter);
    bench.command('G1 X1', 'G1 X2', 'G1 X3', 'G1 X4', 'G1 X5');
    expect(bench.sent()).toHaveLength(4);
  });

  test('never has more bytes under way than the smallest buffer holds', () => {
    settle(lookAheadAfter);
    for (let i = 0; i < 4; i++) bench.command('G1 X100.123 Y100.123 Z100.123 E100.12345 F12000');
    expect(bench.sent()).toHaveLength(2);
  });

  test('plain oks allow none', () => {
    bench.step({ type: 'job', atMs: 0 });
    for (let i = 0; i < 2 * lookAheadAfter; i++) bench.command('M73').say('ok');
    bench.effects = [];
    bench.command('G1 X1', 'G1 X2');
    expect(bench.sent()).toHaveLength(1);
  });

  test('ends for the whole job with the first resend', () => {
    settle(lookAheadAfter);
    const next = 1000 + lookAheadAfter;
    bench.command('G1 X1').say(`Resend: ${next}`, 'ok').say(`ok N${next} P15 B4`);
    for (let i = 1; i < 2 * lookAheadAfter; i++) bench.command('M73').say(`ok N${next + i} P15 B4`);
    bench.effects = [];
    bench.command('G1 X1', 'G1 X2');
    expect(bench.sent()).toHaveLength(1);
  });
});
