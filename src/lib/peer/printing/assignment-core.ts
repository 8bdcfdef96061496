import { type PrintId, assert } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import type { Return } from '../../queue/index.ts';
import { reasonToIgnore } from './assignment-ignored.ts';
import { checkStep } from './assignment-invariants.ts';
import {
  type Assignment,
  type Copy,
  type Effect,
  type Event,
  type Ignored,
  type LateReport,
  type Settled,
  type Stage,
  type Step,
  copyOf,
  isAwaited,
  lateReportsMax,
  returnedMax,
} from './assignment-state.ts';

/** Takes one event in. Throws a Fault when an invariant does not hold: see `stopped`. */
export function step(state: Assignment, event: Event): Step {
  const next = new Turn(state).take(event);
  checkStep(state, event, next);
  return next;
}

/** What is left to do after an invariant was broken: whoever waits is told no, and nothing is begun any more. */
export function stopped(state: Assignment, event?: Event): Step {
  const copy = copyOf(state.stage);
  const asked = state.stage.at === 'starting' || state.stage.at === 'noting';
  return {
    state: { ...state, stage: { at: 'stopped', copy } },
    effects: [
      { do: 'stop-fetching' },
      ...(asked && copy !== undefined ? [{ do: 'deny', print: copy.print } as const] : []),
      ...(event?.on === 'ask-start' && !(asked && copy?.print === event.print)
        ? [{ do: 'deny', print: event.print } as const]
        : []),
    ],
    ignored: undefined,
  };
}

/** One step under way: collects effects, and numbers those that end in an event. */
class Turn {
  readonly #before: Assignment;
  readonly #effects: Effect[] = [];
  #state: Assignment;

  constructor(state: Assignment) {
    this.#before = state;
    this.#state = state;
  }

  take(event: Event): Step {
    if ('n' in event && !isAwaited(this.#before, event))
      return this.#nothing(reasonToIgnore(this.#before, event));
    const isLateReports = 'n' in event && this.#before.late.some(({ n }) => n === event.n);
    const followed = isLateReports ? this.#lateReport(event) : this.#follow(event);
    if (!followed) return this.#nothing(reasonToIgnore(this.#before, event));
    return { state: this.#state, effects: this.#effects, ignored: undefined };
  }

  /** Whether anything follows. */
  #follow(event: Event): boolean {
    const { stage } = this.#before;
    switch (event.on) {
      case 'ask-start':
        return this.#askStart(event);
      case 'outcome':
        return this.#outcome(event);
      case 'detached':
        return this.#detached();
      case 'superseded':
        return this.#superseded(event.busy);
      case 'cancelled':
        return this.#cancelled();
      case 'taken':
        return this.#taken();
      case 'refused':
        return this.#refused(event.print, event.why);
      case 'choice':
        if (stage.at !== 'idle' || this.#before.gone) return false;
        if (event.set === undefined) this.#bring(event.copy);
        else {
          const n = this.#number();
          this.#to({ at: 'claiming', n, copy: event.copy });
          this.#do({ do: 'claim', n, copy: event.copy, set: event.set });
        }
        return true;
      case 'claimed':
        return stage.at === 'claiming' && this.#claimed(stage.copy, event.as);
      case 'file':
        return stage.at === 'fetching' && this.#file(stage.copy, event.as);
      case 'agreed':
        return stage.at === 'starting' && !stage.alone && this.#agreed(stage.copy, event);
      case 'alone-kept':
        return stage.at === 'starting' && stage.alone && this.#aloneKept(stage.copy, event.as);
      case 'noted':
        return stage.at === 'noting' && this.#noted(stage, event);
      case 'told':
        if (stage.at !== 'running' || stage.told !== 'writing') return false;
        return event.as === 'written'
          ? this.#to({ ...stage, told: 'done' })
          : this.#pause((n) => ({ ...stage, n, told: 'waits' }));
      case 'kept':
        return stage.at === 'reporting' && !stage.waits && this.#kept(stage, event.as);
      case 'reported':
        return stage.at === 'settling' && this.#free();
      case 'released':
        if (stage.at !== 'releasing' || stage.waits) return false;
        if (event.as !== 'failed') return this.#to({ at: 'idle' });
        return this.#pause((n) => ({ ...stage, n, waits: true }));
      case 'pause-over':
        return this.#pauseOver();
    }
  }

  #claimed(copy: Copy, as: Settled): boolean {
    if (as === 'committed') {
      if (this.#before.gone) return this.#release(copy);
      return this.#bring(copy);
    }
    if (as === 'failed' && !this.#before.gone) return this.#pause((n) => ({ at: 'resting', n }));
    this.#to({ at: 'idle' });
    if (!this.#before.gone) this.#do({ do: 'choose', after: copy.queue });
    return true;
  }

  #file(copy: Copy, as: 'here' | 'refused' | 'failed'): boolean {
    if (as === 'here') {
      this.#do({ do: 'deliver', copy });
      return this.#to({ at: 'delivered', copy, resumed: false });
    }
    this.#do({ do: 'skip-set', copy });
    return this.#release(copy);
  }

  /** Whoever asks is answered, now or by the end of what was begun for it. */
  #askStart({ print, alone }: Extract<Event, { on: 'ask-start' }>): boolean {
    const { stage } = this.#before;
    const waits = stage.at === 'starting' || stage.at === 'noting';
    if (waits && stage.copy.print === print) return false;
    if (stage.at !== 'delivered' || stage.copy.print !== print) return this.#do({ do: 'deny', print });
    const { copy } = stage;
    return alone ? this.#startAlone(copy) : this.#propose(copy);
  }

  #propose(copy: Copy): boolean {
    const n = this.#number();
    this.#do({ do: 'propose-starting', n, copy });
    return this.#to({ at: 'starting', n, copy, alone: false });
  }

  #startAlone(copy: Copy): boolean {
    const n = this.#number();
    this.#do({ do: 'keep-start-alone', n, copy });
    return this.#to({ at: 'starting', n, copy, alone: true });
  }

  #agreed(copy: Copy, { as, facts }: Extract<Event, { on: 'agreed' }>): boolean {
    if (as === 'failed') {
      this.#do({ do: 'skip-set', copy });
      return this.#denyAndRelease(copy);
    }
    if (as === 'unknown' && !facts.starting && facts.alone) return this.#startAlone(copy);
    if (as === 'unknown' && !facts.starting && facts.undecided) {
      const n = this.#number();
      this.#do({ do: 'look-again', n, copy });
      return this.#to({ at: 'starting', n, copy, alone: false });
    }
    if (as === 'refused' || !facts.starting || facts.cancelled || !facts.leaseHolds)
      return this.#denyAndRelease(copy);
    return this.#note(copy, false);
  }

