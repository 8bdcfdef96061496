import { expect, test } from 'vitest';
import { type PrintId, type QueueId, type SetId, seededRandom } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import { step, stopped } from './assignment-core.ts';
import { ignored } from './assignment-ignored.ts';
import {
  type Assignment,
  type Effect,
  type Event,
  type Settled,
  attached,
  copyOf,
} from './assignment-state.ts';

const queue = 'q' as QueueId;
const [a, b, c] = ['a', 'b', 'c'] as PrintId[] as [PrintId, PrintId, PrintId];
const good: PrintOutcome = { outcome: 'good', code: 'good', reason: '', lines: 1, resends: 0, seconds: 1 };
const settled: readonly Settled[] = ['committed', 'refused', 'unknown', 'failed'];
const bools = [false, true];

/** The number of the effect that the stage waits for, and one that nothing waits for. */
function numbers(state: Assignment): number[] {
  const own = 'n' in state.stage ? [state.stage.n] : [];
  return [...own, ...state.late.map(({ n }) => n), state.count + 1_000];
}

/** Every event there is, for prints in hand and not. */
function events(state: Assignment): Event[] {
  const all: Event[] = [];
  for (const set of [undefined, 's' as SetId]) all.push({ on: 'choice', copy: { queue, print: c }, set });
  for (const print of [a, b]) {
    for (const alone of bools) all.push({ on: 'ask-start', print, alone });
    all.push({ on: 'refused', print, why: undefined });
    for (const known of ['ended', 'open', 'nowhere'] as const)
      for (const counts of bools)
        all.push({ on: 'outcome', print, outcome: good, counts, known, why: undefined, skips: counts });
    all.push({ on: 'superseded', busy: print });
  }
  all.push({ on: 'detached' }, { on: 'superseded', busy: undefined }, { on: 'cancelled' }, { on: 'taken' });
  for (const n of numbers(state)) {
    for (const as of settled) {
      all.push({ on: 'claimed', n, as }, { on: 'released', n, as });
      for (const starting of bools)
        for (const leaseHolds of bools)
          for (const cancelled of bools)
            for (const alone of bools)
              for (const undecided of bools)
                all.push({
                  on: 'agreed',
                  n,
                  as,
                  facts: { starting, leaseHolds, cancelled, alone, undecided },
                });
    }
    for (const as of ['here', 'refused', 'failed'] as const) all.push({ on: 'file', n, as });
    for (const as of ['written', 'failed'] as const) {
      all.push({ on: 'alone-kept', n, as }, { on: 'told', n, as });
      for (const leaseHolds of bools)
        for (const cancelled of bools) all.push({ on: 'noted', n, as, facts: { leaseHolds, cancelled } });
    }
    for (const as of ['written', 'failed', 'later', 'nowhere'] as const) all.push({ on: 'kept', n, as });
    all.push({ on: 'reported', n }, { on: 'pause-over', n });
  }
  return all;
}

/** Numbers are names only: two states that differ in nothing else are one. */
function shapeOf({ stage, gone, late, returned }: Assignment): string {
  const rest: object = 'n' in stage ? { ...stage, n: 0 } : stage;
  return JSON.stringify([rest, gone, late.map(({ print, at }) => [print, at]), returned]);
}

const beginnings: readonly Assignment[] = [
  attached(undefined).state,
  ...bools.flatMap((running) => bools.map((untold) => attached({ queue, print: a, running, untold }).state)),
];

/** What an event that goes well answers to each effect that ends in one. */
function benign(effect: Effect): Event | undefined {
  const facts = { starting: true, leaseHolds: true, cancelled: false, alone: false, undecided: false };
  switch (effect.do) {
    case 'claim':
      return { on: 'claimed', n: effect.n, as: 'committed' };
    case 'fetch':
      return { on: 'file', n: effect.n, as: 'here' };
    case 'propose-starting':
    case 'look-again':
      return { on: 'agreed', n: effect.n, as: 'committed', facts };
    case 'keep-start-alone':
      return { on: 'alone-kept', n: effect.n, as: 'written' };
    case 'note-begun':
      return { on: 'noted', n: effect.n, as: 'written', facts };
    case 'tell-started':
      return { on: 'told', n: effect.n, as: 'written' };
    case 'keep-report':
      return { on: 'kept', n: effect.n, as: 'written' };
    case 'release':
      return { on: 'released', n: effect.n, as: 'committed' };
    case 'pause':
      return { on: 'pause-over', n: effect.n };
    default:
      return undefined;
  }
}

