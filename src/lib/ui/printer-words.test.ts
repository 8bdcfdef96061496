import { expect, test } from 'vitest';
import { afterFailure, canStop, estimate, stateWords } from './printer-words.ts';
import { busyPrinter, idlePrinter } from './testing/fake-printer.ts';

const states = [
  'idle',
  'connecting',
  'ready',
  'starting',
  'printing',
  'pausing',
  'paused',
  'resuming',
  'cancelling',
  'finishing',
  'failed',
  'disconnected',
];

test('every state has a word and a whole sentence', () => {
  for (const state of states) {
    const words = stateWords({ ...idlePrinter(), state });
    expect(words.tag).not.toBe('');
    expect(words.sentence, state).toMatch(/[.]$/);
  }
});

test('a question at the machine comes before everything else', () => {
  const asks = {
    ...busyPrinter(0.4),
    prompt: { text: 'Load filament', choices: ['Done'] },
    needsPerson: 'The filament has run out.',
  };
  expect(stateWords(asks)).toEqual({ tag: 'Asks you', tone: 'ask', sentence: 'Load filament' });
  expect(stateWords({ ...asks, state: 'paused', prompt: undefined }).sentence).toBe(
    'The filament has run out.',
  );
});

test('what it waits for is said while it prints', () => {
  expect(stateWords({ ...busyPrinter(0), waitingFor: 'Heating the bed to 60 °C' }).sentence).toBe(
    'Heating the bed to 60 °C',
  );
});

test('an estimate names its ground, and none is made up', () => {
  const printing = { ...busyPrinter(0.5), secondsLeft: 3600 };
  expect(estimate(printing, 0)).toMatchObject({ basis: 'by the file’s own count' });
  expect(estimate({ ...printing, progressFrom: 'bytes' }, 0)?.basis).toMatch(/rough/);
  expect(estimate({ ...printing, secondsLeft: undefined }, 0)?.text).toMatch(/Too early/);
  expect(estimate({ ...printing, state: 'paused' }, 0)?.text).toMatch(/once it goes on/);
  expect(estimate({ ...printing, state: 'cancelling' }, 0)).toBeUndefined();
  expect(estimate(idlePrinter(), 0)).toBeUndefined();
});

test('the emergency stop is there in every state that has a connection', () => {
  expect(states.filter((state) => !canStop(state))).toEqual(['idle', 'disconnected']);
});

test('after a failure it says what is safe, and offers a reset only where the port has one', () => {
  const stopped = { ...idlePrinter(), state: 'failed', problem: { code: 'stopped', text: '' } };
  expect(afterFailure(stopped)).toMatch(/Reset the board/);
  expect(afterFailure({ ...stopped, machine: { ...stopped.machine, hardReset: false } })).not.toMatch(
    /Reset the board/,
  );
  expect(afterFailure({ ...stopped, state: 'disconnected' })).toMatch(/heaters keep their last targets/);
});
