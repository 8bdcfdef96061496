import { IDBFactory } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { refusedByStorage, storageDenied } from './storage-access.ts';

const noWorker = { code: 'no-worker', text: 'The worker could not be loaded.' };

/** A browser that keeps no data, as Chromium has it: it answers, and the answer is no. */
function denying(): IDBFactory {
  const request = new EventTarget();
  queueMicrotask(() => request.dispatchEvent(new Event('error')));
  return { open: () => request } as unknown as IDBFactory;
}

test('where the browser keeps no data, that is the reason which a person is told, whatever failed first', async () => {
  expect(await refusedByStorage(noWorker, denying())).toBe(storageDenied);
  expect(await refusedByStorage({ ...noWorker, code: 'start-failed' }, denying())).toBe(storageDenied);
  const throwing = {
    open: () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    },
  } as unknown as IDBFactory;
  expect(await refusedByStorage(noWorker, throwing)).toBe(storageDenied);
});

test('where it keeps data the reason is another one, and nothing of the trial stays', async () => {
  const factory = new IDBFactory();
  expect(await refusedByStorage(noWorker, factory)).toBeUndefined();
  await expect.poll(() => factory.databases()).toEqual([]);
  expect(await refusedByStorage({ ...noWorker, code: 'other-worker' }, denying())).toBeUndefined();
});
