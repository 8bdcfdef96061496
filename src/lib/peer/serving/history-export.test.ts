import { describe, expect, it } from 'vitest';
import { type FileId, type PrintId, must } from '../../base/index.ts';
import { TestQueue } from '../../queue/fixture.ts';
import { historyMax, importPrintsMax } from '../../queue/limits.ts';
import { csvField, historyAsCsv, historyAsJson, totalsAsCsv } from './history-export.ts';

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
    // Fullwidth signs count as their plain ones, and some programs part cells at semicolons.
    expect(csvField('＝1+1')).toBe("'＝1+1");
    expect(csvField('red; =1+1')).toBe(`"red; '=1+1"`);
    expect(csvField('a=b, c-d')).toBe('"a=b, c-d"');
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
      '\uFEFFprint,job,file,printer,peer,submitter,material,started,ended,seconds,filament_mm,outcome,reason,decided_by,surplus,lines,resends',
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
        by_printer: { [printer]: { name: queue.state.printers.get(printer)?.name, prints: 2 } },
      },
      prints: [
        { print: done, outcome: 'good' },
        { print: failed, reason },
      ],
    });
  });

  it('has the totals as a table of their own, which count prints, printers and people that are gone', () => {
    const queue = new TestQueue();
    const ben = queue.join('submitter');
    const printer = queue.printer(queue.owner);
    const set = must(queue.job(ben, [9]).sets[0], 'a set');
    const figures = { lines: 1, resends: 0, seconds: 60, filamentMm: 5 };
    const finish = (outcome: 'good' | 'failed', reason = '') => {
      const print = queue.start(queue.owner, set, printer);
      queue.must(queue.owner, { type: 'finish', print, outcome, reason, ...figures });
      return print;
    };
    const first = finish('good');
    for (let from = 0; from < historyMax; from += importPrintsMax) {
      const prints = Array.from({ length: Math.min(importPrintsMax, historyMax - from) }, (_, i) => ({
        id: `old-${from + i}` as PrintId,
        jobName: 'Shields',
        copy: 1,
        file: 'file' as FileId,
        fileName: 'shield.gcode',
        printerName: 'Left',
        material: 'PETG',
        outcome: 'good' as const,
        ...figures,
      }));
      queue.must(queue.owner, { type: 'import-history', prints });
    }
    finish('failed', 'Came off');
    const name = queue.state.printers.get(printer)?.name ?? '';
    queue.must(queue.owner, { type: 'remove-printer', printer });
    queue.must(queue.owner, { type: 'remove-member', peer: ben.peer });
    expect(queue.state.history.has(first)).toBe(false);
    const row = (prints: number, good: number, failed: number) =>
      `${prints},${good},${failed},0,0,0,${prints * 60},${prints * 5}`;
    expect(totalsAsCsv(queue.state).split('\r\n')).toEqual([
      '\uFEFFby,name,prints,good,failed,cancelled,unknown,surplus,seconds,filament_mm,id',
      `all,,${row(historyMax + 2, historyMax + 1, 1)},`,
      `printer,imported,${row(historyMax, historyMax, 0)},imported`,
      `printer,"${name}, removed",${row(2, 1, 1)},${printer}`,
      `person,Ada,${row(historyMax, historyMax, 0)},${queue.owner.peer}`,
      `person,someone who left,${row(2, 1, 1)},${ben.peer}`,
      `material,PETG,${row(historyMax, historyMax, 0)},PETG`,
      `material,not known,${row(2, 1, 1)},unknown`,
      '',
    ]);
    // A replica that begins with a snapshot says the same.
    expect(totalsAsCsv(queue.restored(queue.state.snapshot()))).toBe(totalsAsCsv(queue.state));
  });
});
