import { describe, expect, it } from 'vitest';
import type { PrinterId, QueueId } from '../../base/index.ts';
import { alertsOf } from './alerts.ts';
import { saidAlert } from '../tab/said-views.ts';
import type { PrintFacts, PrinterFacts } from '../view-facts.ts';

const calm: PrinterFacts = {
  printer: 'left' as PrinterId,
  name: 'Left',
  peer: 'peer' as PrinterFacts['peer'],
  peerName: 'Anna',
  mine: true,
  online: true,
  virtual: false,
  model: undefined,
  state: 'ready',
  doing: { code: 'state' },
  asks: undefined,
  bed: 'clear',
  enabled: true,
  print: undefined,
  nozzle: undefined,
  plate: undefined,
  coming: { kind: 'wait', because: { code: 'nothing-waits' } },
  nozzleMm: undefined,
  sizeMm: undefined,
  surface: undefined,
  materials: [],
  autoClear: false,
  stop: undefined,
};
const print = (phase: PrintFacts['phase']) => ({ phase, jobName: 'Shields' }) as PrintFacts;
const of = (...printers: PrinterFacts[]) =>
  alertsOf([{ queue: 'queue' as QueueId, name: 'Workshop', printers }])
    .map(saidAlert)
    .map(({ kind, text }) => `${kind}: ${text}`);

describe('what waits for a person', () => {
  it('is nothing where printers stand ready or print', () => {
    expect(of(calm, { ...calm, state: 'printing', bed: 'occupied', print: print('started') })).toEqual([]);
  });

  it('is a bed after a print, and a bed that nobody has looked at', () => {
    expect(of({ ...calm, bed: 'occupied' })).toEqual(['bed: Clear the bed of Left.']);
    expect(of({ ...calm, bed: 'unknown' })).toEqual(['bed: Look whether the bed of Left is clear.']);
    // Claimed and not begun: the bed is in the way of it.
    expect(of({ ...calm, bed: 'occupied', print: print('claimed') })).toHaveLength(1);
  });

  it('is filament or a question of the firmware, in the printer’s own words, before anything else', () => {
    const asks = {
      ...calm,
      state: 'paused',
      bed: 'occupied',
      asks: { code: 'file-asks', said: 'No filament. Load some, then resume.' },
    } as const;
    expect(of({ ...asks, print: print('started') })).toEqual([
      'question: Left: No filament. Load some, then resume.',
    ]);
  });

  it('is a printer that failed, contact lost in a print, and a printer stopped after failures', () => {
    const trouble = { code: 'halted', said: 'thermal runaway' } as const;
    expect(of({ ...calm, state: 'failed', doing: { code: 'broken', trouble } })).toEqual([
      'failed: Left: The printer stopped itself: thermal runaway. It must be reset.',
    ]);
    expect(of({ ...calm, online: false, state: 'disconnected', print: print('lost-contact') })).toEqual([
      'lost: Contact with Left is lost in the middle of “Shields”.',
    ]);
    expect(of({ ...calm, stop: { code: 'sets-failed', sets: 2 } })).toEqual([
      'stopped: Left takes no work: 2 different files failed here in a row: look at the printer, then resume it.',
    ]);
  });

  it('is not the bed of a printer that is switched off in the queue or that is away', () => {
    expect(of({ ...calm, bed: 'occupied', enabled: false })).toEqual([]);
    expect(of({ ...calm, bed: 'occupied', online: false, state: 'disconnected' })).toEqual([]);
  });

  it('comes with the most pressing first, each under a key of its own', () => {
    const printers = [
      { ...calm, bed: 'occupied' as const },
      { ...calm, printer: 'right' as PrinterId, name: 'Right', asks: { code: 'no-filament' } as const },
    ];
    expect(of(...printers).map((line) => line.split(':')[0])).toEqual(['question', 'bed']);
    const keys = alertsOf([{ queue: 'queue' as QueueId, name: 'W', printers }]).map((alert) => alert.key);
    expect(new Set(keys).size).toBe(2);
  });
});
