import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, RefusalError, seededRandom, utf8 } from '../base/index.ts';
import { FaultyDisk, openMemoryStore } from './memory.ts';
import type { ReplicaLog, StoredEntry, StoredReplica } from './port.ts';
import { storeCases } from './store.suite.ts';

/** Lets promises that are ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a store in memory', () => {
  for (const { name, run } of storeCases) {
    it(name, () => {
      const disk = new FaultyDisk(instantClock(), seededRandom(1), {
        writeMsMin: 0,
        writeMsMax: 0,
        fullOneIn: 0,
        tornOneIn: 0,
      });
      return run(async () => disk.open());
    });
  }

  it('forgets everything with its process', async () => {
    await openMemoryStore().put('settings', 'a', utf8('1'));
    expect(await openMemoryStore().get('settings', 'a')).toBeUndefined();
  });
});

/** Runs every timer as soon as the running code has ended. */
function instantClock(): ManualClock {
  const clock = new ManualClock();
  const after = clock.after.bind(clock);
  clock.after = (delayMs, run) => {
    const cancel = after(delayMs, run);
    queueMicrotask(() => clock.advance(0));
    return cancel;
  };
  return clock;
}

/** One append of the model: cut to `keep` of the entries, then add `add` of them under `term`. */
interface Step {
  readonly keep: number;
  readonly add: number;
  readonly durable: boolean;
  readonly wait: boolean;
  readonly compact: boolean;
}

