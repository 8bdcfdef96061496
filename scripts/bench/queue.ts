/**
 * The replicated queue alone: what applying a command costs against the size of the queue, and what opening and saving cost. One thread, no
 * disk; signatures are left out of `applyUs` (a replica checks them when a command is admitted) and told beside it.
 */
import type { FileId, JobId, PrintId, PrinterId, SetId } from '../../src/lib/base/index.ts';
import { must } from '../../src/lib/base/index.ts';
import { TestQueue } from '../../src/lib/queue/fixture.ts';
import type { Command, OpenEnvelope, SignedCommand } from '../../src/lib/queue/index.ts';
import { QueueState, encodeCommandEntry, openEnvelope, signCommand } from '../../src/lib/queue/index.ts';
import { Agenda } from '../../src/lib/schedule/index.ts';

const sizes = [100, 1_000, 10_000, 100_000] as const;
/** As many printers as jobs, up to what a large farm has. */
const printersMax = 1_000;
/** Commands timed per size, after as many for warming up. */
const timed = 4_000;

export interface QueueBench {
  /** Microseconds per command, by number of jobs: edits, moves, claims and the whole life of prints. */
  readonly applyUs: Record<string, number>;
  /** Milliseconds from snapshot bytes to a state that can be read and applied to. */
  readonly openMs: Record<string, number>;
  readonly snapshotMs: Record<string, number>;
  readonly hashMs: Record<string, number>;
  /** Bytes of a snapshot. */
  readonly bytes: Record<string, number>;
  /** Microseconds to choose the next print for a printer and to say why a set waits. */
  readonly chooseUs: Record<string, number>;
  readonly whyUs: Record<string, number>;
  /** Milliseconds to build the agenda of a queue that was just opened. */
  readonly agendaMs: Record<string, number>;
  /** Microseconds to read a command and check its signature, once per replica and command. */
  readonly openEnvelopeUs: number;
}

export async function benchQueue(): Promise<QueueBench> {
  const out = {
    applyUs: {} as Record<string, number>,
    openMs: {} as Record<string, number>,
    snapshotMs: {} as Record<string, number>,
    hashMs: {} as Record<string, number>,
    bytes: {} as Record<string, number>,
    chooseUs: {} as Record<string, number>,
    whyUs: {} as Record<string, number>,
    agendaMs: {} as Record<string, number>,
  };
  // Small queues are measured on code as warm as large ones.
  build(1_000).run(timed);
  for (const size of sizes) {
    const bench = build(size);
    bench.run(timed);
    // The best of several: other work on the machine only ever adds.
    out.applyUs[size] = round(Math.min(...Array.from({ length: 5 }, () => bench.run(timed))));
    const { state } = bench.queue;
    const snapshot = state.snapshot();
    out.bytes[size] = snapshot.length;
    out.snapshotMs[size] = round(best(() => state.snapshot()));
    out.openMs[size] = round(best(() => QueueState.restore(snapshot)));
    out.hashMs[size] = round(
      best(() => {
        bench.run(1);
        state.hash();
      }),
    );
    out.agendaMs[size] = round(best(() => new Agenda(state)));
    const agenda = new Agenda(state);
    const printers = [...state.printers.keys()];
    const sets = [...state.sets.keys()];
    out.chooseUs[size] = round(
      each(2_000, (i) => agenda.next(must(printers[i % printers.length], 'a printer'))),
    );
    out.whyUs[size] = round(each(200, (i) => agenda.whyWaits(must(sets[i % sets.length], 'a set'))));
    await Promise.resolve();
  }
  return { ...out, openEnvelopeUs: round(signatureUs()) };
}

