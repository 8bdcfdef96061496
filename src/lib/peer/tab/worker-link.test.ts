import { beforeEach, expect, test } from 'vitest';
import { ManualClock, type PeerId, ok } from '../../base/index.ts';
import { type PageMessage, type WorkerMessage, appBuild, portVersion } from '../messages.ts';
import {
  type LinkState,
  type PortLike,
  WorkerLink,
  nextWelcomeMs,
  openTriesMax,
  restartMs,
  welcomeTimeoutMs,
} from './worker-link.ts';

/** Web Locks of one browser, of which a test ends those that a worker holds. */
class Locks {
  readonly #waiting = new Map<string, (() => void)[]>();

  request(name: string, options: { signal?: AbortSignal }, granted: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
      const waiting = this.#waiting.get(name) ?? [];
      waiting.push(() => {
        granted();
        resolve();
      });
      this.#waiting.set(name, waiting);
    });
  }

  end(name: string): void {
    for (const grant of this.#waiting.get(name) ?? []) grant();
    this.#waiting.delete(name);
  }
}

type Answer = (hello: Extract<PageMessage, { kind: 'hello' }>) => WorkerMessage | undefined;

const hello: Extract<PageMessage, { kind: 'hello' }> = {
  kind: 'hello',
  version: portVersion,
  tab: 'tab',
  defaultName: 'Firefox on Linux',
  ownRelays: [],
  persisted: false,
  build: appBuild,
  loaded: true,
};

let locks: Locks;
let clock: ManualClock;
let answers: Answer[];
let heard: PageMessage[][];

beforeEach(() => {
  locks = new Locks();
  clock = new ManualClock();
  answers = [];
  heard = [];
});

/** The next worker that is started answers this to a page's hello. */
function worker(answer: Answer): void {
  answers.push(answer);
}

function welcome(lock: string, version = portVersion, build = appBuild, peer = 'peer'): Answer {
  return () => ({ kind: 'welcome', version, peer: peer as PeerId, lock, build });
}

/** The browser refuses to load the worker: it tells the page by an event, and nobody answers. */
const unloadable: Answer = () => undefined;

function startWorker(onFailed: () => void) {
  const answer = answers.shift();
  if (answer === unloadable) queueMicrotask(onFailed);
  const messages: PageMessage[] = [];
  heard.push(messages);
  const listeners = new Set<(event: MessageEvent<WorkerMessage>) => void>();
  const port: PortLike = {
    postMessage(message) {
      messages.push(message);
      const reply = message.kind === 'hello' ? answer?.(message) : undefined;
      if (reply === undefined) return;
      queueMicrotask(() => {
        for (const listener of [...listeners]) listener({ data: reply } as MessageEvent<WorkerMessage>);
      });
    },
    addEventListener: (_type, listener) => listeners.add(listener),
    removeEventListener: (_type, listener) => listeners.delete(listener),
  };
  return ok(port);
}

const open = () =>
  WorkerLink.open({ clock, locks: locks as unknown as LockManager, startWorker, hello: () => hello });

