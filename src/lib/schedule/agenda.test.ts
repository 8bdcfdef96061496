import { describe, expect, it } from 'vitest';
import { must, seededRandom } from '../base/index.ts';
import { TestQueue } from '../queue/fixture.ts';
import type { Applied, FileMeta, Job, Requirements, SettingsChange } from '../queue/index.ts';
import { type Verb, Walk, verbs } from '../queue/walk.ts';
import { idleText, waitText } from '../words/index.ts';
import { Agenda } from './agenda.ts';
import type { Told } from './choice.ts';
import { said } from './testing/said.ts';
import type { FileId, JobId, PrintId, PrinterId, SetId } from './types.ts';

/** Why a set waits, as a person reads it. */
function why(agenda: Agenda, set: SetId, told?: Told): string | undefined {
  const wait = agenda.whyWaits(set, told);
  return wait === undefined ? undefined : waitText(wait);
}

/** A queue whose agenda follows every entry. */
function shop(settings: SettingsChange = {}) {
  const queue = new TestQueue(settings);
  const agenda = new Agenda(queue.state);
  const apply = queue.state.apply.bind(queue.state);
  queue.state.apply = (index: number, data: Uint8Array): Applied => {
    const applied = apply(index, data);
    agenda.update(applied.changed);
    return applied;
  };
  let names = 0;
  const job = (
    meta: FileMeta,
    more: { requirements?: Requirements; count?: number; by?: typeof queue.owner } = {},
  ): Job => {
    const by = more.by ?? queue.owner;
    const file = `f${++names}` as FileId;
    queue.must(by, { type: 'add-file', file, name: `f${names}.gcode`, size: 1, meta });
    const spec = {
      set: `s${names}` as SetId,
      file,
      count: more.count ?? 1,
      requirements: more.requirements ?? {},
    };
    const id = `j${names}` as JobId;
    queue.must(by, {
      type: 'add-job',
      job: id,
      name: id,
      copies: 1,
      draft: false,
      keepTogether: false,
      sets: [spec],
    });
    return queue.jobOf(id);
  };
  const setUp = (
    printer: PrinterId,
    more: { nozzleMm?: number; materials?: { family: string }[]; name?: string } = {},
  ) =>
    queue.must(queue.owner, {
      type: 'set-printer',
      printer,
      name: more.name ?? 'MK3-2',
      enabled: true,
      autoClear: true,
      model: 'MK3S',
      materials: more.materials ?? [],
      ...(more.nozzleMm === undefined ? {} : { nozzleMm: more.nozzleMm }),
    });
  /** Takes what the agenda says, prints it, and tells which set it was. */
  const take = (printer: PrinterId, options = {}): string => {
    const choice = agenda.next(printer, options);
    if (choice.kind === 'wait') return idleText(choice.because);
    queue.run(queue.owner, choice.set, printer);
    return choice.set;
  };
  return { queue, agenda, job, setUp, take };
}

const p1 = 'p1' as PrinterId;

