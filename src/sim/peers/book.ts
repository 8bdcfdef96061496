import { decode, encode, equalBytes, hex, peerIdOf } from '../../lib/base/index.ts';
import type { PeerId, PrintId, PrinterId, SetId } from '../../lib/base/index.ts';
import type { Applied, Command, Job, JobSet, QueueState } from '../../lib/queue/index.ts';
import { wantedOf } from '../../lib/queue/index.ts';

/** One verdict on a print, as the log has it. */
export interface Verdict {
  readonly index: number;
  readonly outcome: string;
  readonly by: 'holder' | 'person' | 'rule';
}

/** A print by what was committed of it, counted without the queue's own tables. */
export interface BookPrint {
  readonly print: PrintId;
  /** The set, and which of those that bore its id. */
  readonly set: string;
  readonly setId: SetId;
  readonly printer: PrinterId;
  readonly holder: PeerId;
  readonly claimedAt: number;
  /** Claimed behind another one: kept for its printer, which may begin it while nobody hears of it. */
  readonly ahead: boolean;
  /** Stamp until which its lease holds by what was committed. */
  leaseUntilMs: number;
  startingAt: number | undefined;
  lostSinceMs: number | undefined;
  cancelAsked: boolean;
  /** Index at which it was given back or taken away unended. */
  freedAt: number | undefined;
  readonly verdicts: Verdict[];
}

/** An entry, as whoever applied it first saw it. */
export interface Line {
  readonly index: number;
  readonly stampMs: number;
  readonly applied: Applied;
  readonly command: Command | undefined;
}

export function setKey(set: Pick<JobSet, 'id' | 'madeAt'>): string {
  return `${set.id}@${set.madeAt}`;
}

/** A command as one text: equal commands have equal ones. */
export function wordsOf(command: Command): string {
  return hex(encode(command));
}

/** The log in plain words, and what follows from it, kept beside the queue and without its help. */
export class Book {
  readonly lines: Line[] = [];
  readonly prints = new Map<PrintId, BookPrint>();
  /** Most copies that a set was ever to have. */
  readonly wantedMost = new Map<string, number>();
  /** The newest state that anybody has. */
  truth: QueueState | undefined;
  index = 0;
  /** Since when, by log time, the present leader leads. */
  reignMs = 0;
  /** A place of a session that was signed for with two commands. */
  twice: string | undefined;
  /** Digest of its queue. */
  readonly #queue: Uint8Array;
  readonly #signed = new Map<string, Command>();
  readonly #open = new Set<BookPrint>();

  constructor(queue: Uint8Array) {
    this.#queue = queue;
  }

  /** Prints that have neither ended nor been freed. */
  get open(): ReadonlySet<BookPrint> {
    return this.#open;
  }

  /** Whoever signs anything is written down here. */
  noteSigned(publicKey: Uint8Array, envelope: Uint8Array): void {
    const { q, a, s, n, c } = decode(envelope) as Envelope;
    if (!equalBytes(q, this.#queue)) return;
    // Who signs in another's name has signed nothing.
    if (!equalBytes(a, publicKey)) return;
    const author = peerIdOf(publicKey);
    const key = `${author} ${s} ${n}`;
    const before = this.#signed.get(key);
    if (s !== 0 && before !== undefined && wordsOf(before) !== wordsOf(c)) this.twice ??= key;
    this.#signed.set(key, c);
  }

  /** What its author signed for that place; undefined if the named author never signed anything for it. */
  commandOf(applied: Applied): Command | undefined {
    if (applied.author === undefined) return undefined;
    return this.#signed.get(`${applied.author} ${applied.session} ${applied.seq}`);
  }

  verdictOf(print: PrintId): Verdict | undefined {
    return this.prints.get(print)?.verdicts.at(-1);
  }

  /** Takes an entry that nobody has applied before. */
  take(applied: Applied, state: QueueState): Line {
    const command = this.commandOf(applied);
    const line = { index: applied.index, stampMs: applied.stampMs, applied, command };
    this.lines.push(line);
    this.index = applied.index;
    this.truth = state;
    const counts = applied.result.kind === 'committed' && !applied.repeated;
    if (command !== undefined && counts) this.#follow(line, command, state);
    for (const change of applied.changed) {
      if (change.kind !== 'job') continue;
      const job = state.jobs.get(change.id);
      if (job !== undefined) this.#noteWanted(job, state);
    }
    return line;
  }

  end(print: BookPrint, verdict: Verdict): void {
    print.verdicts.push(verdict);
    this.#open.delete(print);
  }

  free(print: BookPrint, index: number): void {
    print.freedAt = index;
    this.#open.delete(print);
  }

  #follow(line: Line, command: Command, state: QueueState): void {
    const { index, stampMs } = line;
    const { leaseMs } = state.head.settings;
    const renewed = (id: PrintId) => {
      const print = this.prints.get(id);
      if (print === undefined || !this.#open.has(print) || print.holder !== line.applied.author) return;
      print.leaseUntilMs = Math.max(print.leaseUntilMs, stampMs + leaseMs);
      print.lostSinceMs = undefined;
    };
    switch (command.type) {
      case 'claim': {
        const set = state.sets.get(command.set);
        const held = state.prints.get(command.print);
        if (set === undefined || held === undefined || this.prints.has(command.print)) return;
        const print: BookPrint = {
          print: command.print,
          set: setKey(set),
          setId: set.id,
          printer: command.printer,
          holder: held.holder,
          claimedAt: index,
          ahead: held.phase === 'ahead',
          leaseUntilMs: stampMs + leaseMs,
          startingAt: undefined,
          lostSinceMs: undefined,
          cancelAsked: false,
          freedAt: undefined,
          verdicts: [],
        };
        this.prints.set(command.print, print);
        this.#open.add(print);
        return;
      }
      case 'renew':
        return command.prints.forEach(renewed);
      case 'starting': {
        renewed(command.print);
        const print = this.prints.get(command.print);
        if (print !== undefined) print.startingAt ??= index;
        return;
      }
      case 'started':
        return renewed(command.print);
      case 'cancel-print': {
        const print = this.prints.get(command.print);
        if (print !== undefined) print.cancelAsked = true;
        return;
      }
      case 'finish':
        return this.#judge(command.print, { index, outcome: command.outcome, by: 'holder' });
      case 'resolve':
        return this.#judge(command.print, { index, outcome: command.verdict, by: 'person' });
      case 'set-bed': {
        if (command.verdict === undefined) return;
        const subject = command.print ?? this.#judgedBy(line);
        if (subject !== undefined) this.#judge(subject, { index, outcome: command.verdict, by: 'person' });
        return;
      }
      default:
    }
  }

  /** The print that a change of the history names. */
  #judgedBy(line: Line): PrintId | undefined {
    for (const change of line.applied.changed) if (change.kind === 'history') return change.id;
    return undefined;
  }

  #judge(id: PrintId, verdict: Verdict): void {
    const print = this.prints.get(id);
    if (print !== undefined) this.end(print, verdict);
  }

  #noteWanted(job: Job, state: QueueState): void {
    for (const id of job.sets) {
      const set = state.sets.get(id);
      if (set === undefined) continue;
      const key = setKey(set);
      this.wantedMost.set(key, Math.max(this.wantedMost.get(key) ?? 0, wantedOf(job, set)));
    }
  }
}

interface Envelope {
  readonly q: Uint8Array;
  readonly a: Uint8Array;
  readonly s: number;
  readonly n: number;
  readonly c: Command;
}
