/**
 * A queue of some size and commands for it, made ahead, so that only applying is timed: printers work through the head of the queue while
 * people add, change, move up and delete jobs.
 */
import type { Bytes, FileId, JobId, PrintId, PrinterId, SetId } from '../../src/lib/base/index.ts';
import { must } from '../../src/lib/base/index.ts';
import { TestQueue, unsignedCommand } from '../../src/lib/queue/fixture.ts';
import type { Command, OpenEnvelope, SignedCommand } from '../../src/lib/queue/index.ts';
import { QueueState, encodeCommandEntry } from '../../src/lib/queue/index.ts';

/** As many printers as jobs, up to what a large farm has. */
const printersMax = 1_000;
const files = 50;
/** Copies of each job, and prints of one copy. */
const copies = 2;
const count = 2;

/**
 * Where a command finds its job. `near`: printers print the first jobs, people change what they added last and move it to the front, as
 * they do. `far`: everywhere in the queue alike, which no cache holds.
 */
export type Reach = 'near' | 'far';

export class QueueLoad {
  readonly state: QueueState;
  /** The queue's signed genesis. */
  readonly genesis: Bytes;
  readonly #genesisOwner: TestQueue['owner'];
  readonly #printers: number;
  /** Jobs there are, in order of their making; `#oldest` is the number of the first. */
  #oldest = 0;
  #jobs = 0;
  /** Prints begun of each job; one that has none left is not claimed again. */
  readonly #begun = new Map<number, number>();
  #turn = 0;
  #session = 0;
  #seq = 0;
  #next: SignedCommand | undefined;

  constructor(size: number) {
    const queue = new TestQueue();
    this.#genesisOwner = queue.owner;
    this.genesis = queue.genesis;
    const open: OpenEnvelope = () => ({ ok: true, value: must(this.#next, 'a command was made') });
    const made = QueueState.fromGenesis(queue.genesis, open);
    if (!made.ok) throw new Error(made.refusal.code);
    this.state = made.value;
    this.#printers = Math.min(size, printersMax);
    this.apply([{ type: 'open-session', nonce: new Uint8Array(16) }]);
    this.apply(Array.from({ length: this.#printers }, (_, i) => printerNumber(i)));
    this.apply(Array.from({ length: files }, (_, i) => fileNumber(i)));
    this.apply(Array.from({ length: size }, () => this.#addJob()));
  }

  /** Applies commands, each of which must be committed. Microseconds for each. */
  apply(commands: readonly Command[]): number {
    const { state } = this;
    const signed = commands.map((command) => this.#signed(command));
    const entry = encodeCommandEntry(state.stampMs + 1, new Uint8Array(1));
    const before = performance.now();
    for (const command of signed) {
      this.#next = command;
      const { result } = state.apply(state.index + 1, entry);
      if (result.kind === 'refused') throw new Error(`${command.command.type}: ${result.refusal.code}`);
      if (command.command.type === 'open-session') this.#session = must(result.value, 'a session');
    }
    return ((performance.now() - before) * 1000) / signed.length;
  }

  /** Entries of a log as they go on from here, for somebody else to apply: in their wire form, with signatures that differ but are not right. */
  entries(commands: readonly Command[]): readonly Bytes[] {
    const { publicKey } = this.#genesisOwner;
    return commands.map((command, i) => {
      const seq = ++this.#seq;
      const head = { queue: this.state.digest, session: this.#session, seq, ack: Math.max(1, seq - 8) };
      const wire = unsignedCommand(publicKey, head, command);
      new DataView(wire.buffer, wire.byteOffset + wire.length - 4).setUint32(0, seq);
      return encodeCommandEntry(this.state.stampMs + i, wire);
    });
  }

  /** At least so many commands, that leave the queue as large as it is. */
  commands(atLeast: number, reach: Reach): readonly Command[] {
    const out: Command[] = [];
    while (out.length < atLeast) this.#turnOf(out, reach);
    return out;
  }

  #turnOf(out: Command[], reach: Reach): void {
    const turn = this.#turn++;
    const there = this.#jobs - this.#oldest;
    const anywhere = this.#oldest + 1 + ((turn * 7919) % (there - 2));
    const changed = reach === 'far' ? anywhere : this.#jobs - 1 - (turn % Math.min(20, there - 2));
    const printed =
      reach === 'far' ? anywhere : this.#oldest + 1 + (turn % Math.min(this.#printers, there - 2));
    out.push({ type: 'edit-job', job: jobId(changed), notes: `turn ${turn}` });
    const begun = this.#begun.get(printed) ?? 0;
    if (begun < copies * count) {
      this.#begun.set(printed, begun + 1);
      const print = `print-${turn}` as PrintId;
      const printer = printerId(turn % this.#printers);
      out.push({ type: 'claim', print, set: `${jobId(printed)}.0` as SetId, printer });
      out.push({ type: 'starting', print });
      out.push({ type: 'started', print });
      out.push({ type: 'renew', prints: [print] });
      out.push({ type: 'finish', print, outcome: 'good', lines: 1, resends: 0, seconds: 1, filamentMm: 1 });
    }
    out.push({ type: 'move-job', job: jobId(changed), after: turn % 2 === 0 ? null : jobId(this.#oldest) });
    out.push(this.#addJob());
    this.#begun.delete(this.#oldest);
    out.push({ type: 'delete-job', job: jobId(this.#oldest++) });
  }

  #addJob(): Command {
    const number = this.#jobs++;
    const job = jobId(number);
    return {
      type: 'add-job',
      job,
      name: `Part for order ${number}`,
      copies,
      draft: false,
      keepTogether: false,
      sets: [{ set: `${job}.0` as SetId, file: fileId(number % files), count, requirements: {} }],
    };
  }

  #signed(command: Command): SignedCommand {
    const sessionless = command.type === 'open-session';
    const seq = sessionless ? 0 : ++this.#seq;
    return {
      bytes: new Uint8Array(1),
      queue: this.state.digest,
      publicKey: this.#genesisOwner.publicKey,
      author: this.#genesisOwner.peer,
      session: this.#session,
      seq,
      ack: sessionless ? 0 : Math.max(1, seq - 8),
      command,
    };
  }
}

function jobId(number: number): JobId {
  return `job-${number}` as JobId;
}

function printerId(number: number): PrinterId {
  return `printer-${number}` as PrinterId;
}

function fileId(number: number): FileId {
  return `file-${number}` as FileId;
}

function printerNumber(i: number): Command {
  return {
    type: 'set-printer',
    printer: printerId(i),
    name: `MK3S no. ${i}`,
    enabled: true,
    autoClear: true,
    model: i % 3 === 0 ? 'Ender-3' : 'MK3S',
    nozzleMm: i % 5 === 0 ? 0.6 : 0.4,
    materials: [{ family: i % 4 === 0 ? 'PETG' : 'PLA' }],
  };
}

function fileNumber(i: number): Command {
  const meta = {
    seconds: 600 * i,
    nozzleMm: i % 7 === 0 ? 0.6 : 0.4,
    printerModel: i % 2 === 0 ? 'MK3S' : 'Ender-3',
  };
  return { type: 'add-file', file: fileId(i), name: `part-${i}.gcode`, size: 1e6, meta };
}