describe('choosing', () => {
  it('goes in order, and says so', () => {
    const { agenda, job, setUp, take } = shop();
    setUp(p1, { nozzleMm: 0.4 });
    job({ nozzleMm: 0.6 });
    job({ nozzleMm: 0.4 });
    job({});
    expect(said(agenda.next(p1))).toMatchObject({
      kind: 'claim',
      set: 's2',
      copy: 1,
      because: 'f2.gcode, because it is the first in the list that MK3-2 can print.',
    });
    expect([take(p1), take(p1), take(p1)]).toEqual([
      's2',
      's3',
      'f1.gcode waits, but: It needs a 0.6 mm nozzle; MK3-2 has 0.4 mm.',
    ]);
  });

  it('tells what comes next also of a printer that prints or whose bed is not clear, but takes nothing then', () => {
    const { queue, agenda, job, setUp, take } = shop();
    setUp(p1);
    job({});
    job({});
    take(p1);
    queue.must(queue.owner, { type: 'set-bed', printer: p1, bed: 'occupied' });
    expect(said(agenda.next(p1))).toEqual({ kind: 'wait', because: 'The bed of MK3-2 must be cleared.' });
    expect(said(agenda.next(p1, { preview: true }))).toMatchObject({
      set: 's2',
      because: 'f2.gcode, because it is first in the list.',
    });
    queue.must(queue.owner, { type: 'set-bed', printer: p1, bed: 'clear' });
    queue.claim(queue.owner, 's2' as SetId, p1);
    job({});
    expect(said(agenda.next(p1))).toEqual({ kind: 'wait', because: 'MK3-2 is printing f2.gcode.' });
    expect(said(agenda.next(p1, { preview: true }))).toMatchObject({ set: 's3' });
    queue.must(queue.owner, {
      type: 'set-printer',
      printer: p1,
      name: 'MK3-2',
      enabled: false,
      autoClear: true,
      model: 'MK3S',
      materials: [],
    });
    expect(said(agenda.next(p1, { preview: true }))).toEqual({
      kind: 'wait',
      because: 'MK3-2 takes no new prints for now.',
    });
  });

  it('warns of what nobody knows, and does not wait for it', () => {
    const { agenda, job, setUp } = shop();
    setUp(p1);
    job({ nozzleMm: 0.6 });
    expect(said(agenda.next(p1))).toMatchObject({
      kind: 'claim',
      warnings: ['It needs a 0.6 mm nozzle; nobody said what MK3-2 has.'],
    });
  });

  it('follows moves, drafts and deletions', () => {
    const { queue, agenda, job, setUp } = shop();
    setUp(p1);
    const [a, b] = [job({}), job({})];
    queue.must(queue.owner, { type: 'move-job', job: b.id, after: null });
    expect(said(agenda.next(p1))).toMatchObject({ set: 's2' });
    queue.must(queue.owner, { type: 'edit-job', job: b.id, draft: true });
    expect(said(agenda.next(p1))).toMatchObject({ set: 's1' });
    queue.must(queue.owner, { type: 'delete-job', job: a.id });
    expect(said(agenda.next(p1))).toEqual({ kind: 'wait', because: 'Nothing waits in the queue.' });
    expect(agenda.waiting).toBe(0);
  });

  it('takes the shortest first, but lets nobody starve', () => {
    const { queue, agenda, job, setUp } = shop({ strategy: 'shortest-first', starvationMs: 3_600_000 });
    setUp(p1);
    job({ seconds: 9000 });
    job({});
    queue.tick(1_800_000);
    job({ seconds: 600 });
    expect(said(agenda.next(p1))).toMatchObject({
      set: 's3',
      because: 'f3.gcode, because it is the shortest that waits (10 min).',
    });
    queue.tick(1_800_000);
    expect(said(agenda.next(p1))).toMatchObject({
      set: 's1',
      because: 'f1.gcode, because it has waited longest (1 h).',
    });
  });

  it('spares manual work, and keeps long prints for the night', () => {
    const { agenda, job, setUp } = shop({ strategy: 'least-manual-work' });
    setUp(p1, { materials: [{ family: 'PLA' }] });
    job({ materials: [{ family: 'PLA+' }], seconds: 100 });
    job({ materials: [{ family: 'PLA' }], seconds: 600 });
    job({ materials: [{ family: 'PLA' }], seconds: 30_000 });
    expect(said(agenda.next(p1))).toMatchObject({
      set: 's2',
      because: 'f2.gcode, because MK3-2 can print it as it stands.',
    });
    expect(said(agenda.next(p1, { unattendedMs: 8 * 3_600_000 }))).toMatchObject({ set: 's3' });
  });

  it('keeps same material and same bed together, also on a printer of which nobody said what is on it', () => {
    const { queue, agenda, job, setUp, take } = shop({ strategy: 'least-manual-work' });
    setUp(p1);
    const bed = (surface: string) => ({ requirements: { surface } });
    job({ materials: [{ family: 'PLA' }] });
    job({ materials: [{ family: 'PETG' }] }, bed('textured PEI'));
    job({ materials: [{ family: 'PLA Silk' }] });
    job({ materials: [{ family: 'PETG' }] }, bed('smooth PEI'));
    job({ materials: [{ family: 'PETG' }] }, bed('Textured PEI'));
    expect(take(p1)).toBe('s1');
    expect(said(agenda.next(p1))).toMatchObject({
      set: 's3',
      because: 'f3.gcode, because it goes on with what MK3-2 printed last.',
    });
    expect(new Agenda(queue.state).next(p1)).toEqual(agenda.next(p1));
    // All of one material, then all of one bed, though the list has them mixed.
    expect([1, 2, 3, 4].map(() => take(p1))).toEqual(['s3', 's2', 's5', 's4']);
  });

  it('gives everyone a turn', () => {
    const { queue, job, setUp, take } = shop({ strategy: 'round-robin' });
    const guest = queue.join('submitter');
    setUp(p1);
    for (let i = 0; i < 3; i++) job({});
    job({}, { by: guest, count: 2 });
    expect([1, 2, 3, 4, 5].map(() => take(p1))).toEqual(['s1', 's4', 's2', 's4', 's3']);
  });

  it('remembers whose turn it was when the app is opened anew', () => {
    const { queue, job, setUp, take } = shop({ strategy: 'round-robin' });
    const guest = queue.join('submitter');
    setUp(p1);
    for (let i = 0; i < 2; i++) job({});
    job({}, { by: guest });
    expect(take(p1)).toBe('s1');
    expect(new Agenda(queue.state).next(p1)).toMatchObject({ set: 's3' });
  });

  it('prints the sets of a job in runs: AᵃBᵇAᵃBᵇ', () => {
    const { queue, setUp, take } = shop();
    setUp(p1);
    const job = queue.job(queue.owner, [1, 2], { copies: 2 });
    const letters = new Map(job.sets.map((id, i) => [id as string, 'AB'.charAt(i)]));
    expect([1, 2, 3, 4, 5, 6].map(() => letters.get(take(p1))).join('')).toBe('ABBABB');
  });

  it('skips what a printer cannot take just now', () => {
    const { agenda, job, setUp } = shop();
    setUp(p1);
    job({});
    job({});
    expect(said(agenda.next(p1, { skip: (set) => set === 's1' }))).toMatchObject({ set: 's2' });
  });

  it('gives the same answers as an agenda made afresh', () => {
    for (const strategy of ['in-order', 'shortest-first', 'least-manual-work', 'round-robin'] as const) {
      const { queue, agenda, job, setUp } = shop({ strategy });
      setUp(p1, { nozzleMm: 0.4 });
      const jobs = Array.from({ length: 30 }, (_, i) =>
        job({ seconds: (i * 37) % 11, nozzleMm: i % 3 === 0 ? 0.6 : 0.4 }),
      );
      // Its lists are made here, and must follow what comes.
      expect(agenda.waiting).toBe(30);
      // Always behind the same job: labels run out and are spread.
      for (let i = 0; i < 60; i++) {
        const moved = must(jobs[(i * 7) % 30], 'a job').id;
        if (moved !== jobs[3]?.id)
          queue.must(queue.owner, { type: 'move-job', job: moved, after: must(jobs[3], 'j').id });
      }
      queue.must(queue.owner, { type: 'delete-job', job: must(jobs[5], 'a job').id });
      expect(agenda.next(p1)).toEqual(new Agenda(queue.state).next(p1));
      expect(agenda.waiting).toBe(new Agenda(queue.state).waiting);
    }
  });
});