/** What is still to come of a state, when nothing fails any more. */
function owed(state: Assignment): Event[] {
  const { stage, late } = state;
  const n = 'n' in stage ? stage.n : 0;
  const facts = { starting: true, leaseHolds: true, cancelled: false, alone: false, undecided: false };
  const outcome = (print: PrintId): Event => ({
    on: 'outcome',
    print,
    outcome: good,
    counts: false,
    known: 'open',
    why: undefined,
    skips: false,
  });
  const own: Record<Assignment['stage']['at'], () => Event[]> = {
    idle: () => [],
    resting: () => [{ on: 'pause-over', n }],
    claiming: () => [{ on: 'claimed', n, as: 'committed' }],
    fetching: () => [{ on: 'file', n, as: 'here' }],
    delivered: () => [{ on: 'ask-start', print: copyOf(stage)?.print ?? a, alone: false }],
    starting: () =>
      stage.at === 'starting' && stage.alone
        ? [{ on: 'alone-kept', n, as: 'written' }]
        : [{ on: 'agreed', n, as: 'committed', facts }],
    noting: () => [{ on: 'noted', n, as: 'written', facts }],
    running: () => [outcome(copyOf(stage)?.print ?? a)],
    reporting: () =>
      stage.at === 'reporting' && stage.waits
        ? [{ on: 'pause-over', n }]
        : [{ on: 'kept', n, as: 'written' }],
    settling: () => [{ on: 'reported', n }],
    releasing: () =>
      stage.at === 'releasing' && stage.waits
        ? [{ on: 'pause-over', n }]
        : [{ on: 'released', n, as: 'committed' }],
    stopped: () => [{ on: 'detached' }],
  };
  const reports = late.map((each): Event =>
    each.at === 'writing' ? { on: 'kept', n: each.n, as: 'written' } : { on: 'pause-over', n: each.n },
  );
  return [...own[stage.at](), ...reports];
}

function comesToRest(start: Assignment): boolean {
  let state = start;
  for (let steps = 0; steps < 60; steps++) {
    const [next] = owed(state);
    if (next === undefined) return state.stage.at === 'idle' && state.late.length === 0;
    state = step(state, next).state;
  }
  return false;
}

test('from every stage every event is taken: who asks is answered, no outcome is dropped, and all comes to rest', () => {
  const seen = new Map(beginnings.map((state) => [shapeOf(state), state]));
  const wrong = new Set<string>();
  const stages = new Set<string>();
  const used = new Set<string>();
  let pairs = 0;
  for (const [, state] of seen) {
    stages.add(state.stage.at);
    if (!comesToRest(state)) wrong.add(`no way out of ${shapeOf(state)}`);
    for (const event of events(state)) {
      pairs++;
      const next = step(state, event);
      const rows = ignored.filter(({ where }) => where(state, event));
      for (const { code } of rows) used.add(code);
      if (rows.length > 1)
        wrong.add(`${event.on} at ${state.stage.at}: ${rows.map(({ code }) => code).join()}`);
      const isIgnored = next.state === state && next.effects.length === 0;
      if (isIgnored !== rows.length > 0)
        wrong.add(
          `${event.on} at ${state.stage.at}: ${isIgnored ? 'ignored' : 'followed'} against the table`,
        );
      if (seen.size < 8_000) {
        const shape = shapeOf(next.state);
        if (!seen.has(shape)) seen.set(shape, next.state);
      }
    }
  }
  expect([...wrong]).toEqual([]);
  expect([...stages].sort()).toEqual(
    'claiming delivered fetching idle noting releasing reporting resting running settling starting'.split(
      ' ',
    ),
  );
  // Each row of the table is of use, but for the one that a full list needs.
  expect(ignored.map(({ code }) => code).filter((code) => !used.has(code))).toEqual(['too-many-late']);
  expect(pairs).toBeGreaterThan(50_000);
});

test('a broken invariant leaves a stage in which who asks is told no, nothing begins, and what runs may be cancelled', () => {
  const running = attached({ queue, print: a, running: true, untold: false }).state;
  const { state } = stopped(running);
  expect(step(state, { on: 'ask-start', print: b, alone: true }).effects).toEqual([{ do: 'deny', print: b }]);
  expect(step(state, { on: 'choice', copy: { queue, print: b }, set: undefined }).ignored).toBe('not-free');
  expect(step(state, { on: 'cancelled' }).effects).toEqual([{ do: 'cancel-on-printer', print: a }]);
  const told = { on: 'outcome', print: a, outcome: good, counts: false, known: 'open' } as const;
  const reported = step(state, { ...told, why: undefined, skips: false });
  expect(reported.effects).toMatchObject([{ do: 'keep-report', print: a }]);
  expect(step(state, { on: 'detached' }).state.stage).toEqual({ at: 'idle' });
  const [asked] = [
    step(attached({ queue, print: a, running: false, untold: false }).state, {
      on: 'ask-start',
      print: a,
      alone: false,
    }),
  ];
  expect(stopped(asked?.state ?? running).effects).toContainEqual({ do: 'deny', print: a });
});

