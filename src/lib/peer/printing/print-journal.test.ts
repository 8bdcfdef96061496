import { expect, test } from 'vitest';
import type { PrintId, PrinterId, QueueId } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { keepStanding, keptStandings, standingsMax } from './print-journal.ts';

test('prints that were left and never spoken of do not fill the disk', async () => {
  const store = openMemoryStore();
  for (let i = 0; i < standingsMax + 5; i++) {
    await keepStanding(store, {
      print: `p${i}` as PrintId,
      queue: 'q1' as QueueId,
      printer: 'printer-1' as PrinterId,
      printerName: 'Bench',
      fileName: 'a.gcode',
      wallMs: i,
      standing: { touched: true, state: 'printing', bytesDone: 1, bytesTotal: 2, lines: 1, percent: 50 },
    });
  }
  const kept = await keptStandings(store);
  expect(kept).toHaveLength(standingsMax);
  expect(kept[0]?.wallMs).toBe(standingsMax + 4);
  expect(await store.entries('prints')).toHaveLength(standingsMax);
});
