import { describe, expect, it } from 'vitest';
import { must } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { csvField, historyAsCsv, historyAsJson } from './history-export.ts';

describe('the export of the history', () => {
  it('quotes as RFC 4180 says', () => {
    expect(csvField('plain')).toBe('plain');
    expect(csvField('a,b')).toBe('"a,b"');
    expect(csvField('say "hi"')).toBe('"say ""hi"""');
    expect(csvField('two\nlines')).toBe('"two\nlines"');
    expect(csvField(-3.5)).toBe('-3.5');
    expect(csvField(null)).toBe('');
  });

  it('never hands a spreadsheet a formula that somebody typed', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])
      expect(csvField(text).replace(/^"/, '')).toMatch(/^'/);
    expect(csvField('=HYPERLINK("x","y")')).toBe(`"'=HYPERLINK(""x"",""y"")"`);
  });

  it('says of every print who, where, when, how long, filament, outcome and reason; JSON has the totals too', () => {
    const queue = new TestQueue();
    const ben = queue.join('submitter');
    const printer = queue.printer(queue.owner);
    const job = queue.job(ben, [2]);
    const set = must(job.sets[0], 'a set');
    const done = queue.start(queue.owner, set, printer);
    const figures = { lines: 7, resends: 1, seconds: 60, filamentMm: 5 };
    const wallMs = Date.UTC(2026, 10, 21, 12);
    queue.must(queue.owner, { type: 'finish', print: done, outcome: 'good', ...figures, wallMs });
    const failed = queue.start(queue.owner, set, printer);
    const reason = 'Came off the "bed", at once';
    queue.must(queue.owner, { type: 'finish', print: failed, outcome: 'failed', reason, ...figures });
    const [head, first, second, end, ...rest] = historyAsCsv(queue.state).split('\r\n');
    expect(head).toBe(
      'print,job,file,printer,peer,submitter,material,started,ended,seconds,filament_mm,outcome,reason,decided_by,surplus,lines,resends',
    );
    const name = queue.state.members.get(ben.peer)?.name ?? '';
    expect(first).toContain(`${done},${job.name},`);
    expect(first).toContain(`,Ada,${name},`);
    expect(first).toContain(',2026-11-21T12:00:00.000Z,60,5,good,');
    expect(second).toContain(',60,5,failed,"Came off the ""bed"", at once",Ada,false,7,1');
    expect([end, ...rest]).toEqual(['']);
    const read = JSON.parse(historyAsJson(queue.state)) as unknown;
    expect(read).toMatchObject({
      format: 'peerprint-history',
      version: 1,
      totals: {
        all: { prints: 2, good: 1, failed: 1, seconds: 120 },
        by_printer: { [printer]: { prints: 2 } },
      },
      prints: [
        { print: done, outcome: 'good' },
        { print: failed, reason },
      ],
    });
  });
});
