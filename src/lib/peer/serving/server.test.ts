import { describe, expect, test } from 'vitest';
import type { FileId, JobId, QueueId } from '../../base/index.ts';
import { storageRefusal } from '../../storage/refusals.ts';
import { calls } from '../calls.ts';
import { type PageMessage, type WorkerMessage, appBuild, portVersion } from '../messages.ts';
import { type Browser, House } from '../testing/house.ts';
import { Server } from './server.ts';

/** A page's end of a port to the peer's worker, as other software has it: any call, any arguments. */
class Page {
  readonly #house: House;
  readonly #listeners: ((event: MessageEvent<PageMessage>) => void)[] = [];
  readonly #answers: WorkerMessage[] = [];
  #id = 0;

  constructor(browser: Browser) {
    this.#house = browser.house;
    const server = new Server(browser.peer, { attachRtc: () => undefined, direct: () => false });
    server.serve(
      {
        postMessage: (message) => void this.#answers.push(message),
        addEventListener: (type: string, listener: unknown) => {
          if (type === 'message') this.#listeners.push(listener as never);
        },
      },
      {
        kind: 'hello',
        version: portVersion,
        tab: 'tab',
        defaultName: 'Tab',
        ownRelays: [],
        persisted: false,
        build: appBuild,
        loaded: true,
      },
    );
  }

  /** What the call resolves with; `failed` is what it is rejected with. */
  async call(method: string, ...args: unknown[]): Promise<unknown> {
    const id = ++this.#id;
    const data: PageMessage = { kind: 'call', id, method, args };
    for (const listener of this.#listeners) listener({ data } as MessageEvent<PageMessage>);
    const answer = () =>
      this.#answers.find((each) => (each.kind === 'result' || each.kind === 'failed') && each.id === id);
    await this.#house.until(`an answer to ${method}`, () => answer() !== undefined);
    const found = answer();
    return found?.kind === 'result' ? found.value : found;
  }
}

const isRefusal = (code: string) => ({ refusal: { code, text: expect.stringMatching(/^.{12,}\.$/) } });

describe('what a page asks of the peer', () => {
  test('is refused by code and sentence, whatever it hands over, and the peer goes on', async () => {
    const house = new House();
    const anna = await house.browser('Anna').open();
    const page = new Page(anna);
    const queue = await anna.createQueue('Shields');
    const file = await anna.addFile(queue, 'part.gcode', 'G28\nG1 X10 E1\n');
    const nonsense: unknown[][] = [
      [],
      [undefined],
      [null],
      [7],
      ['x', 'y', 'z'],
      [{}],
      [queue],
      [queue, {}, []],
    ];
    for (const [name, kind] of Object.entries(calls)) {
      if (kind === 'plain') continue;
      for (const args of nonsense) {
        if (name === 'leaveQueue' && args[0] === queue) continue;
        const answer = await page.call(name, ...args);
        // Some nonsense is sense for some calls; what is never seen is a crash of the callee.
        expect(answer, `${name}(${JSON.stringify(args)})`).not.toMatchObject({ kind: 'failed' });
        const code = (answer as { refusal?: { code: string } }).refusal?.code ?? '';
        if (args.length === 0) expect(code, name).toBe('bad-argument');
      }
    }
    const sets = [{ file, count: 1 }];
    for (const job of [
      { name: 'Part', sets, copies: Number.NaN },
      { name: 'Part', sets, copies: 'two' },
      { name: 'Part', sets, draft: 'no' },
      { name: 'x'.repeat(5_000), sets },
      { name: 'Part', sets: [{ file, count: -1 }] },
      { name: 'Part', sets: [{ file: 'bafynothing' as FileId, count: 1 }] },
    ])
      expect(await page.call('addJob', queue, job), JSON.stringify(job)).toMatchObject({ kind: 'refused' });
    expect(anna.host(queue).pending()).toEqual([]);
    expect(await page.call('addJob', queue, { name: 'Part', sets })).toMatchObject({ kind: 'committed' });
  });

  test('of a queue that is not here is refused with the same code by every call', async () => {
    const house = new House();
    const page = new Page(await house.browser('Anna').open());
    const queue = 'bafynowhere' as QueueId;
    expect(await page.call('deleteJob', queue, 'job' as JobId)).toMatchObject(isRefusal('queue-not-found'));
    expect(await page.call('exportQueue', queue)).toMatchObject(isRefusal('queue-not-found'));
    expect(await page.call('figures', queue)).toMatchObject(isRefusal('queue-not-found'));
    expect(await page.call('makeLink', queue, { role: 'guest', lifeMs: 1_000, origin: '' })).toMatchObject(
      isRefusal('queue-not-found'),
    );
  });

  test('is rejected, with a sentence, where there is no such call', async () => {
    const house = new House();
    const page = new Page(await house.browser('Anna').open());
    for (const name of ['constructor', 'toString', '__proto__', 'becomeEmperor'])
      expect(await page.call(name)).toMatchObject({ kind: 'failed', text: expect.stringContaining(name) });
  });

  test('is refused as storage refuses it, nothing of it stays behind, and with room again it is done', async () => {
    const house = new House();
    const anna = await house.browser('Anna').open();
    const page = new Page(anna);
    const queue = await anna.createQueue('Full');
    const { store } = anna.peer.ports;
    const put = store.put.bind(store);
    Object.assign(store, { put: () => Promise.reject(storageRefusal('storage-full')) });
    expect(await page.call('renameQueue', queue, 'Other')).toMatchObject({
      kind: 'refused',
      ...isRefusal('storage-full'),
    });
    expect(await page.call('setName', 'Anne')).toMatchObject(isRefusal('storage-full'));
    expect(anna.host(queue).pending()).toEqual([]);
    Object.assign(store, { put });
    expect(await page.call('renameQueue', queue, 'Other')).toMatchObject({ kind: 'committed' });
    expect(anna.host(queue).state.head.name).toBe('Other');
  });
});
