import type { LocalPrinter } from '../peer/api.ts';
import { clockTime, duration } from './format.ts';

/** What a printer's page says of its state: a word for its tag, and one honest sentence. */
export interface StateWords {
  readonly tag: string;
  readonly tone: 'good' | 'live' | 'ask' | 'stop' | '';
  readonly sentence: string;
}

type Told = Pick<
  LocalPrinter,
  'state' | 'needsPerson' | 'waitingFor' | 'problem' | 'prompt' | 'last' | 'clearing'
>;

export function stateWords(printer: Told): StateWords {
  const { state, needsPerson, waitingFor, problem, prompt } = printer;
  // Whatever it does: a question at the machine comes first.
  const asks = prompt?.text ?? needsPerson;
  switch (state) {
    case 'idle':
      return { tag: 'Idle', tone: '', sentence: 'Not connected.' };
    case 'connecting':
      return {
        tag: 'Connecting',
        tone: '',
        sentence: 'Greeting the printer. A board that restarts may take ten seconds.',
      };
    case 'ready':
      if (printer.clearing !== undefined)
        return { tag: 'Clearing', tone: 'live', sentence: `${printer.clearing}.` };
      return { tag: 'Ready', tone: 'good', sentence: asks ?? readySentence(printer) };
    case 'starting':
      return {
        tag: 'Starting',
        tone: 'live',
        sentence: waitingFor ?? 'Getting ready. Nothing heats or moves before the queue has agreed.',
      };
    case 'printing':
      return asks === undefined
        ? { tag: 'Printing', tone: 'live', sentence: waitingFor ?? problem?.text ?? 'Printing.' }
        : { tag: 'Asks you', tone: 'ask', sentence: asks };
    case 'pausing':
      return {
        tag: 'Pausing',
        tone: 'live',
        sentence: 'Pausing. It makes the moves it already has, then the head goes aside.',
      };
    case 'paused':
      return {
        tag: 'Paused',
        tone: 'ask',
        sentence: asks ?? 'Paused. The heaters stay on until you resume or cancel.',
      };
    case 'resuming':
      return {
        tag: 'Resuming',
        tone: 'live',
        sentence: waitingFor ?? 'Going on: it heats again and moves back first.',
      };
    case 'cancelling':
      return {
        tag: 'Cancelling',
        tone: 'live',
        sentence: waitingFor ?? 'Cancelling. The heaters go off and the head moves away.',
      };
    case 'finishing':
      return { tag: 'Finishing', tone: 'live', sentence: waitingFor ?? 'Making the last moves.' };
    case 'failed':
      return {
        tag: 'Needs you',
        tone: 'stop',
        sentence: problem?.text ?? 'The printer stopped. Reset it, then connect it again.',
      };
    case 'disconnected':
      return {
        tag: 'Disconnected',
        tone: 'stop',
        sentence: problem?.text ?? 'The connection is closed. The printer may still be hot.',
      };
    default:
      return { tag: state, tone: '', sentence: '' };
  }
}

function readySentence({ problem, last }: Told): string {
  if (problem !== undefined) return problem.text;
  if (last === undefined) return 'Ready.';
  if (last.outcome === 'good') return 'Ready. The last print came to its end.';
  return `Ready. The last print ${last.outcome === 'failed' ? 'failed' : 'was cancelled'}: ${last.reason}`;
}

/** What is left of a print, and how far that can be believed. Undefined while nothing can be said. */
export function estimate(
  printer: Pick<LocalPrinter, 'state' | 'secondsLeft' | 'progressFrom' | 'progress'>,
  nowMs: number,
): { readonly text: string; readonly basis: string } | undefined {
  const { state, secondsLeft, progressFrom, progress } = printer;
  if (progress === undefined) return undefined;
  if (state === 'starting') return { text: 'Time is counted once it prints', basis: '' };
  if (secondsLeft === undefined) return { text: 'Too early to say how long', basis: '' };
  const basis =
    progressFrom === 'file' ? 'by the file’s own count' : 'a rough guess by how much of the file is sent';
  if (state === 'paused' || state === 'pausing')
    return { text: `${duration(secondsLeft)} left once it goes on`, basis };
  if (state !== 'printing' && state !== 'resuming') return undefined;
  return { text: `${duration(secondsLeft)} left, until ${clockTime(nowMs + secondsLeft * 1000)}`, basis };
}

/** Whether there is something that an emergency stop could reach. */
export function canStop(state: string): boolean {
  return state !== 'idle' && state !== 'disconnected';
}

/** Why a lost or failed printer cannot simply go on, and what is safe. */
export function afterFailure(
  printer: Pick<LocalPrinter, 'state' | 'problem' | 'machine' | 'virtual'>,
): string {
  if (printer.state === 'disconnected') {
    return 'Look at the printer first: its heaters keep their last targets while nobody talks to them. Then plug it in and connect again.';
  }
  if (printer.problem?.code === 'stopped' || printer.problem?.code === 'halted') {
    return printer.machine.hardReset
      ? 'The board waits for a reset: its button, the mains, or “Reset the board” below. Then connect again.'
      : 'The board waits for a reset: its button or the mains. Then connect again.';
  }
  return 'Look at the printer, then connect again.';
}