/** A queue with so many jobs, and a stream of commands that leaves it about as large as it was. */
function build(size: number) {
  let next: SignedCommand | undefined;
  const open: OpenEnvelope = () => ({ ok: true, value: must(next, 'a command was prepared') });
  const queue = new TestQueue();
  const { owner } = queue;
  const made = QueueState.fromGenesis(queue.genesis, open);
  if (!made.ok) throw new Error(made.refusal.text);
  const state = made.value;
  let seq = 0;
  let session = 0;
  let spent = 0;
  const apply = (command: Command): void => {
    const sessionless = command.type === 'open-session';
    const number = sessionless ? 0 : ++seq;
    const envelope = new Uint8Array(1);
    next = {
      bytes: envelope,
      queue: state.digest,
      publicKey: owner.publicKey,
      author: owner.peer,
      session,
      seq: number,
      ack: sessionless ? 0 : Math.max(1, number - 8),
      command,
    };
    const entry = encodeCommandEntry(state.stampMs + 1, envelope);
    const from = performance.now();
    const { result } = state.apply(state.index + 1, entry);
    spent += performance.now() - from;
    if (result.kind === 'refused') throw new Error(`${command.type}: ${result.refusal.text}`);
    if (sessionless && result.value !== undefined) session = result.value;
  };
  apply({ type: 'open-session', nonce: new Uint8Array(16) });
  const printers = Math.min(size, printersMax);
  for (let i = 0; i < printers; i++) {
    apply({
      type: 'set-printer',
      printer: `printer-${i}` as PrinterId,
      name: `MK3S no. ${i}`,
      enabled: true,
      autoClear: true,
      model: i % 3 === 0 ? 'Ender-3' : 'MK3S',
      nozzleMm: i % 5 === 0 ? 0.6 : 0.4,
      materials: [{ family: i % 4 === 0 ? 'PETG' : 'PLA' }],
    });
  }
  for (let i = 0; i < 50; i++) {
    const meta = {
      seconds: 600 * i,
      nozzleMm: i % 7 === 0 ? 0.6 : 0.4,
      printerModel: i % 2 === 0 ? 'MK3S' : 'Ender-3',
    };
    apply({ type: 'add-file', file: fileOf(i), name: `part-${i}.gcode`, size: 1e6, meta });
  }
  let jobs = 0;
  const addJob = () => {
    const id = `job-${jobs++}` as JobId;
    const set = { set: `${id}.0` as SetId, file: fileOf(jobs % 50), count: 2, requirements: {} };
    apply({
      type: 'add-job',
      job: id,
      name: `Part for order ${jobs}`,
      copies: 2,
      draft: false,
      keepTogether: false,
      sets: [set],
    });
  };
  while (jobs < size) addJob();
  let turn = 0;
  let oldest = 0;
  /** Applies so many commands; microseconds per command. */
  const run = (count: number): number => {
    spent = 0;
    const before = state.index;
    const done = () => state.index - before;
    while (done() < count) {
      const job = `job-${oldest + 1 + ((turn * 7919) % (jobs - oldest - 1))}` as JobId;
      const printer = `printer-${turn % printers}` as PrinterId;
      const print = `print-${turn}` as PrintId;
      turn++;
      apply({ type: 'edit-job', job, notes: `turn ${turn}` });
      const set = must(state.jobs.get(job)?.sets[0], 'a set');
      const job1 = must(state.jobs.get(job), 'a job');
      const free = job1.copies * 2 > (state.sets.get(set)?.good ?? 0);
      if (free) {
        apply({ type: 'claim', print, set, printer });
        apply({ type: 'starting', print });
        apply({ type: 'started', print });
        apply({ type: 'renew', prints: [print] });
        apply({ type: 'finish', print, outcome: 'good', lines: 1, resends: 0, seconds: 1, filamentMm: 1 });
      }
      apply({ type: 'move-job', job, after: turn % 2 === 0 ? null : (`job-${oldest}` as JobId) });
      addJob();
      apply({ type: 'delete-job', job: `job-${oldest++}` as JobId });
    }
    return (spent * 1000) / done();
  };
  return { queue: { state }, run };
}

function fileOf(i: number): FileId {
  return `file-${i}` as FileId;
}

function signatureUs(): number {
  const queue = new TestQueue();
  const head = { queue: queue.state.digest, session: 1, seq: 1, ack: 1 };
  const bytes = signCommand(queue.owner.seed, head, { type: 'rename-queue', name: 'Workshop' });
  each(50, () => openEnvelope(bytes));
  return each(200, () => openEnvelope(bytes));
}

/** Microseconds per run. */
function each(count: number, run: (i: number) => void): number {
  const from = performance.now();
  for (let i = 0; i < count; i++) run(i);
  return ((performance.now() - from) * 1000) / count;
}

/** Milliseconds of the quickest of five runs. */
function best(run: () => void): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    run();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
