/**
 * The replicated queue: what applying a command costs against the size of the queue, and what opening and saving cost. One thread; signatures
 * are left out of `applyUs` (a replica checks them when a command is admitted) and told beside it. `disk` is the whole way from IndexedDB.
 */
import { must } from '../../src/lib/base/index.ts';
import { TestQueue } from '../../src/lib/queue/fixture.ts';
import { QueueState, openEnvelope, signCommand } from '../../src/lib/queue/index.ts';
import { Agenda } from '../../src/lib/schedule/index.ts';
import { QueueLoad, type Reach } from './queue-load.ts';

/** Numbers of jobs. */
export const sizes = [100, 1_000, 10_000, 100_000] as const;
/** Commands timed together; so many in a row make a turn of a size; and turns of each, so that what else the machine does strikes all alike. */
const batch = 125;
const row = 10;
const turns = 20;

type BySize = Record<string, number>;

export interface QueueBench {
  /** Microseconds per command, by number of jobs: the lower quartile of batches, of the whole life of prints, edits, moves, additions and deletions. */
  readonly applyUs: BySize;
  /** The same with every command at a job anywhere in the queue, which no cache holds. */
  readonly applyFarUs: BySize;
  /** Milliseconds from snapshot bytes in memory to a state that can be read and applied to. */
  readonly openMs: BySize;
  readonly snapshotMs: BySize;
  readonly hashMs: BySize;
  /** Bytes of a snapshot. */
  readonly bytes: BySize;
  /** Microseconds to choose the next print for a printer, and to say why a set waits, after every change of a printer. */
  readonly chooseUs: BySize;
  readonly whyUs: BySize;
  /** Milliseconds to build the lists of an agenda, which happens when a printer first chooses in a queue that was just opened. */
  readonly agendaMs: BySize;
  /** Microseconds to read a command and check its signature, once per replica and command. */
  readonly openEnvelopeUs: number;
}

export function benchQueue(): QueueBench {
  const loads = sizes.map((size) => new QueueLoad(size));
  const applyUs = applying(loads, 'near');
  const applyFarUs = applying(loads, 'far');
  const bySize = (measure: (load: QueueLoad) => number): BySize =>
    Object.fromEntries(sizes.map((size, i) => [size, round(measure(must(loads[i], 'a load')))]));
  const snapshots = new Map(loads.map((load) => [load, load.state.snapshot()]));
  const of = (load: QueueLoad) => must(snapshots.get(load), 'a snapshot');
  return {
    applyUs,
    applyFarUs,
    openMs: bySize((load) => best(() => QueueState.restore(of(load)))),
    snapshotMs: bySize((load) => best(() => load.state.snapshot())),
    hashMs: bySize((load) =>
      best(() => {
        load.apply(load.commands(1, 'near'));
        load.state.hash();
      }),
    ),
    bytes: bySize((load) => of(load).length),
    chooseUs: bySize(choosing),
    whyUs: bySize(telling),
    agendaMs: bySize((load) => best(() => new Agenda(load.state).waiting)),
    openEnvelopeUs: round(signatureUs()),
  };
}

function applying(loads: readonly QueueLoad[], reach: Reach): BySize {
  const took = loads.map((): number[] => []);
  // The first turns warm the code up.
  for (let turn = -2; turn < turns; turn++) {
    loads.forEach((load, at) => {
      for (let i = 0; i < row; i++) {
        const us = load.apply(load.commands(batch, reach));
        if (turn >= 0) took[at]?.push(us);
        // Whoever leads tells the hash of the state every few commands, which forgets what has changed since.
        load.state.hash();
      }
    });
  }
  return Object.fromEntries(sizes.map((size, at) => [size, round(lowerQuartile(took[at] ?? []))]));
}

function choosing({ state }: QueueLoad): number {
  const agenda = new Agenda(state);
  const printers = [...state.printers.keys()];
  return each(2_000, (i) => agenda.next(must(printers[i % printers.length], 'a printer')));
}

function telling({ state }: QueueLoad): number {
  const agenda = new Agenda(state);
  const sets = [...state.sets.keys()];
  const [printer] = state.printers.keys();
  const changed = [{ kind: 'printer', id: must(printer, 'a printer') }] as const;
  return each(200, (i) => {
    if (i % 20 === 0) agenda.update(changed);
    agenda.whyWaits(must(sets[i % sets.length], 'a set'));
  });
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

/** Milliseconds of the quickest of five runs: other work on the machine only ever adds. */
function best(run: () => void): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    run();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

/** What three of four batches are above: other work on the machine only ever adds. */
function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 2] ?? NaN;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
