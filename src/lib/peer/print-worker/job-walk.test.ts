import { expect, test } from 'vitest';
import { seededRandom } from '../../base/index.ts';
import { stepJob } from './job-core.ts';
import { type JobEvent, type JobState, noJob } from './job-state.ts';
import { benign, of, prints, statusOf, there, toRest, wrongIn, written } from './testing/job-checks.ts';

type Say = (state: JobState) => JobEvent | undefined;

const none = -1_000;
const refusal = { code: 'x', text: 'No.' };

/** Every kind of event, once for each print and each answer. Undefined where a state has nothing that it could be of. */
const alphabet: Readonly<Record<string, Say>> = {
  'peer-there': () => there,
  ...perPrint('print', (name) => fromPeer(of(name).given)),
  ...perPrint('fence go', (name) => fromPeer(of(name).go)),
  ...perPrint('fence no', (name) => fromPeer(of(name).no)),
  ...perPrint('cancel', (name) => fromPeer(of(name).cancel)),
  ...perPrint('outcome-kept', (name) => fromPeer(of(name).kept)),
  ...perPrint('asked', (name) => () => of(name).asked),
  ...perPrint('ended good', (name) => () => of(name).ended('good')),
  ...perPrint('ended cancelled', (name) => () => of(name).ended('cancelled')),
  'replied accepted': (state) => ({ on: 'replied', request: printRequest(state), refusal: undefined }),
  'replied refused': (state) => ({ on: 'replied', request: printRequest(state), refusal }),
  'replied cleared': ({ clearings: [first] }) =>
    first && { on: 'replied', request: first.request, refusal: undefined },
  'replied not cleared': ({ clearings: [first] }) =>
    first && { on: 'replied', request: first.request, refusal },
  'status of p1': () => ({ on: 'status', status: statusOf('printing', 'p1') }),
  'status of nothing': () => ({ on: 'status', status: statusOf('ready') }),
  written: (state) => (state.journal.writing === undefined ? undefined : written(state)),
  'write-failed': (state) => (state.journal.writing === undefined ? undefined : written(state, false)),
  'written, given up': () => ({ on: 'written', id: none }),
  'write-failed, given up': () => ({ on: 'write-failed', id: none }),
  'pause-over of a write': ({ journal }) => pauseOver(journal.writing?.pause),
  'pause-over of the journal': ({ journal }) => pauseOver(journal.pause),
  'pause-over of a note': ({ job }) => (job.at === 'idle' ? undefined : pauseOver(job.notePause)),
  'pause-over of a bed': ({ reports }) =>
    pauseOver(reports.find(({ clearPause }) => clearPause !== undefined)?.clearPause),
  'pause-over of nothing': () => pauseOver(none),
  plan: () => ({ on: 'plan', plan: { by: 'script', coolToC: undefined } }),
  'person-clears': ({ clearings }) =>
    clearings.length > 0 ? undefined : { on: 'person-clears', request: 7 },
};

/** Which events change nothing and are answered by nothing, where, and why that is right. */
const ignored: readonly { event: RegExp; where: (state: JobState, print: string) => boolean; why: string }[] =
  [
    {
      event: /^print /,
      where: ({ reports }, p) => reports.some(({ print, at }) => print === p && at === 'writing'),
      why: 'Its outcome is being written, and is told right after that.',
    },
    {
      event: /^fence /,
      where: (state, p) => !isHeld(state, p),
      why: 'The answer to a question that ended with its print.',
    },
    {
      event: /^fence go /,
      where: (state, p) => isHeld(state, p) && state.job.at !== 'asking',
      why: 'Nothing was asked, or it is answered: a yes that comes twice starts nothing twice.',
    },
    {
      event: /^fence no /,
      where: (state, p) => isHeld(state, p) && ['preparing', 'running', 'denied'].includes(state.job.at),
      why: 'Nothing is asked any more, or yet. What runs is stopped by a cancel alone.',
    },
    {
      event: /^cancel /,
      where: (state, p) => !isHeld(state, p) || state.job.at === 'denied',
      why: 'Nothing of it is here to be stopped, or it was told not to move already.',
    },
    {
      event: /^outcome-kept /,
      where: ({ reports }, p) => !reports.some(({ print }) => print === p),
      why: 'It was taken already: kept twice is kept.',
    },
    {
      event: /^asked /,
      where: (state, p) => isHeld(state, p) && ['asking', 'noting'].includes(state.job.at),
      why: 'The question is open: its one answer is on its way.',
    },
    {
      event: /^ended /,
      where: ({ reports }, p) => reports.some(({ print }) => print === p),
      why: 'A print ends once, and as it was told first.',
    },
    {
      event: /^replied accepted$/,
      where: () => true,
      why: 'What the machine has taken ends by its question or its outcome.',
    },
    {
      event: /^replied refused$/,
      where: ({ job }) => job.at !== 'preparing',
      why: 'A reply to a request of the page, or to a cancel that came too late.',
    },
    {
      event: /, given up$/,
      where: () => true,
      why: 'That write took too long, counted as failed, and is written again.',
    },
    {
      event: /^pause-over of nothing$/,
      where: () => true,
      why: 'What it was for is over: pauses are not called back.',
    },
  ];

