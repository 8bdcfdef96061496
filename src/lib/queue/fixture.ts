import type { Bytes, FileId, JobId, PeerId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { Fault, encode, must, peerIdOf, publicKeyOf } from '../base/index.ts';
import type { Command, Role, SetSpec } from './command.ts';
import { encodeCommandEntry, encodeTickEntry } from './entry.ts';
import { joinProof, openEnvelope, openTrustedEnvelope, signCommand } from './envelope.ts';
import type { EnvelopeHead, OpenEnvelope } from './envelope.ts';
import { signGenesis } from './genesis.ts';
import { stampStepMsMax } from './limits.ts';
import { QueueState } from './queue-state.ts';
import type { SettingsChange } from './settings.ts';
import type { Applied, Job, JobSet, Print, Printer } from './state.ts';

/** A queue with its people, for tests and benches: signs commands, stamps entries and keeps the log. */

export interface Person {
  readonly seed: Bytes;
  readonly peer: PeerId;
  readonly publicKey: Bytes;
  session: number;
  seq: number;
}

const people = new Map<number, Omit<Person, 'session' | 'seq'>>();

/** Somebody whose key depends on nothing but the number. */
export function personOf(number: number): Person {
  const known = people.get(number);
  if (known !== undefined) return { ...known, session: 0, seq: 0 };
  const seed = new Uint8Array(32).fill(number % 256);
  seed[0] = Math.floor(number / 256) % 256;
  seed[1] = 77;
  const publicKey = publicKeyOf(seed);
  const person = { seed, publicKey, peer: peerIdOf(publicKey) };
  people.set(number, person);
  return { ...person, session: 0, seq: 0 };
}

/** @param number tells queues of one owner apart */
export function genesisOf(owner: Person, settings: SettingsChange = {}, number = 1): Bytes {
  return signGenesis(owner.seed, {
    name: 'Workshop',
    ownerName: 'Ada',
    createdMs: 1_700_000_000_000,
    nonce: new Uint8Array(16).fill(number),
    rendezvous: new Uint8Array(16).fill(2),
    lan: false,
    incarnation: new Uint8Array(16).fill(3),
    settings,
  });
}

/** The wire form of a command with no signature: for queues that do not look at it. */
export function unsignedCommand(publicKey: Uint8Array, head: EnvelopeHead, command: Command): Bytes {
  const { queue, session, seq, ack } = head;
  return encode([
    encode({ v: 1, q: queue, a: publicKey, s: session, n: seq, k: ack, c: command }),
    new Uint8Array(64),
  ]);
}

/** Signatures cost a thousand times what applying does: only the tests that are about them have them. */
export class TestQueue {
  readonly owner: Person;
  readonly genesis: Bytes;
  state: QueueState;
  nowMs = 0;
  index = 0;
  /** Every entry applied so far, from index 1. */
  readonly log: Bytes[] = [];
  #people = 1;
  #names = 0;

  readonly #signed: boolean;
  readonly #open: OpenEnvelope;

  constructor(settings: SettingsChange = {}, signed = false, number = 1) {
    this.#signed = signed;
    this.#open = signed ? openEnvelope : openTrustedEnvelope;
    this.owner = personOf(1);
    this.genesis = genesisOf(this.owner, settings, number);
    const made = QueueState.fromGenesis(this.genesis, this.#open);
    if (!made.ok) throw new Fault(made.refusal.code);
    this.state = made.value;
    this.openSession(this.owner);
  }

  entry(data: Bytes): Applied {
    this.log.push(data);
    return this.state.apply(++this.index, data);
  }

  /** Lets time pass, in as many entries as that takes; what the last one did. */
  tick(byMs = 0, grace = false): Applied {
    for (let left = byMs; left > stampStepMsMax; left -= stampStepMsMax) {
      this.nowMs += stampStepMsMax;
      this.entry(encodeTickEntry(this.nowMs, false));
    }
    this.nowMs += byMs === 0 ? 0 : ((byMs - 1) % stampStepMsMax) + 1;
    return this.entry(encodeTickEntry(this.nowMs, grace));
  }

  /** Applies a command in its author's session and hands back what became of it. */
  apply(author: Person, command: Command): Applied {
    return this.entry(this.sign(author, command));
  }

  sign(author: Person, command: Command): Bytes {
    const seq = ++author.seq;
    const head = { queue: this.state.digest, session: author.session, seq, ack: Math.max(1, seq - 8) };
    return encodeCommandEntry(this.nowMs, this.envelope(author, head, command));
  }

  envelope(author: Person, head: EnvelopeHead, command: Command): Bytes {
    return this.#signed
      ? signCommand(author.seed, head, command)
      : unsignedCommand(author.publicKey, head, command);
  }

  /** Reads a snapshot as this queue's replicas do. */
  restored(snapshot: Uint8Array): QueueState {
    const state = QueueState.restore(snapshot, this.#open);
    if (!state.ok) throw new Fault(state.refusal.code);
    return state.value;
  }

  /** Applies a command that must be committed. */
  must(author: Person, command: Command): Applied {
    const applied = this.apply(author, command);
    if (applied.result.kind === 'refused') throw new Fault(`${command.type}: ${applied.result.refusal.code}`);
    return applied;
  }

  /** Applies a command that must be refused; its code. */
  refused(author: Person, command: Command): string {
    const applied = this.apply(author, command);
    if (applied.result.kind !== 'refused') throw new Fault(`${command.type} was not refused`);
    return applied.result.refusal.code;
  }

  openSession(person: Person): void {
    const nonce = new Uint8Array(16).fill(this.index % 256);
    const applied = this.sessionless(person, { type: 'open-session', nonce });
    const result = applied.result;
    if (result.kind !== 'committed' || result.value === undefined) throw new Fault('no session');
    person.session = result.value;
    person.seq = 0;
  }

  sessionless(person: Person, command: Command): Applied {
    const head = { queue: this.state.digest, session: 0, seq: 0, ack: 0 };
    return this.entry(encodeCommandEntry(this.nowMs, this.envelope(person, head, command)));
  }

  /** Somebody who joined by an invitation and has a session. */
  join(role: Role, voter = false): Person {
    const number = ++this.#people;
    const person = personOf(number);
    const link = personOf(10_000 + number);
    this.must(this.owner, {
      type: 'invite',
      invitation: `invitation-${number}`,
      publicKey: link.publicKey,
      role: role === 'owner' ? 'operator' : role,
      voter,
      lifeMs: 3_600_000,
      usesMax: 1,
    });
    const applied = this.sessionless(person, {
      type: 'join',
      invitation: `invitation-${number}`,
      proof: joinProof(link.seed, this.state.digest, person.publicKey),
      name: `Person ${number}`,
      incarnation: new Uint8Array(16).fill(number % 256),
    });
    if (applied.result.kind !== 'committed') throw new Fault(applied.result.refusal.code);
    if (role === 'owner') this.must(this.owner, { type: 'set-member', peer: person.peer, role });
    this.openSession(person);
    return person;
  }

  file(author = this.owner): FileId {
    const file = `file-${++this.#names}` as FileId;
    this.must(author, { type: 'add-file', file, name: `${file}.gcode`, size: 1000, meta: {} });
    return file;
  }

  /** A job with one set per count. */
  job(
    author: Person,
    counts: readonly number[],
    more: Partial<Pick<Job, 'copies' | 'draft' | 'keepTogether'>> = {},
  ): Job {
    const id = `job-${++this.#names}` as JobId;
    const sets: SetSpec[] = counts.map((count, i) => ({
      set: `${id}.${i}` as SetId,
      file: this.file(author),
      count,
      requirements: {},
    }));
    this.must(author, {
      type: 'add-job',
      job: id,
      name: `Job ${id}`,
      copies: 1,
      draft: false,
      keepTogether: false,
      sets,
      ...more,
    });
    return this.jobOf(id);
  }

  /** A printer with a clear bed. */
  printer(driver: Person, autoClear = true): PrinterId {
    const printer = `printer-${++this.#names}` as PrinterId;
    this.must(driver, {
      type: 'set-printer',
      printer,
      name: `MK3 ${printer}`,
      enabled: true,
      autoClear,
      materials: [],
      sizeMm: { x: 250, y: 210, z: 210 },
    });
    if (!autoClear) this.must(driver, { type: 'set-bed', printer, bed: 'clear' });
    return printer;
  }

  claim(driver: Person, set: SetId, printer: PrinterId): PrintId {
    const print = `print-${++this.#names}` as PrintId;
    this.must(driver, { type: 'claim', print, set, printer });
    return print;
  }

  /** Claims a copy and takes it to `started`. */
  start(driver: Person, set: SetId, printer: PrinterId): PrintId {
    const print = this.claim(driver, set, printer);
    this.must(driver, { type: 'starting', print });
    this.must(driver, { type: 'started', print });
    return print;
  }

  finish(
    driver: Person,
    print: PrintId,
    outcome: 'good' | 'failed' | 'cancelled' | 'unknown' = 'good',
  ): Applied {
    return this.must(driver, {
      type: 'finish',
      print,
      outcome,
      lines: 100,
      resends: 1,
      seconds: 60,
      filamentMm: 500,
    });
  }

  /** Prints one copy from claim to end, on a bed that somebody clears. */
  run(driver: Person, set: SetId, printer: PrinterId, outcome: 'good' | 'failed' = 'good'): PrintId {
    const { bedPrint } = this.printerOf(printer);
    const named = bedPrint === undefined ? {} : { print: bedPrint };
    this.must(driver, { type: 'set-bed', printer, bed: 'clear', ...named });
    const print = this.start(driver, set, printer);
    this.finish(driver, print, outcome);
    return print;
  }

  jobOf(id: JobId): Job {
    return must(this.state.jobs.get(id), 'the job is there');
  }
  setOf(id: SetId | undefined): JobSet {
    return must(id === undefined ? undefined : this.state.sets.get(id), 'the set is there');
  }
  printOf(id: PrintId): Print {
    return must(this.state.prints.get(id), 'the print is there');
  }
  printerOf(id: PrinterId): Printer {
    return must(this.state.printers.get(id), 'the printer is there');
  }

  /** The same log, applied from the genesis on. */
  replayed(): QueueState {
    const made = QueueState.fromGenesis(this.genesis, this.#open);
    if (!made.ok) throw new Fault(made.refusal.code);
    this.log.forEach((entry, i) => made.value.apply(i + 1, entry));
    return made.value;
  }
}