  #aloneKept(copy: Copy, as: 'written' | 'failed'): boolean {
    if (as === 'written') return this.#note(copy, true);
    this.#do({ do: 'skip-set', copy });
    return this.#denyAndRelease(copy);
  }

  #note(copy: Copy, alone: boolean): boolean {
    const n = this.#number();
    this.#do({ do: 'note-begun', n, copy });
    return this.#to({ at: 'noting', n, copy, alone });
  }

  #noted(
    { copy, alone }: Extract<Stage, { at: 'noting' }>,
    { as, facts }: Extract<Event, { on: 'noted' }>,
  ): boolean {
    const { print } = copy;
    // Whoever begins alone holds the copy whatever becomes of the lease.
    const mayBegin = alone || (facts.leaseHolds && !facts.cancelled);
    if (as !== 'written' || !mayBegin) {
      if (as !== 'written') this.#do({ do: 'skip-set', copy });
      return alone ? this.#denyStarted(copy) : this.#denyAndRelease(copy);
    }
    this.#do({ do: 'grant', print });
    // That it was begun alone stands in the outbox already.
    if (alone) return this.#to({ at: 'running', n: this.#number(), copy, told: 'done' });
    return this.#tellStarted(copy);
  }

  #tellStarted(copy: Copy): boolean {
    const n = this.#number();
    this.#do({ do: 'tell-started', n, copy });
    return this.#to({ at: 'running', n, copy, told: 'writing' });
  }

  /** A late or doubled outcome is always taken: a finished print is never forgotten. */
  #outcome(event: Extract<Event, { on: 'outcome' }>): boolean {
    const { stage } = this.#before;
    const { print, outcome } = event;
    if (copyOf(stage)?.print !== print || stage.at === 'stopped' || stage.at === 'claiming')
      return this.#outcomeOfAnother(event);
    switch (stage.at) {
      case 'running':
        return this.#report(stage.copy, outcome);
      case 'fetching':
      case 'delivered':
      case 'starting':
      case 'noting': {
        const asked = stage.at === 'starting' || stage.at === 'noting';
        if (stage.at === 'fetching') this.#do({ do: 'stop-fetching' });
        if (asked) this.#do({ do: 'deny', print });
        if (stage.at === 'noting') this.#do({ do: 'clear-note', copy: stage.copy });
        // The queue has been told that it was begun: it is told how that ended.
        if (event.counts || (asked && stage.alone)) return this.#report(stage.copy, outcome);
        this.#do({ do: 'acknowledge', print });
        if (event.skips) this.#do({ do: 'skip-set', copy: stage.copy });
        return this.#release(stage.copy, event.why);
      }
      case 'settling':
      case 'releasing':
        return this.#do({ do: 'acknowledge', print });
      case 'reporting':
        return false;
      case 'idle':
      case 'resting':
        return this.#outcomeOfAnother(event);
    }
  }

  #outcomeOfAnother({ print, outcome, known }: Extract<Event, { on: 'outcome' }>): boolean {
    const { late, returned } = this.#before;
    if (known === 'ended' || returned.includes(print)) return this.#do({ do: 'acknowledge', print });
    if (known === 'nowhere' || late.some((each) => each.print === print) || late.length >= lateReportsMax)
      return false;
    const n = this.#number();
    this.#do({ do: 'keep-report', n, print, outcome });
    return this.#late([...late, { n, print, outcome, at: 'writing' }]);
  }

  #report(copy: Copy, outcome: PrintOutcome): boolean {
    const n = this.#number();
    this.#do({ do: 'keep-report', n, print: copy.print, outcome });
    return this.#to({ at: 'reporting', n, copy, outcome, waits: false });
  }

  #kept(stage: Extract<Stage, { at: 'reporting' }>, as: Extract<Event, { on: 'kept' }>['as']): boolean {
    const { copy, outcome, n } = stage;
    if (as === 'written') {
      this.#do({ do: 'acknowledge', print: copy.print });
      return this.#to({ at: 'settling', n, copy });
    }
    if (as === 'failed') return this.#pause((m) => ({ ...stage, n: m, waits: true }));
    if (as === 'nowhere') return this.#free();
    // The printer is not kept from other work while somebody else reports, or while its queue takes nothing.
    const m = this.#number();
    this.#do({ do: 'pause', n: m });
    const { late } = this.#before;
    this.#late(
      [...late, { n: m, print: copy.print, outcome, at: 'pausing' } as const].slice(-lateReportsMax),
    );
    return this.#free();
  }

  #lateReport(event: Event & { readonly n: number }): boolean {
    const { late } = this.#before;
    const report = late.find(({ n }) => n === event.n);
    if (report === undefined) return false;
    const { print, outcome } = report;
    if (event.on === 'pause-over' && report.at === 'pausing') {
      const n = this.#number();
      this.#do({ do: 'keep-report', n, print, outcome });
      return this.#replaceLate(report, { ...report, n, at: 'writing' });
    }
    if (event.on !== 'kept' || report.at !== 'writing') return false;
    if (event.as === 'written') {
      this.#do({ do: 'acknowledge', print });
      return this.#replaceLate(report, undefined);
    }
    // Whoever attaches next is told it again.
    if (event.as === 'nowhere' || (event.as === 'later' && this.#before.gone))
      return this.#replaceLate(report, undefined);
    const n = this.#number();
    this.#do({ do: 'pause', n });
    return this.#replaceLate(report, { ...report, n, at: 'pausing' });
  }

  #refused(print: PrintId, why: Return | undefined): boolean {
    const { stage } = this.#before;
    if (copyOf(stage)?.print !== print) return false;
    if (stage.at === 'delivered') return this.#release(stage.copy, why);
    if (stage.at !== 'starting' && stage.at !== 'noting') return false;
    return stage.alone ? this.#denyStarted(stage.copy) : this.#denyAndRelease(stage.copy, why);
  }

  #cancelled(): boolean {
    const { stage } = this.#before;
    switch (stage.at) {
      case 'fetching':
        this.#do({ do: 'stop-fetching' });
        return this.#release(stage.copy);
      case 'delivered':
        this.#do({ do: 'cancel-on-printer', print: stage.copy.print });
        // A print worker that had it before tells how that ends.
        return stage.resumed ? true : this.#release(stage.copy);
      case 'starting':
      case 'noting':
        this.#do({ do: 'cancel-on-printer', print: stage.copy.print });
        // Begun already, as far as the queue is told: its print worker tells how that ends.
        return stage.alone ? true : this.#denyAndRelease(stage.copy);
      case 'running':
        return this.#do({ do: 'cancel-on-printer', print: stage.copy.print });
      case 'stopped':
        // What is being printed goes on until its worker tells how it ended, or a person wants it to end.
        return stage.copy !== undefined && this.#do({ do: 'cancel-on-printer', print: stage.copy.print });
      default:
        return false;
    }
  }

  #taken(): boolean {
    const { stage } = this.#before;
    if (stage.at === 'fetching') {
      this.#do({ do: 'stop-fetching' });
      return this.#release(stage.copy);
    }
    if (stage.at !== 'delivered' || stage.resumed) return false;
    this.#do({ do: 'cancel-on-printer', print: stage.copy.print });
    return this.#release(stage.copy);
  }

  /** Before the grant nothing was heated or moved: another printer may have the copy at once. */
  #detached(): boolean {
    if (this.#before.gone) return false;
    this.#state = { ...this.#state, gone: true };
    const { stage } = this.#before;
    switch (stage.at) {
      case 'fetching':
        this.#do({ do: 'stop-fetching' });
        return this.#release(stage.copy);
      case 'delivered':
        return this.#release(stage.copy);
      case 'starting':
      case 'noting':
        return stage.alone ? this.#denyStarted(stage.copy) : this.#denyAndRelease(stage.copy);
      case 'claiming':
      case 'reporting':
      case 'settling':
      case 'releasing':
        return true;
      case 'idle':
      case 'resting':
      case 'running':
      case 'stopped':
        return this.#to({ at: 'idle' });
    }
  }

  /** What is only claimed is taken up again by the new attachment, out of the queue. */
  #superseded(busy: PrintId | undefined): boolean {
    if (this.#before.gone) return false;
    this.#state = { ...this.#state, gone: true };
    const { stage } = this.#before;
    const isTakenUp = copyOf(stage)?.print === busy;
    switch (stage.at) {
      case 'fetching':
        this.#do({ do: 'stop-fetching' });
        return this.#to({ at: 'idle' });
      case 'delivered':
        return isTakenUp ? this.#to({ at: 'idle' }) : this.#release(stage.copy);
      case 'starting':
      case 'noting':
        // The same worker asks the new attachment, which writes its own note.
        if (isTakenUp) {
          if (stage.at === 'noting') this.#do({ do: 'clear-note', copy: stage.copy });
          return this.#to({ at: 'idle' });
        }
        return stage.alone ? this.#denyStarted(stage.copy) : this.#denyAndRelease(stage.copy);
      case 'reporting':
      case 'settling':
      case 'releasing':
        return true;
      case 'idle':
      case 'resting':
      case 'claiming':
      case 'running':
      case 'stopped':
        return this.#to({ at: 'idle' });
    }
  }

  #pauseOver(): boolean {
    const { stage } = this.#before;
    if (stage.at === 'resting') return this.#free();
    if (stage.at === 'running' && stage.told === 'waits') return this.#tellStarted(stage.copy);
    if (stage.at === 'reporting' && stage.waits) return this.#report(stage.copy, stage.outcome);
    if (stage.at === 'releasing' && stage.waits) return this.#release(stage.copy, stage.why);
    return false;
  }

  #bring(copy: Copy): boolean {
    const n = this.#number();
    this.#do({ do: 'fetch', n, copy });
    return this.#to({ at: 'fetching', n, copy });
  }

  #denyAndRelease(copy: Copy, why?: Return): boolean {
    const { stage } = this.#before;
    this.#do({ do: 'deny', print: copy.print });
    if (stage.at === 'noting') this.#do({ do: 'clear-note', copy });
    return this.#release(copy, why);
  }

  /** The queue was told that it was begun, and takes it back no more: it hears how that ended from the print worker, or that nobody knows. */
  #denyStarted(copy: Copy): boolean {
    this.#do({ do: 'deny', print: copy.print });
    return this.#free();
  }

  #release(copy: Copy, why?: Return): boolean {
    const n = this.#number();
    this.#do({ do: 'release', n, copy, why });
    const { returned } = this.#before;
    if (!returned.includes(copy.print))
      this.#state = { ...this.#state, returned: [...returned, copy.print].slice(-returnedMax) };
    return this.#to({ at: 'releasing', n, copy, why, waits: false });
  }

  #free(): boolean {
    if (!this.#state.gone) this.#do({ do: 'choose', after: undefined });
    return this.#to({ at: 'idle' });
  }

  #pause(to: (n: number) => Stage): boolean {
    const n = this.#number();
    this.#do({ do: 'pause', n });
    return this.#to(to(n));
  }

  #late(late: readonly LateReport[]): boolean {
    this.#state = { ...this.#state, late };
    return true;
  }

  #replaceLate(report: LateReport, by: LateReport | undefined): boolean {
    const late = this.#state.late.flatMap((each) => (each.print !== report.print ? [each] : (by ?? [])));
    return this.#late(late);
  }

  #to(stage: Stage): boolean {
    this.#state = { ...this.#state, stage };
    return true;
  }

  #do(effect: Effect): boolean {
    this.#effects.push(effect);
    return true;
  }

  #number(): number {
    const count = this.#state.count + 1;
    assert(Number.isSafeInteger(count), 'effects are numbered');
    this.#state = { ...this.#state, count };
    return count;
  }

  #nothing(ignored: Ignored): Step {
    assert(this.#effects.length === 0, 'nothing follows from an event that is ignored');
    return { state: this.#before, effects: [], ignored };
  }
}
