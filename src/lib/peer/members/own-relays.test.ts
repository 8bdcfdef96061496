import { beforeEach, expect, test } from 'vitest';
import { type Bytes, RingLog, systemClock } from '../../base/index.ts';
import { OwnRelays } from './own-relays.ts';

const site = '/dns4/app.example/tcp/443/wss/p2p/12D3a';
const club = '/dns4/club.example/tcp/443/wss/p2p/12D3b';
const queues = '/dns4/queue.example/tcp/443/wss/p2p/12D3c';
let named: ReadonlySet<string>;
let log: RingLog;

beforeEach(() => {
  named = new Set();
  log = new RingLog(systemClock);
});

function disk() {
  const records = new Map<string, Bytes>();
  return {
    get: (table: string, key: string) => Promise.resolve(records.get(`${table} ${key}`)),
    put: (table: string, key: string, value: Uint8Array) => {
      records.set(`${table} ${key}`, value as Bytes);
      return Promise.resolve();
    },
  };
}

async function started(store: ReturnType<typeof disk>): Promise<OwnRelays> {
  const relays = new OwnRelays({
    store,
    named: () => named,
    onChange: () => undefined,
    log: log.room('network'),
  });
  await relays.load();
  relays.serve([site]);
  return relays;
}

test('a relay that a person added is there after a restart', async () => {
  const store = disk();
  await (await started(store)).choose([site, club]);
  expect([...(await started(store))]).toEqual([site, club]);
});

test('a relay that a person removed stays away after a restart, also the one that serves the app, until it is added again', async () => {
  const store = disk();
  const first = await started(store);
  await first.choose([site, club]);
  await first.choose([]);
  expect([...first]).toEqual([]);
  const second = await started(store);
  expect([...second]).toEqual([]);
  await second.choose([site]);
  expect([...second]).toEqual([site]);
  expect([...(await started(store))]).toEqual([site]);
});

test('a relay that is listed because a queue names it goes with that queue, unless a person had added it', async () => {
  const relays = await started(disk());
  named = new Set([queues]);
  await relays.choose([site, queues]);
  expect([...relays]).toEqual([site]);
  await relays.choose([site, club]);
  named = new Set([club, queues]);
  await relays.choose([site, club, queues]);
  expect([...relays]).toEqual([site, club]);
});

test('a record that cannot be read is no choice, and the log says so', async () => {
  const store = disk();
  await store.put('settings', 'relays', new Uint8Array([1, 2, 3]));
  expect([...(await started(store))]).toEqual([site]);
  expect(log.lines().map(({ text }) => text)).toEqual([expect.stringMatching(/cannot be read/)]);
});
