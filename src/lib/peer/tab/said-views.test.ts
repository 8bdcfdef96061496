import { describe, expect, it } from 'vitest';
import type { PrintNow } from '../api-facts.ts';
import type { FileFacts, JobFacts, PeerFacts, PrintFacts, PrinterFacts } from '../view-facts.ts';
import { saidFile, saidJob, saidPage, saidPeer, saidPrint, saidPrinter } from './said-views.ts';

const print = {
  print: 'p' as PrintFacts['print'],
  now: { code: 'ended', outcome: 'failed' },
  ending: { by: 'person', text: 'came off' },
  decider: { by: 'rule' },
} as PrintFacts;

describe('what a page says of the facts that it is sent', () => {
  it('of a print: how it stands, why it ended, who said so', () => {
    expect(saidPrint(print)).toMatchObject({
      text: 'Failed',
      reason: 'came off',
      decidedBy: 'the queue’s rule',
      ending: print.ending,
    });
    const unsaid = { ...print, ending: undefined, decider: undefined };
    expect(saidPrint(unsaid)).toMatchObject({ reason: undefined, decidedBy: undefined });
    const lost = { by: 'rule', code: 'contact-lost' } as const;
    expect(saidPrint({ ...print, ending: lost }).reason).toBe(
      'Contact was lost for longer than the queue’s rule allows.',
    );
  });

  it.each<[PrintNow, string]>([
    [{ code: 'live', state: 'printing', doing: { code: 'copying', percent: 42 } }, 'Copying the file, 42 %'],
    [{ code: 'live', state: 'paused', doing: { code: 'state' } }, 'Paused'],
    [{ code: 'kept', printer: 'MK3' }, 'Kept for MK3, after the copy before it'],
    [{ code: 'kept-away', printer: 'MK3' }, 'Kept for MK3, which is away. It may be printing it.'],
    [{ code: 'cancelling' }, 'Cancelling'],
    [{ code: 'cancelling-later', printer: 'MK3' }, 'Cancelling, once MK3 is heard of'],
    [{ code: 'lost', printer: 'MK3' }, 'Lost contact with MK3. It may still be printing.'],
    [{ code: 'getting-ready' }, 'Getting ready'],
    [{ code: 'starting' }, 'Starting'],
    [{ code: 'was-printing' }, 'Was printing when last heard of'],
  ])('of a print that is %j', (now, text) => expect(saidPrint({ ...print, now }).text).toBe(text));

  it('of a job: why it and each of its sets wait, and what was set aside', () => {
    const held = { code: 'failed-often', failures: 3 } as const;
    const set = { requirements: { nozzleMm: 0.6 }, held, prints: [print], waits: { code: 'draft' } };
    const waits = { code: 'nobody-has-file', file: 'a.gcode' };
    const said = saidJob({ waits, sets: [set] } as unknown as JobFacts);
    expect(said.why).toBe('Nobody who is here has a.gcode: it waits for a peer that holds it.');
    expect(said.sets[0]).toMatchObject({
      needs: '0.6 mm nozzle',
      quarantine: 'It failed 3 times: look at the file, then release it.',
      why: 'It is a draft: nothing is printed before it is released.',
      prints: [{ text: 'Failed' }],
    });
  });

  it('of a printer: what it does, asks, takes next, and why it was stopped', () => {
    const printer = {
      state: 'paused',
      doing: { code: 'asking', ask: { code: 'no-filament' } },
      asks: { code: 'no-filament' },
      coming: {
        kind: 'claim',
        file: 'a.gcode',
        because: { code: 'first' },
        warnings: [{ rule: 'nozzle', verdict: 'unknown', printer: 'MK3', needs: 0.6 }],
      },
      stop: { code: 'sets-failed', sets: 2 },
      print: undefined,
    } as unknown as PrinterFacts;
    expect(saidPrinter(printer)).toMatchObject({
      text: 'The filament has run out.',
      needs: 'The filament has run out.',
      next: 'a.gcode, because it is first in the list. It needs a 0.6 mm nozzle; nobody said what MK3 has.',
      stopped: '2 different files failed here in a row: look at the printer, then resume it.',
    });
    const away = { ...printer, state: 'disconnected', doing: undefined, asks: undefined } as PrinterFacts;
    expect(saidPrinter(away)).toMatchObject({ text: 'Not connected', needs: undefined });
  });

  it('of a peer and of a file, and of each row of a window', () => {
    const peer = { part: 'voter', path: 'relayed', leads: true } as PeerFacts;
    expect(saidPeer(peer).text).toBe('leads, votes, connected through the relay');
    const file = { holders: ['a'], sizeBytes: 9, hereBytes: 9 } as unknown as FileFacts;
    expect(saidFile(file).text).toBe('Only in this browser: keep it open until another peer has it.');
    expect(saidFile({ ...file, hereBytes: 3 }).text).toBe('Only on one peer so far.');
    expect(saidFile({ ...file, holders: [] }).text).toContain('Nobody who is here has it.');
    const page = { offset: 3, total: 9, items: [file], counts: { all: 9 } };
    expect(saidPage('files', page)).toEqual({ ...page, items: [saidFile(file)] });
  });
});
