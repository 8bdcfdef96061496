import { codeOf, lineBytes, numbered } from '../gcode/index.ts';
import { Calm } from './calm.ts';
import { dwellSeconds, isLong } from './commands.ts';
import { type Entry, History } from './history.ts';
import { errorKind } from './errors.ts';
import { HeldError } from './held-error.ts';
import { bareSent, bytesOf, type Sent, sentNow } from './in-flight.ts';
import { firstLine, inFlightBytesMax, repeatedMs, resendOkMs, silencesMax } from './limits.ts';
import { Pace } from './pace.ts';
import { okDueMs } from './patience.ts';
import { type Break, lostLines, resendLoop, silent } from './problems.ts';
import type { ProtocolEffect, ProtocolEvent } from './protocol.ts';
import { isErrorHead, readReply, type Reply, ReplySplitter } from './replies.ts';
import { Requests } from './requests.ts';
import { Values } from './values.ts';

/**
 * The host's side of RepRap's line protocol, as Marlin speaks it: a pure machine, events in, effects out. It sends
 * one numbered, checksummed line per `ok` (a few where that is known to be safe), and repeats what is asked for.
 *
 * That every line is carried out once does not rest on counting `ok`s, which get lost and doubled, but on the
 * numbers: the printer takes line n+1 only after line n. So a wrong guess about an `ok` costs a resend, never a
 * move. What would break the numbers is kept out: M110 is sent only when nothing is under way, and numbers start
 * high, so that a printer that was reset, and asks for line 1, is noticed even when its greeting was lost.
 */
export class Marlin {
  readonly #splitter = new ReplySplitter();
  readonly #values = new Values();
  #effects: ProtocolEffect[] = [];
  #history = new History(firstLine);
  /** The number to send next; below `history.next` while lines are being repeated. */
  #cursor = firstLine;
  #pending: { readonly command: string; readonly id: number }[] = [];
  #inFlight: Sent[] = [];
  #greeting = false;
  #over = false;

  /** `ok`s still to come that belong to `Resend` lines, and since when. */
  #owed = 0;
  #owedAtMs = 0;
  readonly #requests = new Requests();
  readonly #calm = new Calm();

  #okAtMs = 0;
  #lineAtMs = 0;
  #busySeen = false;
  #busyNow = false;
  #silences = 0;
  /** A silent printer was asked. Its first `ok` then shows that it lives; the others may have been lost. */
  #probe: 'none' | 'asked' | 'answered' = 'none';
  #heldError: HeldError | undefined;

  readonly #pace: Pace;

  /** `lookAheadAfter`: lines that must go well before more than one is under way. */
  constructor(lookAheadAfter?: number) {
    this.#pace = new Pace(lookAheadAfter);
  }

