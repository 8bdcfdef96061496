import { beforeEach, expect, test } from 'vitest';
import { ManualClock, type PrintId, type PrinterId, type QueueId } from '../../base/index.ts';
import type { PrintOutcome, PrinterStatus } from '../../printer/port.ts';
import { openMemoryStore } from '../../storage/index.ts';
import type { Store } from '../../storage/port.ts';
import { noteMs, PrintDiary } from './print-diary.ts';
import { keepStanding, keptOutcomes, keptStandings, standingsMax } from '../printing/print-journal.ts';

const print = 'p1' as PrintId;
const queue = 'q1' as QueueId;
const good: PrintOutcome = {
  outcome: 'good',
  code: 'good',
  reason: 'Printed.',
  lines: 9,
  resends: 0,
  seconds: 5,
};

let store: Store;
let clock: ManualClock;
let diary: PrintDiary;
let broken: unknown[];

beforeEach(() => {
  store = openMemoryStore();
  clock = new ManualClock();
  broken = [];
  diary = new PrintDiary(Promise.resolve(store), clock, (error) => broken.push(error));
  diary.attached('printer-1' as PrinterId, 'Bench');
  diary.given(print, queue);
});

function at(bytesDone: number, state: PrinterStatus['state'] = 'printing'): PrinterStatus {
  return {
    state,
    temperatures: { tools: [{ actualC: 200, targetC: 210 }], bed: { actualC: 60, targetC: 60 } },
    print: {
      printId: print,
      fileName: 'a.gcode',
      lines: bytesDone / 10,
      resends: 0,
      bytesDone,
      bytesTotal: 1000,
      percent: bytesDone / 10,
      percentFrom: 'bytes',
      seconds: 1,
      heightMm: 0.2,
    },
  };
}

/** What is on disk once every write so far has ended. */
async function standing() {
  await diary.settled();
  return (await keptStandings(store))[0];
}

test('where a print stands is on disk every few seconds, and at once when its state changes', async () => {
  await diary.opened(print, at(10));
  expect(await standing()).toMatchObject({
    print,
    queue,
    fileName: 'a.gcode',
    standing: { bytesDone: 10, touched: true },
  });
  clock.advance(noteMs - 1);
  diary.note(at(20));
  expect((await standing())?.standing.bytesDone).toBe(10);
  clock.advance(1);
  diary.note(at(30));
  expect((await standing())?.standing).toEqual({
    touched: true,
    state: 'printing',
    bytesDone: 30,
    bytesTotal: 1000,
    lines: 3,
    percent: 3,
    heightMm: 0.2,
    nozzleTargetC: 210,
    bedTargetC: 60,
  });
  diary.note(at(31, 'paused'));
  expect((await standing())?.standing).toMatchObject({ bytesDone: 31, state: 'paused' });
});

test('an outcome takes the place of where it stood, and goes when it is reported', async () => {
  await diary.opened(print, at(10));
  await diary.ended(print, good);
  // A status that comes late must not bring the print back.
  clock.advance(noteMs);
  diary.note(at(1000));
  expect(await standing()).toBeUndefined();
  expect(await keptOutcomes(store)).toEqual(
    [{ print, queue, outcome: good }].map((entry) => ({ v: 1, ...entry })),
  );
  await diary.reported(print);
  expect(await keptOutcomes(store)).toEqual([]);
});

test('a print that ended before its first move leaves nothing in the journal', async () => {
  diary.note(at(0, 'starting'));
  expect((await standing())?.standing.touched).toBe(false);
  await diary.ended(print, { ...good, outcome: 'cancelled', code: 'not-started' });
  expect(await keptOutcomes(store)).toEqual([]);
  expect(await keptStandings(store)).toEqual([]);
});

test('a refused print leaves nothing in the journal', async () => {
  diary.note(at(0, 'starting'));
  await diary.dropped(print);
  expect(await keptStandings(store)).toEqual([]);
});

test('a disk that fails is told of, and stops nothing', async () => {
  const full = new PrintDiary(
    Promise.resolve({ ...store, put: () => Promise.reject(new Error('full')) }),
    clock,
    (error) => broken.push(error),
  );
  full.attached('printer-1' as PrinterId, 'Bench');
  full.given(print, queue);
  await full.opened(print, at(10));
  expect(broken).toEqual([new Error('full')]);
});

test('prints that were left and never spoken of do not fill the disk', async () => {
  for (let i = 0; i < standingsMax + 5; i++) {
    await keepStanding(store, {
      print: `p${i}` as PrintId,
      queue,
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
