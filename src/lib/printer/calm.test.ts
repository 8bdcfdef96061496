import { beforeEach, expect, test } from 'vitest';
import { calmMsMax } from './limits.ts';
import { Bench } from './protocol-bench.ts';

/** A printer that reads so late that some lines always wait unread, and refuses one line once. */
class LateReader {
  readonly done: string[] = [];
  refuse = 0;
  readonly #behind: number;
  #unread: string[] = [];
  #last = 999;

  constructor(behind: number) {
    this.#behind = behind;
  }

  take(line: string): string[] {
    this.#unread.push(line);
    return this.#unread.length > this.#behind ? this.#read() : [];
  }

  /** What it says when it has had time. */
  rest(): string[] {
    return this.#unread.length === 0 ? [] : this.#read();
  }

  #read(): string[] {
    const match = /^N(\d+) (.*)$/.exec(this.#unread.shift() ?? '');
    const number = Number(match?.[1]);
    if (number !== this.#last + 1 || number === this.refuse) {
      if (number === this.refuse) this.refuse = 0;
      return [`Error:expected line ${this.#last + 1} got ${number}`, `Resend: ${this.#last + 1}`, 'ok'];
    }
    this.#last = number;
    this.done.push(match?.[2] ?? '');
    return ['ok'];
  }
}

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
  bench.step({ type: 'greet', atMs: 0 }).say('ok').sent();
});

test('lines under way that nobody counts are waited out, so that not each line after them is asked for again', () => {
  const printer = new LateReader(3);
  bench.command(...Array.from({ length: 40 }, (_, i) => `G1 X${i}`));
  for (let surplus = 0; surplus < 3; surplus++) bench.say('ok');
  printer.refuse = 1010;
  for (let i = 0; i < 200 && !bench.machine.idle; i++) {
    const said = bench.sent().flatMap((line) => printer.take(line));
    if (said.length > 0) bench.say(...said);
    else {
      // Nothing more is sent before it has answered everything.
      const rest = printer.rest();
      if (rest.length > 0) bench.say(...rest);
      else bench.wait();
    }
  }
  expect(printer.done).toEqual(Array.from({ length: 40 }, (_, i) => `G1 X${i}`));
  // The refused line and the few behind it, not every line to the end.
  expect(bench.machine.resends).toBeLessThan(10);
});

test('a printer that never stops answering is not waited for longer than that', () => {
  bench.command('G1 X1', 'G1 X2').sent();
  bench.say('Resend: 1000', 'ok').say('Resend: 1000').sent();
  for (; bench.nowMs < calmMsMax; bench.nowMs += 100) bench.say('ok');
  expect(bench.wait()).toBe(0);
  expect(bench.sent()).toEqual(['N1000 G1 X1']);
});
