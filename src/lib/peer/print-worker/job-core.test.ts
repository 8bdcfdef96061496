import { describe, expect, test } from 'vitest';
import { must } from '../../base/index.ts';
import { assertSound, faultCode, stepJob } from './job-core.ts';
import { type JobEffect, type JobEvent, type JobState, noJob } from './job-state.ts';
import { isWanted } from './journal.ts';
import { clearWithinMs, noteMs, removalsMax, reportsMax, rewriteMs, writeMsMax } from './limits.ts';
import { of, outcomeOf, statusOf, there, written } from './testing/job-checks.ts';

const a = of('a');
const b = of('b');

/** A machine's prints, and all that was wanted done. Takes events, or what makes one of the state. */
class Bench {
  state: JobState = noJob;
  effects: readonly JobEffect[] = [];

  constructor(...events: (JobEvent | ((state: JobState) => JobEvent))[]) {
    this.take(there, ...events);
  }

  /** What the last of these events led to. */
  take(...events: (JobEvent | ((state: JobState) => JobEvent))[]): this {
    for (const each of events) {
      const event = typeof each === 'function' ? each(this.state) : each;
      [this.state, this.effects] = stepJob(this.state, event);
    }
    return this;
  }

  get at() {
    return this.state.job.at;
  }

  /** The last event's effects in short, without pauses. */
  get did(): readonly string[] {
    return this.effects.flatMap((effect) => {
      if (effect.do === 'tell')
        return [
          ['tell', effect.message.kind, 'print' in effect.message ? effect.message.print : '']
            .join(' ')
            .trim(),
        ];
      if (effect.do === 'request') return [`request ${effect.request.type}`];
      if (effect.do === 'answer') return [`answer ${effect.print} ${effect.go ? 'go' : 'no'}`];
      if (effect.do === 'write') return [`write ${effect.write.kind} ${effect.write.print}`];
      return effect.do === 'fault' ? ['fault'] : [];
    });
  }

  /** The pause of this length that was asked for last is over. */
  pass(ms: number): this {
    const pause = must(
      this.#pauses.findLast((each) => each.ms === ms),
      `a pause of ${ms} ms`,
    );
    return this.take({ on: 'pause-over', id: pause.id });
  }

  get #pauses() {
    return this.effects.flatMap((effect) => (effect.do === 'pause' ? [effect] : []));
  }
}

const failed = (state: JobState) => written(state, false);
const running = [a.given, a.asked, a.go, written] as const;

describe('a start', () => {
  test('is asked of the peer, and the machine moves once that it begins is on disk', () => {
    const bench = new Bench(a.given);
    expect(bench.did).toEqual(['request print']);
    expect(bench.take(a.asked).did).toEqual(['tell ask-start a']);
    expect(bench.take(a.go).did).toEqual(['write standing a']);
    expect(bench.take(written).did).toEqual(['answer a go']);
  });

  test('is not held up by a disk that refuses the note, or never answers', () => {
    expect(new Bench(a.given, a.asked, a.go).take(failed).did).toEqual(['answer a go']);
    expect(new Bench(a.given, a.asked, a.go).pass(writeMsMax).did).toEqual(['answer a go']);
  });

  test('that is cancelled while that it begins is being written does not move, and is told as cancelled', () => {
    const bench = new Bench(a.given, a.asked, a.go).take(a.cancel);
    expect(bench.did).toEqual(['request cancel', 'answer a no']);
    expect(bench.take(written).did).toEqual([]);
    // Its peer believes that it runs: the end is written down first, as of any that ran.
    expect(bench.take(a.ended('cancelled')).did).toEqual(['write outcome a']);
    expect(bench.take(written).did).toEqual(['tell outcome a']);
  });

  test('that is cancelled before its question does not move when the question comes', () => {
    const bench = new Bench(a.given).take(a.cancel);
    expect(bench.did).toEqual(['request cancel']);
    expect(bench.take(a.asked).did).toEqual(['answer a no']);
    expect(bench.take(a.ended('cancelled')).did).toEqual(['write forget a', 'tell outcome a']);
  });

  test('that is open when the peer is replaced is asked again, and begins once', () => {
    const bench = new Bench(a.given, a.asked).take(there);
    expect(bench.did).toEqual(['tell attach', 'tell status', 'tell ask-start a']);
    expect(bench.take(a.go, written, a.go).did).toEqual([]);
  });

  test('of a print that nobody gave is denied, with and without a peer', () => {
    expect(new Bench(a.asked).did).toEqual(['answer a no']);
    expect(stepJob(noJob, a.asked)[1]).toEqual([{ do: 'answer', print: 'a', go: false }]);
  });

  test('is answered for another print to nobody', () => {
    expect(new Bench(a.given, a.asked).take(b.go).did).toEqual([]);
    expect(new Bench(a.given, a.asked, b.go).at).toBe('asking');
  });

  test('that ends before it was answered is answered, and its end is told', () => {
    const bench = new Bench(a.given, a.asked).take(a.ended('failed'));
    expect(bench.did).toEqual(['answer a no', 'write forget a', 'tell outcome a']);
  });
});