describe('why something waits', () => {
  it('says of every set, after every change, what an agenda made afresh says', () => {
    for (const settings of [{}, { retryOn: 'other' }, { strategy: 'round-robin', claimAhead: 1 }] as const) {
      const walk = new Walk(settings);
      const { queue } = walk;
      const agenda = new Agenda(queue.state);
      const random = seededRandom(11);
      const names = Object.keys(verbs) as Verb[];
      for (let i = 0; i < 700; i++) {
        const [a, b, c] = [random.below(100), random.below(100), random.below(100)];
        const step = { verb: must(names[random.below(names.length)], 'a verb'), a, b, c, meddling: false };
        const from = queue.log.length;
        const apply = queue.state.apply.bind(queue.state);
        queue.state.apply = (index: number, data: Uint8Array): Applied => {
          const applied = apply(index, data);
          agenda.update(applied.changed);
          return applied;
        };
        const sent = walk.commandOf(step);
        if (sent === undefined) walk.pass(step);
        else queue.apply(sent.author, sent.command);
        queue.state.apply = apply;
        if (queue.log.length === from) continue;
        const afresh = new Agenda(queue.state);
        for (const set of queue.state.sets.keys())
          expect(why(agenda, set), `${i} ${step.verb} ${set}`).toBe(why(afresh, set));
        expect(agenda.waiting).toBe(afresh.waiting);
        if (!('strategy' in settings))
          for (const printer of queue.state.printers.keys())
            expect(agenda.next(printer), `${i} ${step.verb}`).toEqual(afresh.next(printer));
      }
    }
  });

  it('says that whoever drives the only printer may not print for this queue', () => {
    const { queue, agenda, job, setUp } = shop();
    const ann = queue.join('printer');
    setUp(p1);
    queue.must(queue.owner, { type: 'remove-printer', printer: p1 });
    const theirs = queue.printer(ann);
    const set = must(job({}).sets[0], 'a set');
    expect(why(agenda, set)).toContain('It is next in turn');
    queue.must(queue.owner, { type: 'set-member', peer: ann.peer, role: 'viewer' });
    const sentence = new RegExp('^MK3 \\S+ takes no new prints: Person 2 may not print for this queue\\.$');
    expect(why(agenda, set)).toMatch(sentence);
    expect(said(agenda.next(theirs))).toMatchObject({ kind: 'wait' });
  });

  it('is the same before anybody has chosen and after', () => {
    const { queue, job, setUp } = shop();
    setUp(p1, { nozzleMm: 0.4 });
    const jobs = [job({ nozzleMm: 0.6 }), job({ nozzleMm: 0.4 }), job({})];
    const agenda = new Agenda(queue.state);
    const sets = jobs.flatMap((each) => each.sets);
    const before = sets.map((set) => why(agenda, set));
    expect(said(agenda.next(p1))).toMatchObject({ kind: 'claim', set: sets[1] });
    expect(sets.map((set) => why(agenda, set))).toEqual(before);
    expect(agenda.waiting).toBe(3);
  });

  it('names what is needed and what the printers have', () => {
    const { queue, agenda, job, setUp } = shop();
    const set = must(job({ nozzleMm: 0.6 }).sets[0], 'a set');
    expect(why(agenda, set)).toBe('No printer is in this queue yet. Connect one.');
    setUp(p1, { nozzleMm: 0.4 });
    setUp('p2' as PrinterId, { nozzleMm: 0.4, name: 'MK3-3' });
    expect(why(agenda, set)).toBe('It needs a 0.6 mm nozzle; 2 printers have 0.4 mm.');
    setUp('p3' as PrinterId, { nozzleMm: 0.6, name: 'MK4' });
    expect(why(agenda, set)).toBe('It is next in turn when MK4 takes another copy.');
    queue.must(queue.owner, { type: 'set-bed', printer: 'p3' as PrinterId, bed: 'occupied' });
    expect(why(agenda, set)).toBe('The bed of MK4 must be cleared.');
  });

  it('names the print that is in the way, and a lost printer', () => {
    const { queue, agenda, job, setUp } = shop();
    setUp(p1);
    const set = must(job({}, { count: 2 }).sets[0], 'a set');
    const print = queue.start(queue.owner, set, p1);
    expect(why(agenda, set)).toBe('MK3-2 is printing f1.gcode.');
    expect(said(agenda.next(p1))).toEqual({ kind: 'wait', because: 'MK3-2 is printing f1.gcode.' });
    queue.tick(120_000);
    expect(why(agenda, set)).toBe('MK3-2 lost contact while printing f1.gcode.');
    queue.must(queue.owner, { type: 'resolve', print, verdict: 'unknown' });
    expect(why(agenda, set)).toBe('Someone must look whether the bed of MK3-2 is clear.');
  });

  it('says of a printer that nobody reaches that it is not connected, behind those that are here', () => {
    const { queue, agenda, job, setUp } = shop();
    setUp(p1);
    const set = must(job({}).sets[0], 'a set');
    const gone = new Set<PrinterId>();
    const now = () =>
      why(agenda, set, {
        key: [...gone].join(),
        whyAway: ({ id }) => (gone.has(id) ? 'not-connected' : undefined),
      });
    expect(now()).toBe('It is next in turn when MK3-2 takes another copy.');
    gone.add(p1);
    expect(now()).toBe('MK3-2 is not connected just now.');
    setUp('p2' as PrinterId, { name: 'MK4' });
    expect(now()).toBe('It is next in turn when MK4 takes another copy.');
    queue.must(queue.owner, { type: 'set-bed', printer: 'p2' as PrinterId, bed: 'occupied' });
    expect(now()).toBe('The bed of MK4 must be cleared. MK3-2 is not connected just now.');
    gone.add('p2' as PrinterId);
    expect(now()).toBe('MK3-2 is not connected just now. MK4 is not connected just now.');
    gone.clear();
    expect(now()).toBe('It is next in turn when MK3-2 takes another copy.');
  });

  it('says nothing of a set of which every copy is on a printer', () => {
    const { queue, agenda, job, setUp } = shop();
    setUp(p1);
    const set = must(job({}).sets[0], 'a set');
    queue.must(queue.owner, { type: 'claim', print: 'x' as PrintId, set, printer: p1 });
    expect(why(agenda, set)).toBeUndefined();
  });

  it('gives a kept-together job that failed to its printer again, also where others are to be tried', () => {
    const { queue, agenda, setUp } = shop({ retryOn: 'other' });
    setUp(p1);
    setUp('p2' as PrinterId, { name: 'MK4' });
    const set = must(queue.job(queue.owner, [3], { keepTogether: true }).sets[0], 'a set');
    queue.run(queue.owner, set, p1);
    const print = queue.run(queue.owner, set, p1, 'failed');
    queue.must(queue.owner, { type: 'set-bed', printer: p1, bed: 'clear', print });
    expect(said(agenda.next(p1))).toMatchObject({ kind: 'claim', set });
    expect(said(agenda.next('p2' as PrinterId))).toMatchObject({ kind: 'wait' });
    expect(why(agenda, set)).toBe('All of this job is printed on MK3-2. It is the turn of MK3-2.');
  });

  it('begins a kept-together job only where all of it fits, and says it when that is nowhere', () => {
    const { queue, agenda, setUp } = shop();
    const [p2, p3] = ['p2', 'p3'] as PrinterId[];
    setUp(p1, { nozzleMm: 0.4, materials: [{ family: 'PETG' }] });
    setUp(must(p2, 'p2'), { nozzleMm: 0.6, name: 'MK4' });
    const job = queue.job(queue.owner, [1, 1], { keepTogether: true });
    const needs = [{ nozzleMm: 0.4 }, { materials: [{ family: 'PLA' }] }];
    const sets = job.sets.map((set, i) => ({
      set,
      file: queue.setOf(set).file,
      count: 1,
      requirements: must(needs[i], 'a need'),
    }));
    queue.must(queue.owner, { type: 'edit-job', job: job.id, sets });
    const [a, b] = job.sets.map((set) => must(set, 'a set'));
    expect(said(agenda.next(p1))).toMatchObject({ kind: 'wait' });
    expect(why(agenda, must(a, 'a'))).toBe('It is kept on one printer, and none fits all files of its job.');
    setUp(must(p3, 'p3'), { nozzleMm: 0.4, materials: [{ family: 'PLA' }], name: 'Mini' });
    expect(said(agenda.next(must(p3, 'p3')))).toMatchObject({ kind: 'claim', set: a });
    // Once it has begun there, what keeps the rest is said of that printer.
    queue.run(queue.owner, must(a, 'a'), must(p3, 'p3'));
    setUp(must(p3, 'p3'), { nozzleMm: 0.4, materials: [{ family: 'ABS' }], name: 'Mini' });
    expect(why(agenda, must(b, 'b'))).toBe('All of this job is printed on Mini. It needs PLA; Mini has ABS.');
  });

  it('says that a kept-together job has its printer', () => {
    const { queue, agenda, setUp } = shop();
    setUp(p1);
    setUp('p2' as PrinterId, { name: 'MK4' });
    const job = queue.job(queue.owner, [2], { keepTogether: true });
    const set = must(job.sets[0], 'a set');
    queue.start(queue.owner, set, p1);
    expect(why(agenda, set)).toMatch(/^All of this job is printed on MK3-2\. MK3-2 is printing file-/);
    expect(said(agenda.next('p2' as PrinterId))).toMatchObject({ kind: 'wait' });
  });
});