const steps = fc.array(
  fc.record({
    keep: fc.nat({ max: 6 }),
    add: fc.nat({ max: 4 }),
    durable: fc.boolean(),
    wait: fc.boolean(),
    compact: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

type Shown = Pick<StoredReplica, 'entries' | 'hardState'> & {
  readonly snapshot?: { readonly index: number } | undefined;
};

const lines = (replica: Shown): string =>
  JSON.stringify([
    replica.hardState,
    replica.snapshot?.index ?? 0,
    replica.entries.map((entry) => [entry.term, entry.index, [...entry.data]]),
  ]);

/** A log kept as plainly as possible, and what it looked like after each append. */
class Model {
  term = 0;
  snapshotIndex = 0;
  snapshotTerm = 0;
  entries: StoredEntry[] = [];
  readonly #history: string[] = [];

  constructor() {
    this.#note();
  }

  append(log: ReplicaLog, step: Step): Promise<void> {
    this.term += 1;
    const hardState = { term: this.term, vote: step.keep, commit: this.snapshotIndex };
    if (step.compact && this.entries.length > 0) {
      const at = Math.min(step.keep, this.entries.length - 1);
      const last = this.entries[at];
      if (last === undefined) throw new Error('no entry to compact at');
      this.snapshotIndex = last.index;
      this.snapshotTerm = last.term;
      this.entries = this.entries.slice(at + 1);
      const state = { ...hardState, commit: last.index };
      const snapshot = { term: last.term, index: last.index, confState: utf8('c'), data: utf8('d') };
      this.#note(state);
      return log.append({ hardState: state, snapshot, durable: step.durable });
    }
    const kept = this.entries.slice(0, Math.max(0, this.entries.length - step.keep));
    const first = this.snapshotIndex + kept.length + 1;
    const added = Array.from({ length: step.add }, (_, at) => ({
      index: first + at,
      term: this.term,
      type: at % 3,
      data: utf8(`${this.term}/${first + at}`),
    }));
    if (added.length > 0) this.entries = [...kept, ...added];
    this.#note(hardState);
    return log.append({ hardState, entries: added, durable: step.durable });
  }

  /** How the log looked after `count` appends. */
  after(count: number): string | undefined {
    return this.#history[count];
  }

  #note(hardState = { term: 0, vote: 0, commit: 0 }): void {
    const snapshot = this.snapshotIndex === 0 ? {} : { snapshot: { index: this.snapshotIndex } };
    this.#history.push(lines({ hardState, entries: this.entries, ...snapshot }));
  }
}

describe('a faulty disk', () => {
  it('keeps, over any crash, every append that was told durable, and of the rest the older before the newer', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), fc.nat({ max: 40 }), async (plan, seed, crashMs) => {
        const clock = new ManualClock();
        const disk = new FaultyDisk(clock, seededRandom(seed));
        const log = await openedLog(disk, clock);
        const model = new Model();
        let told = 0;
        for (const [at, step] of plan.entries()) {
          void model.append(log, step).then(() => {
            if (step.durable) told = at + 1;
          });
          if (step.wait) {
            clock.advance(1 + (seed % 5));
            await settle();
          }
        }
        clock.advance(crashMs);
        await settle();
        disk.crash();
        const replica = await (await opened(disk, clock)).load();
        const found = Array.from({ length: plan.length + 1 - told }, (_, more) => model.after(told + more));
        expect(found).toContain(lines(replica));
      }),
      { numRuns: 150 },
    );
  });

  it('after a failed append refuses all that were planned behind it, and loads without a hole', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (plan, seed) => {
        const clock = new ManualClock();
        const disk = new FaultyDisk(clock, seededRandom(seed));
        const log = await openedLog(disk, clock);
        disk.disk.habits = { ...disk.disk.habits, fullOneIn: 5 };
        const model = new Model();
        const ends = plan.map((step) =>
          model.append(log, step).then(
            () => true,
            () => false,
          ),
        );
        clock.advance(1000);
        const went = await Promise.all(ends);
        const failed = went.indexOf(false);
        const good = failed < 0 ? went.length : failed;
        expect(went.slice(good).every((one) => !one)).toBe(true);
        disk.disk.habits = { ...disk.disk.habits, fullOneIn: 0 };
        expect(lines(await log.load())).toBe(model.after(good));
      }),
      { numRuns: 100 },
    );
  });

  it('never gives out wrong entries, whichever bit of whichever row has flipped', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (plan, seed) => {
        const clock = new ManualClock();
        const disk = new FaultyDisk(clock, seededRandom(seed));
        const log = await openedLog(disk, clock);
        const model = new Model();
        const ends = plan.map((step) => model.append(log, step));
        clock.advance(1000);
        await Promise.all(ends);
        disk.disk.rot('queue');
        const code = await log.load().then(
          () => 'loaded',
          (error: unknown) => (error instanceof RefusalError ? error.code : 'thrown'),
        );
        expect(['corrupt', 'unknown-format']).toContain(code);
      }),
      { numRuns: 300 },
    );
  });

  it('a torn append is found out, or was never there', async () => {
    let torn = 0;
    for (let seed = 0; seed < 200; seed++) {
      const clock = new ManualClock();
      const disk = new FaultyDisk(clock, seededRandom(seed));
      const log = await openedLog(disk, clock);
      disk.disk.habits = { ...disk.disk.habits, tornOneIn: 2 };
      const model = new Model();
      for (let i = 0; i < 5; i++)
        void model.append(log, { keep: 0, add: 2, durable: true, wait: false, compact: false });
      clock.advance(seed % 20);
      await settle();
      disk.crash();
      try {
        const replica = await (await opened(disk, clock)).load();
        expect([0, 1, 2, 3, 4, 5].map((count) => model.after(count))).toContain(lines(replica));
      } catch (error) {
        expect(error).toMatchObject({ code: 'corrupt' });
        torn += 1;
      }
    }
    expect(torn).toBeGreaterThan(5);
  });

  it('comes back empty after a wipe, and stores of the life before are dead', async () => {
    const clock = new ManualClock();
    const disk = new FaultyDisk(clock, seededRandom(1));
    const log = await openedLog(disk, clock);
    disk.wipe();
    await expect(log.append({ durable: true })).rejects.toMatchObject({ code: 'closed' });
    expect(await disk.open().listLogs()).toEqual([]);
  });
});

async function opened(disk: FaultyDisk, clock: ManualClock): Promise<ReplicaLog> {
  const opening = disk.open().openLog('queue');
  clock.advance(100);
  return opening;
}

async function openedLog(disk: FaultyDisk, clock: ManualClock): Promise<ReplicaLog> {
  const making = disk.open().createLog('queue', utf8('me'));
  clock.advance(100);
  await making;
  const log = await opened(disk, clock);
  await log.load();
  return log;
}