function perPrint(name: string, make: (print: string) => Say): Record<string, Say> {
  return Object.fromEntries(prints.map((print) => [`${name} ${print}`, make(print)]));
}

/** What a peer says; before one is there, nobody says it. */
function fromPeer(event: JobEvent): Say {
  return ({ peer }) => (peer === undefined ? undefined : event);
}

function printRequest({ job }: JobState): number {
  return job.at === 'preparing' ? job.request : none;
}

function pauseOver(id: number | undefined): JobEvent | undefined {
  return id === undefined ? undefined : { on: 'pause-over', id };
}

function isHeld({ job }: JobState, print: string): boolean {
  return job.at !== 'idle' && job.print === print;
}

/** Numbers are names only: two states that differ in nothing else are one. */
function shapeOf(state: JobState): string {
  const names = new Map<number, string>();
  const name = (id: number | undefined) => {
    if (id === undefined) return undefined;
    const known = names.get(id) ?? `#${names.size}`;
    names.set(id, known);
    return known;
  };
  const { peer, plan, status, job, reports, journal, clearings } = state;
  return JSON.stringify([
    [peer, plan, status],
    job.at === 'idle'
      ? job
      : {
          ...job,
          notePause: name(job.notePause),
          ...(job.at === 'preparing' && { request: name(job.request) }),
        },
    reports.map((report) => ({ ...report, clearPause: name(report.clearPause) !== undefined })),
    journal.writing?.write,
    journal.waiting,
    journal.failed,
    journal.pause !== undefined,
    clearings.map(({ print }) => print),
  ]);
}

/** States looked at. There are more, which differ in what else waits for the journal: the random walk goes there. */
const statesMax = 6_000;

test('from every state every event is taken: nobody waits for ever, nothing is dropped, and all comes to rest', () => {
  const seen = new Map<string, JobState>([[shapeOf(noJob), noJob]]);
  const wrong = new Set<string>();
  const pairs = new Set<string>();
  const rowsUsed = new Set<number>();
  for (const [, state] of seen) {
    for (const text of toRest(state)) wrong.add(text);
    for (const [name, say] of Object.entries(alphabet)) {
      const event = say(state);
      if (event === undefined) continue;
      pairs.add(`${state.job.at}, ${name}`);
      const [next, effects] = stepJob(state, event);
      for (const text of wrongIn(state, event, next, effects)) wrong.add(text);
      const print = name.split(' ').at(-1) ?? '';
      const row = ignored.findIndex((each) => each.event.test(name) && each.where(state, print));
      const isIgnored = next === state && effects.length === 0;
      if (row >= 0) rowsUsed.add(row);
      if (isIgnored !== row >= 0)
        wrong.add(`${name} at ${state.job.at} is ${isIgnored ? 'ignored without a reason' : 'not ignored'}`);
      const shape = shapeOf(next);
      if (!seen.has(shape) && seen.size < statesMax) seen.set(shape, next);
    }
  }
  expect([...wrong]).toEqual([]);
  // Every reason is needed, and every kind of state meets every kind of event.
  expect(rowsUsed.size).toBe(ignored.length);
  const kinds = ['idle', 'preparing', 'asking', 'noting', 'running', 'denied'];
  const missing = kinds.flatMap((kind) =>
    Object.keys(alphabet)
      .filter((name) => !pairs.has(`${kind}, ${name}`))
      .map((name) => `${kind}, ${name}`),
  );
  expect(missing).toEqual(['idle, pause-over of a note']);
});

const walks = 40;
const stepsOfAWalk = 500;

test('in random walks with failing writes nothing is dropped, and all comes to rest whenever that ends', () => {
  const events = Object.entries(alphabet);
  let failed = 0;
  let told = 0;
  for (let seed = 1; seed <= walks; seed++) {
    const random = seededRandom(seed);
    const [first] = stepJob(noJob, there);
    let state = first;
    for (let i = 0; i < stepsOfAWalk; i++) {
      const [name, say] = events[random.below(events.length)] ?? [];
      // Half of them what a good machine, disk and peer would do next, so that walks come far.
      const event = random.below(2) === 0 ? benign(state) : say?.(state);
      if (event === undefined) continue;
      const [next, effects] = stepJob(state, event);
      expect(wrongIn(state, event, next, effects), `seed ${seed}, step ${i}, ${name}`).toEqual([]);
      if (event.on === 'write-failed') failed++;
      told += next.reports.filter(({ at }) => at === 'told').length;
      state = next;
      if (i % 25 === 0) expect(toRest(state), `seed ${seed}, step ${i}`).toEqual([]);
    }
  }
  expect(failed).toBeGreaterThan(300);
  expect(told).toBeGreaterThan(1_000);
});
