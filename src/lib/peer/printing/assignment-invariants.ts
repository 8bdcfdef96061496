import { assert } from '../../base/index.ts';
import {
  type Assignment,
  type Effect,
  type Event,
  type Stage,
  type Step,
  copyOf,
  lateReportsMax,
  returnedMax,
} from './assignment-state.ts';

/**
 * What must hold of every step, asserted in production: a broken one stops this printer's assignment before its effects are
 * carried out. Throws a `Fault`.
 */
export function checkStep(before: Assignment, event: Event, { state, effects }: Step): void {
  checkState(before, state);
  checkAnswers(before, event, state, effects);
  checkOutcomes(before, event, state, effects);
  for (const effect of effects) {
    if ('n' in effect)
      assert(
        effect.n > before.count && effect.n <= state.count,
        'an effect has a number that was given before',
      );
    if (effect.do === 'release') assert(state.stage.at === 'releasing', 'a copy goes back that is kept');
    if (effect.do === 'note-begun') assert(state.stage.at === 'noting', 'a note is written for nothing');
    if (effect.do === 'deliver') assert(!state.gone, 'a copy is delivered to a printer that has left');
  }
}

function checkState(before: Assignment, { stage, gone, late, returned, count }: Assignment): void {
  assert(!before.gone || gone, 'a printer that has left is back without being attached');
  assert(count >= before.count, 'numbers of effects go back');
  assert(!('n' in stage) || stage.n <= count, 'a stage waits for an effect that was never asked for');
  assert(late.length <= lateReportsMax && returned.length <= returnedMax, 'a list has no end');
  assert(new Set(late.map(({ print }) => print)).size === late.length, 'a print has two late reports');
  assert(!gone || !isBeforeGrant(stage), 'a printer that has left is to begin a print');
}

/** A grant follows the written note alone, comes once, and never beside a no; who asked is answered or still waits. */
function checkAnswers(
  before: Assignment,
  event: Event,
  { stage }: Assignment,
  effects: readonly Effect[],
): void {
  const was = before.stage;
  const answers = effects.filter((effect) => effect.do === 'grant' || effect.do === 'deny');
  assert(answers.length <= 1, 'one question has two answers');
  const granted = effects.find((effect) => effect.do === 'grant');
  if (granted !== undefined) {
    const isNoted = was.at === 'noting' && event.on === 'noted' && event.as === 'written';
    assert(isNoted && was.copy.print === granted.print, 'a print is granted that was not noted as begun');
    assert(!before.gone, 'a printer that has left is told to begin');
    assert(stage.at === 'running', 'a granted print is not running');
  }
  if (event.on === 'ask-start') {
    const waits = isAsked(stage) && copyOf(stage)?.print === event.print;
    assert(waits || answers.length === 1, 'who asked has no answer');
  }
  const isLeft = isAsked(was) && !isAsked(stage);
  assert(!isLeft || answers.length === 1 || event.on === 'superseded', 'who waits is left without an answer');
}

/** No outcome is dropped, and none is acknowledged before it is safe. */
function checkOutcomes(
  before: Assignment,
  event: Event,
  { stage, late }: Assignment,
  effects: readonly Effect[],
): void {
  const was = before.stage;
  const acknowledged = effects.flatMap((effect) => (effect.do === 'acknowledge' ? [effect.print] : []));
  assert(acknowledged.length <= 1, 'two outcomes are acknowledged at once');
  if (acknowledged.length > 0)
    assert(
      event.on === 'outcome' || event.on === 'kept',
      'an outcome is acknowledged that nobody told or kept',
    );
  const isDropped = (print: string) =>
    !acknowledged.some((each) => each === print) &&
    !(stage.at === 'reporting' && stage.copy.print === print) &&
    !late.some((each) => each.print === print);
  const isNowhere = event.on === 'kept' && (event.as === 'nowhere' || event.as === 'later');
  if (was.at === 'reporting' && !isNowhere)
    assert(!isDropped(was.copy.print), 'the outcome of the print in hand is dropped');
  for (const { print } of before.late) assert(isNowhere || !isDropped(print), 'a late outcome is dropped');
  if (was.at === 'running' && event.on === 'outcome' && event.print === was.copy.print)
    assert(stage.at === 'reporting', 'a print that ran ends without a report');
}

function isAsked(stage: Stage): boolean {
  return stage.at === 'starting' || stage.at === 'noting';
}

function isBeforeGrant(stage: Stage): boolean {
  return stage.at === 'fetching' || stage.at === 'delivered' || isAsked(stage);
}