  /** How many more commands may be handed in and go out at once. 0 while lines are repeated. */
  get room(): number {
    if (this.#greeting || this.#over || this.#owed > 0 || this.#cursor < this.#history.next) return 0;
    if (bytesOf(this.#inFlight) >= inFlightBytesMax) return 0;
    return Math.max(0, this.#window() - this.#inFlight.length - this.#pending.length);
  }

  /** Whether nothing is under way or waiting. */
  get idle(): boolean {
    return (
      this.#inFlight.length === 0 &&
      this.#pending.length === 0 &&
      this.#cursor === this.#history.next &&
      this.#owed === 0
    );
  }

  /** Whether nothing is sent any more until the next greeting. */
  get over(): boolean {
    return this.#over;
  }

  /** Lines sent again in this job. */
  get resends(): number {
    return this.#pace.resends;
  }

  /** 0 to 1: how much of what came last was no text. Near 1 at a wrong speed. */
  get garbage(): number {
    return this.#splitter.garbage;
  }

  /** What the printer is working on now. */
  get current(): string | undefined {
    return this.#inFlight[0]?.command;
  }

  step(event: ProtocolEvent): readonly ProtocolEffect[] {
    this.#effects = [];
    switch (event.type) {
      case 'bytes':
        for (const line of this.#splitter.push(event.bytes)) this.#receive(line, event.atMs);
        break;
      case 'command':
        if (!this.#over) this.#pending.push({ command: event.command, id: event.id });
        break;
      case 'urgent':
        this.#urgent(event.command, event.atMs);
        break;
      case 'greet':
        this.#greet(event.atMs);
        break;
      case 'clear':
        this.#pending = [];
        break;
      case 'job':
        this.#pace.begin();
        break;
      case 'time':
        this.#time(event.atMs);
        break;
    }
    this.#pump(event.atMs);
    return this.#effects;
  }

  /** When a `time` event is due, or Infinity. */
  deadlineMs(): number {
    if (this.#over) return Infinity;
    let due = Infinity;
    if (this.#heldError) due = Math.min(due, this.#heldError.dueMs);
    if (this.#calm.on) return Math.min(due, this.#calm.dueMs);
    if (this.#owed > 0) due = Math.min(due, this.#owedAtMs + resendOkMs);
    const head = this.#inFlight[0];
    if (head === undefined || this.#greeting) return due;
    if (this.#probe === 'answered') due = Math.min(due, this.#okAtMs + repeatedMs);
    if (head.repeated) due = Math.min(due, Math.max(head.atMs, this.#okAtMs) + repeatedMs);
    return Math.min(due, okDueMs(head, this.#okAtMs, this.#lineAtMs, this.#busySeen, this.#busyNow));
  }

  #time(atMs: number): void {
    if (this.#over) return;
    if (this.#heldError && atMs >= this.#heldError.dueMs) this.#releaseError();
    if (this.#calm.on) {
      if (atMs >= this.#calm.dueMs) this.#calmed(atMs);
      return;
    }
    // Some firmware sends no `ok` with its `Resend`: then we go on as if it had come.
    if (this.#owed > 0 && atMs >= this.#owedAtMs + resendOkMs) this.#owed = 0;
    const head = this.#inFlight[0];
    if (head === undefined || this.#greeting) return;
    if (this.#probe === 'answered' && atMs >= this.#okAtMs + repeatedMs) {
      while (this.#inFlight.length > 0) this.#settleFirst(atMs);
      return;
    }
    if (head.repeated && atMs >= Math.max(head.atMs, this.#okAtMs) + repeatedMs) {
      this.#settleFirst(atMs);
      return;
    }
    if (atMs >= okDueMs(head, this.#okAtMs, this.#lineAtMs, this.#busySeen, this.#busyNow))
      this.#silent(atMs);
  }

  /**
   * No `ok` for too long. The next line in turn, or a question in its place, shows by its number what became of the
   * silent one: taken with an answer, or refused with a `Resend`. The line end before it ends a line whose own was lost.
   */
  #silent(atMs: number): void {
    this.#silences += 1;
    if (this.#silences > silencesMax) {
      this.#break(silent(this.#inFlight[0]?.command ?? ''));
      return;
    }
    this.#effects.push({ type: 'silence', times: this.#silences });
    this.#okAtMs = atMs;
    this.#owed = 0;
    this.#probe = 'asked';
    this.#write('\n', '');
    const again = this.#history.get(this.#cursor);
    if (again !== undefined) this.#sendEntry(again, atMs);
    else this.#sendNew('M105', -1, atMs);
  }

  #receive(line: string, atMs: number): void {
    if (line.trim() === '') return;
    this.#lineAtMs = atMs;
    this.#effects.push({ type: 'line', text: line });
    const reply = readReply(line);
    const joined = this.#heldError?.joined(reply, line);
    if (joined !== undefined) {
      this.#heldError = undefined;
      this.#error(errorKind(joined), joined, joined, atMs);
      return;
    }
    switch (reply.type) {
      case 'ok':
        this.#ok(reply, atMs);
        if (line.length > 2) this.#values.read(line, this.#effects);
        break;
      case 'resend':
        this.#resend(reply.line, atMs);
        break;
      case 'start':
        this.#restarted();
        break;
      case 'wait':
        // The printer is idle, so it has nothing of ours: the `ok` got lost, or the line did.
        if (this.#owed === 0 && (this.#inFlight[0]?.atMs ?? atMs) + repeatedMs <= atMs)
          this.#settleFirst(atMs);
        break;
      case 'busy':
        this.#busySeen = this.#busyNow = true;
        this.#okAtMs = atMs;
        this.#silences = 0;
        this.#effects.push({ type: 'busy', needsPerson: reply.needsPerson, text: reply.text });
        break;
      case 'error':
        this.#error(reply.kind, reply.text, line, atMs);
        break;
      case 'action':
        this.#effects.push({ type: 'action', name: reply.name, text: reply.text });
        break;
      case 'other':
        this.#values.read(line, this.#effects);
        break;
    }
  }

  #ok(reply: Extract<Reply, { type: 'ok' }>, atMs: number): void {
    this.#releaseError();
    this.#silences = 0;
    this.#busyNow = false;
    if (this.#probe === 'asked') this.#probe = 'answered';
    if (this.#greeting) {
      this.#greeting = false;
      this.#inFlight = [];
      this.#okAtMs = atMs;
      this.#effects.push({ type: 'greeted' });
      return;
    }
    if (reply.line !== undefined) {
      this.#pace.told(reply.free);
      const index = this.#inFlight.findIndex((sent) => sent.entry?.number === reply.line);
      if (index !== -1) {
        for (let i = 0; i <= index; i++) this.#settleFirst(atMs);
        return;
      }
      // Older firmware names the wrong line: then its numbers are worth nothing.
      this.#pace.distrust();
    }
    if (this.#calm.on) {
      this.#calm.heard(atMs);
      this.#settleFirst(atMs);
      return;
    }
    if (this.#owed > 0) {
      this.#owed -= 1;
      this.#okAtMs = atMs;
      return;
    }
    if (reply.probe) {
      // Temperatures come with the `ok` of M105: what was sent before it is done, too.
      const index = this.#inFlight.findIndex((sent) => codeOf(sent.command) === 'M105');
      for (let i = 0; i < index; i++) this.#settleFirst(atMs);
    }
    this.#settleFirst(atMs);
  }

  #settleFirst(atMs: number): void {
    const sent = this.#inFlight.shift();
    this.#okAtMs = atMs;
    if (this.#inFlight.length === 0) this.#probe = 'none';
    const entry = sent?.entry;
    if (entry === undefined) return;
    this.#pace.settled();
    this.#requests.settled(entry.number);
    if (entry.done) return;
    entry.done = true;
    this.#effects.push({ type: 'done', id: entry.id, command: entry.command });
  }

  #resend(line: number | undefined, atMs: number): void {
    this.#heldError = undefined;
    if (this.#greeting || this.#over) return;
    const verdict = this.#requests.judge(line, {
      next: this.#history.next,
      cursor: this.#cursor,
      inFlight: this.#inFlight,
      knows: (number) => this.#history.get(number) !== undefined,
    });
    if (verdict === 'unreadable' || verdict === 'strange' || line === undefined) return;
    if (verdict === 'lost') {
      this.#break(lostLines(line, this.#history.next - 1));
      return;
    }
    this.#owed += 1;
    this.#owedAtMs = atMs;
    this.#pace.refused();
    this.#calm.heard(atMs);
    switch (verdict) {
      case 'echo':
        return;
      case 'late':
        // It has the lines before this one. Their `ok`s may still come, or this request has taken their place.
        this.#inFlight = this.#inFlight.map((sent) =>
          sent.entry?.long === true ? sent : { ...sent, repeated: true },
        );
        this.#okAtMs = atMs;
        return;
      case 'loop':
        this.#break(resendLoop(this.#history.get(line)?.command ?? ''));
        return;
      case 'again':
        this.#calm.begin(atMs);
    }
    this.#inFlight = this.#inFlight.filter((sent) => sent.entry !== undefined && sent.entry.number < line);
    this.#cursor = line;
    this.#okAtMs = atMs;
    this.#silences = 0;
    this.#effects.push({ type: 'resend', line });
  }

  /** Nothing is answered any more: what is still awaited was taken, or it would have been asked for. */
  #calmed(atMs: number): void {
    this.#calm.end();
    this.#owed = 0;
    while (this.#inFlight[0] !== undefined && this.#inFlight[0].entry?.long !== true) this.#settleFirst(atMs);
  }

  #error(kind: ReturnType<typeof errorKind>, text: string, line: string, atMs: number): void {
    switch (kind) {
      case 'harmless':
        return;
      case 'no-resend':
        if (this.#owed === 0) this.#settleFirst(atMs);
        return;
      case 'fatal':
        this.#over = true;
        this.#effects.push({ type: 'error', kind, text });
        return;
      case 'pausing':
        this.#heldError = new HeldError(isErrorHead(line) ? line : text, kind, atMs);
    }
  }

  #releaseError(): void {
    if (this.#heldError === undefined) return;
    this.#effects.push({ type: 'error', kind: this.#heldError.kind, text: this.#heldError.text });
    this.#heldError = undefined;
  }

  #restarted(): void {
    this.#effects.push({ type: 'restarted' });
    this.#forget();
    this.#busySeen = false;
    this.#pace.distrust();
    // Nothing more goes out before the next greeting.
    if (!this.#greeting) this.#over = true;
  }

  /** What was under way, or waits, counts no more. */
  #forget(): void {
    this.#inFlight = [];
    this.#pending = [];
    this.#owed = 0;
    this.#calm.end();
    this.#heldError = undefined;
    this.#busyNow = false;
  }

  #greet(atMs: number): void {
    this.#over = false;
    this.#greeting = true;
    this.#forget();
    this.#silences = 0;
    this.#probe = 'none';
    this.#okAtMs = this.#lineAtMs = atMs;
    // Never a number twice: a late request for a line of before must not be taken for one of now.
    const first = this.#history.next;
    this.#requests.greeted(first);
    this.#history = new History(first);
    this.#cursor = first;
    this.#write('\n', '');
    const line = numbered(first - 1, `M110 N${first - 1}`);
    this.#write(`${line}\n`, line);
    this.#inFlight.push(bareSent('M110', line, atMs));
  }

  #urgent(command: string, atMs: number): void {
    this.#write(`\n${command}\n`, command);
    if (codeOf(command) === 'M112') {
      // Marlin answers nothing after this until it is reset.
      this.#over = true;
      this.#pending = [];
      return;
    }
    this.#inFlight.push(bareSent(command, command, atMs));
  }

  #pump(atMs: number): void {
    while (!this.#over && !this.#greeting && this.#owed === 0 && !this.#calm.on) {
      if (this.#inFlight.length >= this.#window() || bytesOf(this.#inFlight) >= inFlightBytesMax) return;
      const again = this.#history.get(this.#cursor);
      if (again !== undefined) {
        // One line per ok while catching up, whatever the window.
        if (this.#inFlight.length > 0) return;
        this.#sendEntry(again, atMs);
        continue;
      }
      const fresh = this.#pending.shift();
      if (fresh === undefined) return;
      this.#sendNew(fresh.command, fresh.id, atMs);
    }
  }

  #sendNew(command: string, id: number, atMs: number): void {
    this.#sendEntry(
      this.#history.add({ command, id, long: isLong(command), dwellMs: dwellSeconds(command) * 1000 }),
      atMs,
    );
  }

  #sendEntry(entry: Entry, atMs: number): void {
    const again = entry.number < this.#history.next - 1 || this.#requests.asksFor(entry.number);
    const line = numbered(entry.number, entry.command);
    if (this.#inFlight.length === 0) this.#okAtMs = atMs;
    this.#busyNow = false;
    this.#inFlight.push(sentNow(entry, line, atMs));
    this.#cursor = entry.number + 1;
    this.#write(`${line}\n`, line);
    if (this.#pace.sent(again))
      this.#effects.push({ type: 'noise', resends: this.#pace.resends, lines: this.#pace.lines });
  }

  #write(bytes: string, text: string): void {
    this.#effects.push({ type: 'write', bytes: lineBytes(bytes), text });
  }

  #window(): number {
    return this.#probe === 'none' ? this.#pace.window : 1;
  }

  #break(why: Break): void {
    this.#over = true;
    this.#effects.push({ type: 'broken', ...why });
  }
}
