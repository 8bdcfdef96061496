import { type Bytes, type Clock, type PrintId, utf8 } from '../base/index.ts';
import type { PrintJob, PrintSource } from './port.ts';

/**
 * A clock for tests that jumps to the next timer as soon as nothing else is to be done, so that hours pass in no
 * time and in the same order each time.
 */
export class JumpingClock implements Clock {
  #nowMs = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { readonly atMs: number; run(): void }>();

  monotonicMs(): number {
    return this.#nowMs;
  }
  wallMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, run: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), run });
    return () => this.#timers.delete(id);
  }

  /** Lets time pass until the promise settles. Throws when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>, limitMs = 48 * 3_600_000): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    const endMs = this.#nowMs + limitMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return watched;
      const next = this.#earliest();
      if (next === undefined) throw new Error('nothing is left to wait for');
      if (next.atMs > endMs) throw new Error(`still waiting after ${limitMs} ms`);
      this.#timers.delete(next.id);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(new Promise<void>((resolve) => this.after(ms, resolve)));
  }

  #earliest(): { id: number; atMs: number; run(): void } | undefined {
    let first: { id: number; atMs: number; run(): void } | undefined;
    for (const [id, timer] of this.#timers) {
      if (first === undefined || timer.atMs < first.atMs) first = { id, atMs: timer.atMs, run: timer.run };
    }
    return first;
  }
}

export function sourceOf(bytes: Bytes, pieceBytes = 16_384): PrintSource {
  return {
    size: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await Promise.resolve();
        yield bytes.slice(at, at + pieceBytes);
      }
    },
  };
}

export function jobOf(gcode: string | Bytes, more: Partial<PrintJob> = {}): PrintJob {
  return {
    printId: 'print-1' as PrintId,
    fileName: 'test.gcode',
    source: sourceOf(typeof gcode === 'string' ? utf8(gcode) : gcode),
    beforeFirstHeatOrMove: () => Promise.resolve(true),
    ...more,
  };
}

/**
 * Where a file sends the head, four numbers for each move, read in the plainest way and with none of the product's
 * code: what the record of an exact print must be.
 */
export function expectedRecord(gcode: string): number[] {
  const record: number[] = [];
  let at = { X: 0, Y: 0, Z: 0, E: 0 };
  let relative = false;
  let relativeE = false;
  for (const line of gcode.split('\n')) {
    const words = (line.split(';')[0] ?? '').trim().split(/\s+/);
    const head = words[0] ?? '';
    if (head === 'G90') relative = relativeE = false;
    if (head === 'G91') relative = relativeE = true;
    if (head === 'M82') relativeE = false;
    if (head === 'M83') relativeE = true;
    if (!['G0', 'G1', 'G28', 'G92'].includes(head)) continue;
    const values = new Map(words.slice(1).map((word) => [word.charAt(0), Number.parseFloat(word.slice(1))]));
    const axes = (['X', 'Y', 'Z', 'E'] as const).filter((axis) => values.has(axis));
    if (head === 'G28') {
      const homed = axes.length === 0 ? (['X', 'Y', 'Z'] as const) : axes;
      for (const axis of homed) at = { ...at, [axis]: 0 };
      record.push(at.X, at.Y, at.Z, at.E);
      continue;
    }
    if (axes.length === 0) continue;
    for (const axis of axes) {
      const value = values.get(axis) ?? 0;
      const adds = head !== 'G92' && (axis === 'E' ? relativeE : relative);
      at = { ...at, [axis]: adds ? at[axis] + value : value };
    }
    if (head !== 'G92') record.push(at.X, at.Y, at.Z, at.E);
  }
  return record;
}
