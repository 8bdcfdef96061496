import { expect, test } from 'vitest';
import type { PrinterState, PrinterStatus } from '../../printer/port.ts';
import { needsItsTab } from './leaving.ts';

const cold = { actualC: 24, targetC: 0 };
const status = (state: PrinterState, more: Partial<PrinterStatus> = {}): PrinterStatus => ({
  state,
  temperatures: { tools: [cold], bed: cold },
  ...more,
});

test.each(['starting', 'printing', 'pausing', 'paused', 'resuming', 'cancelling', 'finishing'] as const)(
  'a tab whose printer is %s asks before it is closed',
  (state) => expect(needsItsTab(status(state))).toBe(true),
);

test('a cold printer that is ready lets its tab go', () => {
  expect(needsItsTab(status('ready'))).toBe(false);
});

test('a printer heated by hand keeps its tab: closed, nobody would switch it off', () => {
  const hot = { actualC: 30, targetC: 60 };
  expect(needsItsTab(status('ready', { temperatures: { tools: [hot] } }))).toBe(true);
  expect(needsItsTab(status('ready', { temperatures: { tools: [cold], bed: hot } }))).toBe(true);
  expect(needsItsTab(status('ready', { temperatures: { tools: [cold], chamber: hot } }))).toBe(true);
});

test('a bed that is being cleared by script keeps the tab', () => {
  expect(needsItsTab(status('ready', { clearing: 'Waiting for the bed: 52 °C, to 30 °C' }))).toBe(true);
});

test.each(['idle', 'connecting', 'failed', 'disconnected'] as const)(
  'a printer that is %s does not: staying would change nothing',
  (state) =>
    expect(needsItsTab(status(state, { temperatures: { tools: [{ actualC: 200, targetC: 210 }] } }))).toBe(
      false,
    ),
);
