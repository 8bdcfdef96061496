import { expect, test } from 'vitest';
import { type PrintId, type PrinterId, type QueueId, silentLog, utf8 } from '../../base/index.ts';
import { openMemoryStore } from '../../storage/memory.ts';
import type { Store } from '../../storage/port.ts';
import { BegunPrints } from './begun-prints.ts';

const printer = 'left' as PrinterId;
const begun = { queue: 'shields' as QueueId, print: 'p1' as PrintId };

async function opened(store: Store): Promise<BegunPrints> {
  const prints = new BegunPrints(store, silentLog);
  await prints.load();
  return prints;
}

test('what was begun is known to the next life of the browser, until that print was cleared away', async () => {
  const store = openMemoryStore();
  const first = await opened(store);
  expect(first.on(printer)).toBe(undefined);
  expect(await first.begin(printer, begun)).toBe(true);
  const second = await opened(store);
  expect(second.on(printer)).toEqual(begun);
  second.cleared(printer, 'p0' as PrintId);
  expect(second.on(printer)).toEqual(begun);
  second.cleared(printer, begun.print);
  expect(second.on(printer)).toBe(undefined);
  expect((await opened(store)).on(printer)).toBe(undefined);
});

test('a record that cannot be read is none', async () => {
  const store = openMemoryStore();
  await store.put('settings', `begun/${printer}`, utf8('nonsense'));
  expect((await opened(store)).on(printer)).toBe(undefined);
});

test('what could not be written down may not begin', async () => {
  const store = openMemoryStore();
  const prints = await opened(store);
  await store.close();
  expect(await prints.begin(printer, begun)).toBe(false);
});