async function opened(): Promise<{ link: WorkerLink; states: LinkState[] }> {
  const link = await open();
  if (!link.ok) throw new Error(link.refusal.text);
  const states: LinkState[] = [];
  link.value.onState = (state) => states.push(state);
  return { link: link.value, states };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('when the worker dies the page says so, starts another, and speaks to that one', async () => {
  worker(welcome('first'));
  worker(welcome('second'));
  const { link, states } = await opened();
  locks.end('first');
  await settle();
  expect(states).toEqual([{ kind: 'lost' }, { kind: 'connected', sameBuild: true, samePeer: true }]);
  link.post({ kind: 'bye' });
  expect(heard[1]?.at(-1)).toEqual({ kind: 'bye' });
  expect(heard[0]?.map((message) => message.kind)).toEqual(['hello']);
});

test('a worker that cannot start yet, because the dead one still holds the profile, is asked again', async () => {
  worker(welcome('first'));
  worker(() => ({ kind: 'unable', version: portVersion, code: 'other-worker', text: 'held' }));
  worker(welcome('third'));
  const { states } = await opened();
  locks.end('first');
  await settle();
  expect(states.map((state) => state.kind)).toEqual(['lost']);
  clock.advance(restartMs);
  await settle();
  expect(states.map((state) => state.kind)).toEqual(['lost', 'connected']);
});

test('what is asked while there is no worker is asked of the next one', async () => {
  worker(welcome('first'));
  worker(() => ({ kind: 'unable', version: portVersion, code: 'other-worker', text: 'held' }));
  worker(welcome('third'));
  const { link } = await opened();
  locks.end('first');
  await settle();
  const call: PageMessage = { kind: 'call', id: 7, method: 'setName', args: ['Anna'] };
  link.post(call);
  clock.advance(restartMs);
  await settle();
  expect(heard[0]).not.toContainEqual(call);
  expect(heard[2]).toContainEqual(call);
});

test('a page of an older build whose next worker speaks a newer version says that it must be reloaded, and tries no more', async () => {
  worker(welcome('first'));
  worker(() => ({ kind: 'unable', version: portVersion + 1, code: 'other-version', text: 'another' }));
  const { states } = await opened();
  locks.end('first');
  await settle();
  expect(states.at(-1)).toMatchObject({ kind: 'foreign', text: expect.stringContaining('Reload this one') });
  clock.advance(10 * restartMs);
  await settle();
  expect(heard.length).toBe(2);
});

/** Time passes between the tries of a page that was just loaded. */
async function opening() {
  const answer = open();
  for (let i = 0; i < openTriesMax; i++) {
    await settle();
    clock.advance(restartMs);
  }
  return answer;
}

test('a page of a newer build that meets an older worker waits for it to make room', async () => {
  worker(welcome('first', portVersion - 1));
  worker(welcome('second'));
  expect(await opening()).toMatchObject({ ok: true });
});

test('a page of a newer build that meets an older worker which stays is told which tab to reload', async () => {
  for (let i = 0; i < openTriesMax; i++) worker(welcome('first', portVersion - 1));
  expect(await opening()).toMatchObject({
    ok: false,
    refusal: { code: 'other-version', text: expect.stringContaining('older version') },
  });
});

test('a worker of another build with the same version serves the page, which knows of it', async () => {
  worker(welcome('first', portVersion, 'another'));
  const { link } = await opened();
  expect(link.state).toEqual({ kind: 'connected', sameBuild: false, samePeer: true });
});

test('a worker that never answers is given up with a sentence', async () => {
  worker(() => undefined);
  const answer = open();
  clock.advance(welcomeTimeoutMs);
  expect(await answer).toMatchObject({ ok: false, refusal: { code: 'no-answer' } });
});

test('a worker that is ending, and so never answers the page, is soon given up for the next one', async () => {
  worker(welcome('first'));
  worker(() => undefined);
  worker(welcome('third'));
  const { link, states } = await opened();
  locks.end('first');
  await settle();
  clock.advance(nextWelcomeMs);
  await settle();
  clock.advance(restartMs);
  await settle();
  expect(states.map((state) => state.kind)).toEqual(['lost', 'connected']);
  link.post({ kind: 'network-changed' });
  // Should it have been slow only, it hears that this page is not there twice.
  expect(heard.map((messages) => messages.map(({ kind }) => kind))).toEqual([
    ['hello'],
    ['hello', 'bye'],
    ['hello', 'network-changed'],
  ]);
});

test('a worker that the browser does not load is given up at once, and asked for again while a page needs it', async () => {
  worker(unloadable);
  expect(await open()).toMatchObject({ ok: false, refusal: { code: 'no-worker' } });
  worker(welcome('first'));
  worker(unloadable);
  worker(welcome('third'));
  const { states } = await opened();
  locks.end('first');
  await settle();
  clock.advance(restartMs);
  await settle();
  expect(states.map((state) => state.kind)).toEqual(['lost', 'connected']);
});

test('a page whose next worker is another peer knows that this browser has begun anew', async () => {
  worker(welcome('first'));
  worker(welcome('second', portVersion, appBuild, 'somebody new'));
  const { states } = await opened();
  locks.end('first');
  await settle();
  expect(states.at(-1)).toEqual({ kind: 'connected', sameBuild: true, samePeer: false });
});

test('a worker that answers is alive, though its lock looks free from here: the page goes on with it and asks no more', async () => {
  worker(welcome('first'));
  worker(welcome('second', portVersion, appBuild, 'somebody new'));
  worker(welcome('second', portVersion, appBuild, 'somebody new'));
  worker(welcome('second', portVersion, appBuild, 'somebody new'));
  const { link, states } = await opened();
  locks.end('first');
  await settle();
  // Of another bucket of storage: nobody holds it here.
  locks.end('second');
  await settle();
  locks.end('second');
  clock.advance(10 * restartMs);
  await settle();
  expect(heard.length).toBe(3);
  expect(states.map((state) => state.kind)).toEqual(['lost', 'connected', 'lost', 'connected']);
  expect(link.state).toEqual({ kind: 'connected', sameBuild: true, samePeer: false });
});