describe('a second print', () => {
  test('is refused while one is in hand, and the first goes on', () => {
    const bench = new Bench(...running).take(b.given);
    expect(bench.did).toEqual(['tell refused b']);
    expect(bench.state.job).toMatchObject({ at: 'running', print: 'a' });
  });

  test('begins while the outcome of the first is untold, and both are told', () => {
    const bench = new Bench(...running, a.ended('good'), b.given, b.asked, failed);
    expect(bench.state.reports.map(({ print, at }) => [print, at])).toEqual([['a', 'told']]);
    bench.take(b.go, written, b.ended('good'), written).take(there);
    expect(bench.did).toEqual(['tell attach', 'tell outcome a', 'tell outcome b', 'tell status']);
  });

  test('is refused while too many outcomes are untaken, and comes when one was taken', () => {
    const bench = new Bench();
    for (let i = 0; i < reportsMax; i++) bench.take(of(`p${i}`).given, of(`p${i}`).ended('failed'));
    expect(bench.take(a.given).did).toEqual(['tell refused a']);
    expect(bench.take(of('p3').kept, a.given).did).toEqual(['request print']);
  });

  test('of the same name tells its peer how far it is', () => {
    expect(new Bench(a.given, a.asked).take(a.given).did).toEqual([
      'tell attach',
      'tell status',
      'tell ask-start a',
    ]);
    expect(new Bench(a.given, a.ended('failed')).take(a.given).did).toEqual(['tell outcome a']);
  });

  test('that the machine refuses is handed back, and leaves nothing in the journal', () => {
    const bench = new Bench(a.given);
    const request = bench.state.job.at === 'preparing' ? bench.state.job.request : 0;
    bench.take({ on: 'replied', request, refusal: { code: 'file', text: 'It is gone.' } });
    expect(bench.did).toEqual(['write forget a', 'tell refused a']);
    expect(bench.at).toBe('idle');
  });
});

describe('an outcome', () => {
  test('is written, then told, and forgotten when the peer has it', () => {
    const bench = new Bench(...running).take(a.ended('good'));
    expect(bench.did).toEqual(['write outcome a']);
    expect(bench.take(written).did).toEqual(['tell outcome a']);
    expect(bench.take(a.kept).did).toEqual(['write forget a']);
  });

  test('is not told to a new peer while it is being written', () => {
    const bench = new Bench(...running, a.ended('good')).take(there);
    expect(bench.did).toEqual(['tell attach', 'tell status']);
    expect(bench.take(written).did).toEqual(['tell outcome a']);
  });

  test('is told again to each new peer until one has it', () => {
    const bench = new Bench(...running, a.ended('good'), written).take(there);
    expect(bench.did).toContain('tell outcome a');
    expect(bench.take(a.kept, there).did).toEqual(['tell attach', 'tell status']);
  });

  test('that cannot be written is told at once, and written again until it is', () => {
    const bench = new Bench(...running, a.ended('good')).take(failed);
    expect(bench.did).toEqual(['tell outcome a']);
    for (let times = 0; times < 50; times++) {
      expect(bench.pass(rewriteMs).did).toEqual(['write outcome a']);
      expect(bench.take(failed).did).toEqual([]);
    }
    expect(bench.pass(rewriteMs).take(written).did).toEqual([]);
    expect(bench.state.journal).toMatchObject({ writing: undefined, failed: [], pause: undefined });
  });

  test('whose write never ends is told all the same, and is written again', () => {
    const bench = new Bench(...running, a.ended('good')).pass(writeMsMax);
    expect(bench.did).toEqual(['tell outcome a']);
    expect(bench.pass(rewriteMs).did).toEqual(['write outcome a']);
  });

  test('that cannot be written is not written any more once the peer has it', () => {
    const bench = new Bench(...running, a.ended('good'), failed).take(a.kept);
    expect(bench.did).toEqual(['write forget a']);
    expect(isWanted(bench.state.journal, 'outcome', a.print)).toBe(false);
    expect(bench.state.journal.failed).toEqual([]);
  });

  test('of a print that nobody gave is told', () => {
    expect(new Bench(a.ended('good')).did).toEqual(['write forget a', 'tell outcome a']);
  });

  test('stands as it was told first', () => {
    expect(new Bench(...running, a.ended('good')).take(a.ended('failed')).did).toEqual([]);
  });
});

