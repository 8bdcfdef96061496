import {
  type Bytes,
  type Clock,
  type Refusal,
  type Result,
  assert,
  concat,
  messageOf,
  ok,
  refuse,
} from '../base/index.ts';
import { commandBytesMax, lineBytes } from '../gcode/index.ts';
import { Marlin } from './marlin.ts';
import type { Link, LinkEnd } from './port.ts';
import type { ProtocolEffect, ProtocolEvent } from './protocol.ts';

/** Lines of one answer that are kept for the asker. */
const answerLinesMax = 2_000;

export interface DriverListener {
  effect(effect: ProtocolEffect): void;
  /** Everything that came was worked on: more lines may be handed in. */
  settled(): void;
  ended(end: LinkEnd): void;
}

type Event = ProtocolEvent extends infer E ? (E extends { atMs: number } ? Omit<E, 'atMs'> : never) : never;

interface Waiting {
  readonly lines: string[];
  resolve(result: Result<readonly string[]>): void;
}

/** Brings the pure protocol together with a link and a clock. */
export class Driver {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #listener: DriverListener;
  readonly #machine: Marlin;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #timer: { readonly atMs: number; cancel(): void } | undefined;
  #stepping = false;
  #again = false;
  #ended = false;
  #heardAtMs = -Infinity;

  constructor(link: Link, clock: Clock, listener: DriverListener, lookAheadAfter?: number) {
    this.#machine = new Marlin(lookAheadAfter);
    this.#link = link;
    this.#clock = clock;
    this.#listener = listener;
  }

  get room(): number {
    return this.#ended ? 0 : this.#machine.room;
  }
  get resends(): number {
    return this.#machine.resends;
  }
  get garbage(): number {
    return this.#machine.garbage;
  }
  /** When the newest bytes came, milliseconds of the clock; -Infinity before the first. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }
  /** The command that the printer works on. */
  get current(): string | undefined {
    return this.#machine.current;
  }

  /** Reads until the link ends. */
  async run(): Promise<void> {
    for (;;) {
      const bytes = await this.#link.read();
      if (bytes === undefined) break;
      this.#heardAtMs = this.#clock.monotonicMs();
      this.#step({ type: 'bytes', bytes });
    }
    this.#end(this.#link.ended() ?? { code: 'closed', text: 'The connection to the printer was closed.' });
  }

  greet(): void {
    this.#step({ type: 'greet' });
  }

  beginJob(): void {
    this.#step({ type: 'job' });
  }

  /** Hands in a line of a print. Only while there is `room`, or it waits in memory. */
  printLine(command: string): void {
    assertFit(command);
    this.#step({ type: 'command', command, id: 0 });
  }

  /**
   * Sends a command when its turn comes; resolves with the lines that came until its `ok`. Refused with `unfit-line` or
   * `line-too-long` unless it is one line that every firmware takes.
   */
  exec(command: string): Promise<Result<readonly string[]>> {
    if (this.#ended) return Promise.resolve(refuse('disconnected', 'The printer is not connected.'));
    if (this.#machine.over)
      return Promise.resolve(refuse('lost', 'The printer has stopped. Connect it again.'));
    const unfit = unfitLine(command);
    if (unfit !== undefined) return Promise.resolve({ ok: false, refusal: unfit });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, { lines: [], resolve });
      this.#step({ type: 'command', command, id });
    });
  }

  /** Sends a command past the queue, without a number. */
  urgent(command: string): void {
    assertFit(command);
    this.#step({ type: 'urgent', command });
    if (this.#machine.over) this.#dropWaiting('lost', 'The printer was stopped.');
  }

  /** Forgets what was not sent yet. */
  clear(): void {
    this.#step({ type: 'clear' });
    this.#dropWaiting('dropped', 'The command was dropped.');
  }

  /** Writes lines past the protocol: for a machine that is to be left safe though it no longer answers. */
  raw(lines: readonly string[]): void {
    for (const line of lines) assertFit(line);
    if (!this.#ended) this.#write(lineBytes(`\n${lines.join('\n')}\n`));
  }

  /** Stops the timer. The link is its owner's to close. */
  stop(): void {
    this.#end(this.#link.ended() ?? { code: 'closed', text: 'The connection to the printer was closed.' });
  }

  #step(event: Event): void {
    if (this.#ended) return;
    const effects = this.#machine.step({ ...event, atMs: this.#clock.monotonicMs() } as ProtocolEvent);
    let writes: Bytes[] | undefined;
    for (const effect of effects) {
      if (effect.type === 'write') {
        writes ??= [];
        writes.push(effect.bytes);
        if (effect.text === '') continue;
      }
      this.#apply(effect);
    }
    if (writes !== undefined)
      this.#write(writes.length === 1 && writes[0] !== undefined ? writes[0] : concat(...writes));
    this.#arm();
    // The listener hands in more lines from here: one loop instead of a stack as deep as the file is long.
    if (this.#stepping) {
      this.#again = true;
      return;
    }
    this.#stepping = true;
    do {
      this.#again = false;
      this.#listener.settled();
    } while (this.#again && this.#machine.room > 0);
    this.#stepping = false;
  }

  #apply(effect: ProtocolEffect): void {
    if (effect.type === 'line') {
      for (const waiting of this.#waiting.values()) {
        if (waiting.lines.length < answerLinesMax) waiting.lines.push(effect.text);
        break;
      }
    } else if (effect.type === 'done' && effect.id > 0) {
      const waiting = this.#waiting.get(effect.id);
      this.#waiting.delete(effect.id);
      waiting?.resolve(ok(waiting.lines));
    } else if (
      effect.type === 'restarted' ||
      effect.type === 'broken' ||
      (effect.type === 'error' && effect.kind === 'fatal')
    ) {
      this.#dropWaiting('lost', 'The printer stopped answering before it was done.');
    }
    this.#listener.effect(effect);
  }

  #dropWaiting(code: string, text: string): void {
    for (const waiting of this.#waiting.values()) waiting.resolve(refuse(code, text));
    this.#waiting.clear();
  }

  #write(bytes: Bytes): void {
    this.#link.write(bytes).catch((error: unknown) => {
      this.#end(
        this.#link.ended() ?? { code: 'failed', text: `Writing to the printer failed: ${messageOf(error)}` },
      );
    });
  }

  /** One timer that is set anew only when it would come too late: most deadlines move away before they are due. */
  #arm(): void {
    const dueMs = this.#machine.deadlineMs();
    if (this.#timer !== undefined && this.#timer.atMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueMs === Infinity || this.#ended) return;
    const cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#step({ type: 'time' });
    });
    this.#timer = { atMs: dueMs, cancel };
  }

  #end(end: LinkEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dropWaiting('disconnected', end.text);
    this.#listener.ended(end);
  }
}

/**
 * The last gate before the wire: whatever wrote a command, what goes out for it is one line. Undefined when it is fit: printable ASCII,
 * and short enough for a firmware's buffer.
 */
function unfitLine(command: string): Refusal | undefined {
  if (!/^[\x20-\x7e]*$/.test(command))
    return { code: 'unfit-line', text: 'A command holds a line end or characters that no printer reads.' };
  if (command.length > commandBytesMax) {
    const text = `A command has ${command.length} characters; printers take at most ${commandBytesMax}.`;
    return { code: 'line-too-long', text };
  }
  return undefined;
}

/** For lines that were made fit before: anything else is a mistake of ours. */
function assertFit(command: string): void {
  const unfit = unfitLine(command);
  assert(unfit === undefined, unfit?.text ?? '');
}
