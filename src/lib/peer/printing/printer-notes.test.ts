import { expect, test } from 'vitest';
import { silentLog, utf8 } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/index.ts';
import { PrinterNotes } from './printer-notes.ts';

test('what was noted of a printer is there for the next worker, the newest word of each', async () => {
  const store = openMemoryStore();
  const notes = await PrinterNotes.open(store, silentLog);
  await notes.keep('peerprint-printer:port', 'left');
  await notes.keep('peerprint-machine:left', 'first');
  await notes.keep('peerprint-machine:left', 'second');
  expect((await PrinterNotes.open(store, silentLog)).all()).toEqual({
    'peerprint-printer:port': 'left',
    'peerprint-machine:left': 'second',
  });
});

test('a note that cannot be read is as if never made, and too many or too long ones are not kept', async () => {
  const store = openMemoryStore();
  await store.put('printers', 'broken', utf8('no note'));
  const notes = await PrinterNotes.open(store, silentLog);
  await notes.keep('long', 'x'.repeat(200_001));
  await notes.keep('k'.repeat(301), 'short');
  for (let i = 0; i < 400; i++) await notes.keep(`key ${i}`, 'short');
  const all = (await PrinterNotes.open(store, silentLog)).all();
  expect(Object.keys(all)).toHaveLength(300);
  expect(all).not.toHaveProperty('broken');
  expect(all).not.toHaveProperty('long');
});

test('a full disk is no reason not to go on: the note is there while the worker lives', async () => {
  const store = { ...openMemoryStore(), entries: () => Promise.resolve([]) };
  const full = Object.assign(store, { put: () => Promise.reject(new Error('full')) });
  const notes = await PrinterNotes.open(full, silentLog);
  await notes.keep('key', 'text');
  expect(notes.all()).toEqual({ key: 'text' });
});
