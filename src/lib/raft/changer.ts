import { Fault, type Refusal, type Result, ok, refuse } from '../base/index.ts';
import { type ConfChange, type ConfChangeStep, jointMode, leavesJoint } from './conf-change.ts';
import type { Progress } from './progress.ts';
import { Tracker, type TrackerConfig, isJoint } from './tracker.ts';
import type { ConfState } from './types.ts';

/** A configuration with its members' progress, ready to be taken into use. */
export interface Configured {
  readonly config: TrackerConfig;
  readonly progress: Map<number, Progress>;
}

/**
 * Works out the next configuration without touching the present one. `lastIndex` is where a new member's log is
 * first probed.
 */
export class Changer {
  readonly #tracker: Tracker;
  readonly #lastIndex: number;

  constructor(tracker: Tracker, lastIndex: number) {
    this.#tracker = tracker;
    this.#lastIndex = lastIndex;
  }

  /** The configuration after the change, by the way that the change itself asks for. */
  change(change: ConfChange): Result<Configured> {
    if (leavesJoint(change)) return this.leaveJoint();
    const mode = jointMode(change);
    return mode === 'none' ? this.simple(change.steps) : this.enterJoint(mode === 'automatic', change.steps);
  }

  /** Copies the incoming voters to the outgoing half and applies the steps to the incoming one. */
  enterJoint(autoLeave: boolean, steps: readonly ConfChangeStep[]): Result<Configured> {
    const draft = this.#draft();
    if (draft.outgoing.size > 0) return refused('config is already joint');
    if (draft.incoming.size === 0) return refused("can't make a zero-voter config joint");
    for (const id of draft.incoming) draft.outgoing.add(id);
    this.#apply(draft, steps);
    if (draft.incoming.size === 0) return refused('removed all voters');
    draft.autoLeave = autoLeave;
    return ok(finish(draft));
  }

  /** Drops the outgoing half. Demoted voters become learners now. */
  leaveJoint(): Result<Configured> {
    const draft = this.#draft();
    if (draft.outgoing.size === 0) return refused("can't leave a non-joint config");
    for (const id of draft.learnersNext) {
      draft.learners.add(id);
      const progress = draft.progress.get(id);
      if (progress !== undefined) progress.isLearner = true;
    }
    draft.learnersNext.clear();
    for (const id of draft.outgoing) {
      if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
    }
    draft.outgoing.clear();
    draft.autoLeave = false;
    return ok(finish(draft));
  }

  /** Applies steps that together change at most one voter. */
  simple(steps: readonly ConfChangeStep[]): Result<Configured> {
    const draft = this.#draft();
    if (draft.outgoing.size > 0) return refused("can't apply simple config change in joint config");
    this.#apply(draft, steps);
    if (draft.incoming.size === 0) return refused('removed all voters');
    if (differences(this.#tracker.config.incoming, draft.incoming) > 1) {
      return refused('more than one voter changed without entering joint config');
    }
    return ok(finish(draft));
  }

  #draft(): Draft {
    const { config, progress } = this.#tracker;
    const copies = new Map<number, Progress>();
    for (const [id, member] of progress) copies.set(id, member.copy());
    const draft = {
      incoming: new Set(config.incoming),
      outgoing: new Set(config.outgoing),
      learners: new Set(config.learners),
      learnersNext: new Set(config.learnersNext),
      autoLeave: config.autoLeave,
      progress: copies,
    };
    check(draft);
    return draft;
  }

  #apply(draft: Draft, steps: readonly ConfChangeStep[]): void {
    for (const { kind, id } of steps) {
      // A change that the application decided against has its id blanked.
      if (id === 0) continue;
      if (kind === 'add-voter') this.#makeVoter(draft, id);
      else if (kind === 'add-learner') this.#makeLearner(draft, id);
      else if (kind === 'remove') remove(draft, id);
    }
  }

  #makeVoter(draft: Draft, id: number): void {
    const member = draft.progress.get(id);
    if (member === undefined) draft.progress.set(id, this.#newMember(id, false));
    else member.isLearner = false;
    draft.learners.delete(id);
    draft.learnersNext.delete(id);
    draft.incoming.add(id);
  }

  /** A voter of the outgoing half keeps its vote until the joint configuration is left; others are demoted now. */
  #makeLearner(draft: Draft, id: number): void {
    const member = draft.progress.get(id);
    if (member === undefined) {
      draft.progress.set(id, this.#newMember(id, true));
      draft.learners.add(id);
      return;
    }
    if (member.isLearner) return;
    remove(draft, id);
    draft.progress.set(id, member);
    if (draft.outgoing.has(id)) {
      draft.learnersNext.add(id);
    } else {
      member.isLearner = true;
      draft.learners.add(id);
    }
  }

  #newMember(id: number, isLearner: boolean): Progress {
    return this.#tracker.newProgress(id, Math.max(this.#lastIndex, 1), isLearner);
  }
}