test('outcomes of more prints than are kept are left to their worker, which tells them again', () => {
  let { state } = attached(undefined);
  for (let i = 0; i < 64; i++)
    state = step(state, {
      on: 'outcome',
      print: `p${i}` as PrintId,
      outcome: good,
      counts: false,
      known: 'open',
      why: undefined,
      skips: false,
    }).state;
  const next = step(state, {
    on: 'outcome',
    print: a,
    outcome: good,
    counts: false,
    known: 'open',
    why: undefined,
    skips: false,
  });
  expect(next.ignored).toBe('too-many-late');
});

/** A printer that takes copies, in a world in which any effect may fail, and the tab may go at any moment. */
function wander(seed: number, steps: number): void {
  const random = seededRandom(seed);
  let { state, effects: first } = attached(undefined);
  const pending: Effect[] = [...first];
  const granted = new Set<PrintId>();
  const over = new Set<PrintId>();
  const kept = new Set<PrintId>();
  const acknowledged = new Map<PrintId, number>();
  let asked: PrintId | undefined;
  let names = 0;
  const take = (event: Event) => {
    if (event.on === 'kept' && event.as === 'written') {
      const late = state.late.find(({ n }) => n === event.n)?.print;
      const print = late ?? copyOf(state.stage)?.print;
      if (print !== undefined) kept.add(print);
    }
    const next = step(state, event);
    for (const effect of next.effects) {
      if (effect.do === 'grant') {
        expect(granted.has(effect.print) || over.has(effect.print)).toBe(false);
        granted.add(effect.print);
        expect(asked).toBe(effect.print);
        asked = undefined;
      } else if (effect.do === 'deny') {
        over.add(effect.print);
        if (asked === effect.print) asked = undefined;
      } else if (effect.do === 'release') over.add(effect.copy.print);
      else if (effect.do === 'acknowledge') {
        const times = (acknowledged.get(effect.print) ?? 0) + 1;
        acknowledged.set(effect.print, times);
        if (granted.has(effect.print)) expect(kept.has(effect.print)).toBe(true);
      } else if (effect.do === 'keep-report') expect(kept.has(effect.print)).toBe(false);
      if ('n' in effect) pending.push(effect);
    }
    state = next.state;
  };
  for (let at = 0; at < steps; at++) {
    const choice = random.below(10);
    const copy = copyOf(state.stage);
    if (choice < 5 && pending.length > 0) {
      const [effect] = pending.splice(random.below(pending.length), 1);
      if (effect === undefined) continue;
      const fails = random.below(3) === 0;
      const well = benign(effect);
      if (well === undefined) continue;
      if (effect.do === 'keep-report') {
        take({ on: 'kept', n: effect.n, as: fails ? 'failed' : 'written' });
        if (!fails) take({ on: 'reported', n: effect.n });
        continue;
      }
      take(fails && 'as' in well ? ({ ...well, as: 'failed' } as Event) : well);
    } else if (choice === 5 && state.stage.at === 'idle')
      take({ on: 'choice', copy: { queue, print: `p${names++}` as PrintId }, set: 's' as SetId });
    else if (choice === 6 && copy !== undefined && state.stage.at === 'delivered') {
      asked = copy.print;
      take({ on: 'ask-start', print: copy.print, alone: random.below(3) === 0 });
    } else if (choice === 7 && copy !== undefined && state.stage.at === 'running') {
      const print = copy.print;
      take({
        on: 'outcome',
        print,
        outcome: good,
        counts: false,
        known: 'open',
        why: undefined,
        skips: false,
      });
    } else if (choice === 8) take(random.below(2) === 0 ? { on: 'cancelled' } : { on: 'taken' });
    else if (choice === 9 && random.below(6) === 0) {
      take({ on: 'detached' });
      expect(asked).toBeUndefined();
      // The tab is opened again; what the old attachment still has to do goes on apart.
      for (let rest = 0; rest < 30; rest++) for (const event of owed(state).slice(0, 1)) take(event);
      ({ state, effects: first } = attached(undefined));
      pending.splice(0, pending.length, ...first);
    }
  }
  for (const times of acknowledged.values()) expect(times).toBe(1);
}

test('a printer goes on over any failures: one grant a print, never after a no, each outcome acknowledged once', () => {
  for (let seed = 1; seed <= 40; seed++) wander(seed, 400);
});