describe('the journal', () => {
  test('notes where a print stands at each change of state and after each pause, not in between', () => {
    const bench = new Bench(...running);
    const at = (bytes: number, state: 'printing' | 'paused' = 'printing'): JobEvent => ({
      on: 'status',
      status: statusOf(state, 'a', bytes),
    });
    bench.take(at(10));
    expect(bench.did).toEqual(['tell status', 'write standing a']);
    const { effects } = bench;
    expect(bench.take(written, at(20)).did).toEqual(['tell status']);
    bench.effects = effects;
    expect(bench.pass(noteMs).take(at(30)).did).toEqual(['tell status', 'write standing a']);
    expect(bench.state.journal.writing?.write).toMatchObject({
      entry: { print: 'a', queue: 'queue', printerName: 'Bench', standing: { touched: true, bytesDone: 30 } },
    });
    expect(bench.take(written, at(31, 'paused')).did).toEqual(['tell status', 'write standing a']);
  });

  test('of a slow disk gets the newest, not a queue of old notes', () => {
    const bench = new Bench(...running);
    for (const state of ['printing', 'pausing', 'paused', 'resuming'] as const)
      bench.take({ on: 'status', status: statusOf(state, 'a') });
    expect(bench.state.journal.waiting).toHaveLength(1);
    expect(bench.take(a.ended('failed')).state.journal.waiting).toMatchObject([{ kind: 'outcome' }]);
  });

  test('says of a print that has not begun that nothing was heated or moved', () => {
    const bench = new Bench(a.given).take({ on: 'status', status: statusOf('starting', 'a', 0) });
    expect(bench.state.journal.writing?.write).toMatchObject({ entry: { standing: { touched: false } } });
  });

  test('removes what could not be removed again and again, and no more of that than its limit', () => {
    const bench = new Bench();
    for (let i = 0; i < removalsMax + 5; i++) {
      const each = of(`p${i}`);
      bench.take(each.given, each.ended('cancelled'), failed, each.kept, failed);
    }
    expect(bench.state.journal.failed).toHaveLength(removalsMax);
  });
});