/** The configuration that a snapshot or a stored state names. Refused if that is inconsistent. */
export function restoreConfig(state: ConfState, empty: Tracker, lastIndex: number): Result<Configured> {
  // A joint configuration is rebuilt by playing it: first the outgoing half alone, then the way into the joint one.
  const tracker = new Tracker(empty.inflightMessagesMax, empty.inflightBytesMax);
  const joint = state.votersOutgoing.length > 0;
  const target: ConfChangeStep[] = [
    ...state.votersOutgoing.map((id) => ({ kind: 'remove', id }) as const),
    ...state.voters.map((id) => ({ kind: 'add-voter', id }) as const),
    ...state.learners.map((id) => ({ kind: 'add-learner', id }) as const),
    ...state.learnersNext.map((id) => ({ kind: 'add-learner', id }) as const),
  ];
  const before = joint ? state.votersOutgoing.map((id) => ({ kind: 'add-voter', id }) as const) : target;
  for (const step of before) {
    const next = new Changer(tracker, lastIndex).simple([step]);
    if (!next.ok) return next;
    tracker.use(next.value.config, next.value.progress);
  }
  if (joint) {
    const next = new Changer(tracker, lastIndex).enterJoint(state.autoLeave, target);
    if (!next.ok) return next;
    tracker.use(next.value.config, next.value.progress);
  }
  return sameMembers(state, tracker.config)
    ? ok({ config: tracker.config, progress: tracker.progress })
    : refused('the configuration names members in a way that contradicts itself');
}

/** Says why a configuration contradicts itself, or nothing if it does not. */
export function confStateRefusal(state: ConfState): Refusal | undefined {
  const restored = restoreConfig(state, new Tracker(1, 0), 1);
  return restored.ok ? undefined : restored.refusal;
}

interface Draft {
  readonly incoming: Set<number>;
  readonly outgoing: Set<number>;
  readonly learners: Set<number>;
  readonly learnersNext: Set<number>;
  autoLeave: boolean;
  readonly progress: Map<number, Progress>;
}

function remove(draft: Draft, id: number): void {
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function finish(draft: Draft): Configured {
  check(draft);
  const config = {
    incoming: sorted(draft.incoming),
    outgoing: sorted(draft.outgoing),
    learners: sorted(draft.learners),
    learnersNext: sorted(draft.learnersNext),
    autoLeave: draft.autoLeave,
  };
  return { config, progress: draft.progress };
}

/** What every configuration must satisfy; anything else is a defect of ours. */
function check(draft: Draft): void {
  const { incoming, outgoing, learners, learnersNext, progress } = draft;
  for (const set of [incoming, outgoing, learners, learnersNext]) {
    for (const id of set) if (!progress.has(id)) throw new Fault(`no progress for ${id}`);
  }
  for (const id of learnersNext) {
    if (!outgoing.has(id)) throw new Fault(`${id} is to become a learner but is no outgoing voter`);
    if (progress.get(id)?.isLearner === true)
      throw new Fault(`${id} is to become a learner but is one already`);
  }
  for (const id of learners) {
    if (outgoing.has(id) || incoming.has(id)) throw new Fault(`${id} is both learner and voter`);
    if (progress.get(id)?.isLearner === false) throw new Fault(`${id} is a learner but not marked as one`);
  }
  if (outgoing.size === 0 && (learnersNext.size > 0 || draft.autoLeave)) {
    throw new Fault('a configuration that is not joint has traces of a joint one');
  }
}

function sameMembers(state: ConfState, config: TrackerConfig): boolean {
  return (
    same(state.voters, config.incoming) &&
    same(state.votersOutgoing, config.outgoing) &&
    same(state.learners, config.learners) &&
    same(state.learnersNext, config.learnersNext) &&
    (state.autoLeave === config.autoLeave || !isJoint(config))
  );
}

function same(list: readonly number[], ids: readonly number[]): boolean {
  return list.length === ids.length && [...list].sort((a, b) => a - b).every((id, i) => id === ids[i]);
}

function sorted(ids: ReadonlySet<number>): readonly number[] {
  return [...ids].sort((a, b) => a - b);
}

function differences(before: readonly number[], after: ReadonlySet<number>): number {
  let count = 0;
  for (const id of before) if (!after.has(id)) count++;
  for (const id of after) if (!before.includes(id)) count++;
  return count;
}

function refused(text: string): { readonly ok: false; readonly refusal: Refusal } {
  return refuse('conf-change', text);
}
