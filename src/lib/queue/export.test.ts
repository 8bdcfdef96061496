import { describe, expect, it } from 'vitest';
import { must } from '../base/index.ts';
import { csvField, historyCsv, historyJson, totalsCsv } from './export.ts';
import { TestQueue } from './fixture.ts';

describe('the export of the history', () => {
  it('quotes as RFC 4180 says', () => {
    expect(csvField('plain')).toBe('plain');
    expect(csvField('a,b')).toBe('"a,b"');
    expect(csvField('say "hi"')).toBe('"say ""hi"""');
    expect(csvField('two\nlines')).toBe('"two\nlines"');
    expect(csvField(-3.5)).toBe('-3.5');
  });

  it('never hands a spreadsheet a formula that somebody typed', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx']) {
      expect(csvField(text).replace(/^"/, '')).toMatch(/^'/);
    }
    expect(csvField('=HYPERLINK("x","y")')).toBe(`"'=HYPERLINK(""x"",""y"")"`);
  });

  it('has a line for each print and the same entries as JSON', () => {
    const queue = new TestQueue();
    const printer = queue.printer(queue.owner);
    const set = must(queue.job(queue.owner, [1]).sets[0], 'a set');
    const print = queue.start(queue.owner, set, printer);
    queue.must(queue.owner, {
      type: 'finish',
      print,
      outcome: 'good',
      lines: 1,
      resends: 0,
      seconds: 60,
      filamentMm: 5,
    });
    const entries = [...queue.state.history.values()];
    const lines = historyCsv(entries).split('\r\n');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(print);
    expect(lines[1]).toContain(',good,');
    expect(JSON.parse(historyJson(entries))).toMatchObject([{ id: print, outcome: 'good' }]);
    const totals = totalsCsv('printer', queue.state.totals.byPrinter, () => 'MK3, left').split('\r\n');
    expect(totals[1]).toBe('"MK3, left",1,1,0,0,0,0,60,5');
  });
});