describe('the bed after a print', () => {
  const byScript: JobEvent = { on: 'plan', plan: { by: 'script', coolToC: 30 } };
  const ended = (outcome = outcomeOf('good')): JobEvent => ({ on: 'ended', print: a.print, outcome });
  const replied = ({ clearings: [first] }: JobState, refusal?: { code: string; text: string }): JobEvent => ({
    on: 'replied',
    request: first?.request ?? 0,
    refusal,
  });

  test('is cleared by script once the report is safe, and called clear once that is done', () => {
    const bench = new Bench(byScript, ...running, ended(), written).take(a.kept);
    expect(bench.effects).toContainEqual(
      expect.objectContaining({
        do: 'request',
        request: expect.objectContaining({ type: 'clear-bed', coolToC: 30 }),
      }),
    );
    expect(bench.take((state) => replied(state)).did).toEqual(['tell bed-clear a']);
  });

  test('is not called clear when the script failed', () => {
    const bench = new Bench(byScript, ...running, ended(), written, a.kept);
    expect(bench.take((state) => replied(state, { code: 'x', text: 'No.' })).did).toEqual([]);
    expect(bench.state.clearings).toEqual([]);
  });

  test.each([
    ['failed', outcomeOf('failed')],
    ['good with a finish script that failed', { ...outcomeOf('good'), bedUnsure: true as const }],
  ])('is left to a person when the print was %s', (_, outcome) => {
    const bench = new Bench(byScript, ...running, ended(outcome), written).take(a.kept);
    expect(bench.did).toEqual(['write forget a']);
  });

  test('is left to a person where the owner wants that, and when the report was safe much later', () => {
    expect(new Bench(...running, ended(), written).take(a.kept).did).toEqual(['write forget a']);
    const late = new Bench(byScript, ...running, ended()).pass(clearWithinMs).take(written, a.kept);
    expect(late.did).toEqual(['write forget a']);
  });

  test('is clear of whatever lay there when a person asked for the script', () => {
    const bench = new Bench({ on: 'person-clears', request: 7 });
    expect(bench.take((state) => replied(state)).effects).toEqual([
      { do: 'tell', message: { kind: 'bed-clear', print: undefined } },
    ]);
  });
});

describe('a broken invariant', () => {
  /** A start that waits for a write that nobody wants: the machine would stand still for ever. */
  function broken(at: 'asking' | 'noting' | 'running'): JobState {
    const { state } = new Bench(a.given, a.asked);
    const report = { print: a.print, outcome: outcomeOf('good'), at: 'told', clearPause: undefined } as const;
    if (state.job.at !== 'asking') throw new Error('it asks');
    return { ...state, job: { ...state.job, at }, reports: [report] };
  }

  test('is found by a look at the state', () => {
    expect(() => assertSound(broken('noting'))).toThrow('a print that has ended is in hand');
    expect(() => assertSound(new Bench(...running).state)).not.toThrow();
  });

  test.each(['asking', 'noting'] as const)('starts nothing that is %s, and ends it', (at) => {
    const [state, effects] = stepJob(broken(at), a.go);
    expect(effects.map((effect) => effect.do)).toEqual(['fault', 'answer', 'request']);
    expect(effects).toContainEqual({ do: 'answer', print: 'a', go: false });
    expect(state.job.at).toBe('denied');
  });

  test('cancels what runs, which switches the heaters off, and tells it as failed', () => {
    const [state, effects] = stepJob(broken('running'), { on: 'status', status: statusOf('printing', 'a') });
    expect(effects).toMatchObject([{ do: 'fault' }, { do: 'request', request: { type: 'cancel' } }]);
    const [after, ended] = stepJob({ ...state, reports: [] }, a.ended('cancelled'));
    expect(after.reports).toMatchObject([{ print: 'a', outcome: { outcome: 'failed', code: faultCode } }]);
    expect(ended.map((effect) => effect.do)).toContain('write');
  });

  test('found in an outcome itself tells that outcome as failed', () => {
    const state = { ...broken('running'), reports: [] };
    const twice = { ...state.journal, waiting: [{ kind: 'forget', print: b.print }] as const };
    const [after, effects] = stepJob(
      { ...state, peer: state.peer, journal: { ...twice, failed: twice.waiting } },
      a.ended('good'),
    );
    expect(effects[0]).toMatchObject({ do: 'fault' });
    expect(effects).toContainEqual(
      expect.objectContaining({
        do: 'tell',
        message: expect.objectContaining({ kind: 'outcome', print: 'a' }),
      }),
    );
    expect(after.job.at).toBe('idle');
  });

  test('refuses a print that comes just then', () => {
    const [, effects] = stepJob({ ...broken('running'), job: { at: 'idle' }, peer: undefined }, b.given);
    expect(effects).toMatchObject([{ do: 'fault' }]);
    const [, told] = stepJob(broken('running'), b.given);
    expect(told).toContainEqual(
      expect.objectContaining({
        do: 'tell',
        message: expect.objectContaining({ kind: 'refused', print: 'b' }),
      }),
    );
  });
});
