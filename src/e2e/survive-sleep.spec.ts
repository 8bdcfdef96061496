import { readFileSync } from 'node:fs';
import type { QueueId } from '../lib/base/index.ts';
import { jumpClocks } from './clock-jump.ts';
import { type WithClient, expect, test, untilView, viewOf } from './house.ts';
import {
  type Peer,
  addJobAt,
  beginPrint,
  outcomes,
  peersOf,
  settle,
  untilDirect,
  untilReady,
} from './scenes.ts';

const gcode = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');
const hourMs = 3_600_000;

/** What a page was shown since `watchFrom`. */
interface Seen {
  readonly conditions: string[];
  readonly texts: string[];
  /** A print was said to have lost contact. */
  lost: boolean;
}
type WithSeen = WithClient & { seen?: Seen };

function watchFrom({ page }: Peer, queue: QueueId): Promise<void> {
  return page.evaluate((id) => {
    const scope = globalThis as WithSeen;
    const seen: Seen = { conditions: [], texts: [], lost: false };
    scope.seen = seen;
    scope.peerprint?.watchQueue(id, (view) => {
      if (seen.conditions.at(-1) !== view.condition) seen.conditions.push(view.condition);
      if (seen.texts.at(-1) !== view.text) seen.texts.push(view.text);
      seen.lost ||= view.printers.some((printer) => printer.print?.phase === 'lost-contact');
    });
  }, queue);
}

const seenBy = ({ page }: Peer) => page.evaluate(() => (globalThis as WithSeen).seen);

async function raftOf({ page }: Peer, queue: QueueId): Promise<{ term: number; role: string }> {
  const report = await page.evaluate(() => (globalThis as WithClient).peerprint?.diagnostics());
  const raft = report?.queues.find((each) => each.queue === queue)?.raft;
  if (raft === undefined) throw new Error('no such queue');
  return { term: raft.term, role: raft.role };
}

const untilPast = (atMs: number) => expect.poll(() => Date.now(), { timeout: 30_000 }).toBeGreaterThan(atMs);

test('a laptop sleeps for an hour and its clocks jump: alone, then all at once. No false leader, no lease lost, calm words, and it catches up @long', async ({
  house,
}) => {
  test.setTimeout(240_000);
  const { peers, queue } = await peersOf(house, 'An hour', ['Anna', 'Ben', 'Cleo']);
  const [anna, ben, cleo] = peers as [Peer, Peer, Peer];
  expect((await raftOf(anna, queue)).role).toBe('leader');
  for (const { page } of peers) await untilDirect(page, queue, 2);
  await beginPrint(ben.page, queue, gcode, { speed: 1 });
  for (const peer of peers) await watchFrom(peer, queue);

  // The leader's lid is shut. Both of its clocks will have gone on.
  const atMs = Date.now() + 3_000;
  await jumpClocks(anna.browser, anna.page, { atMs, byMs: hourMs, monotonicToo: true });
  anna.browser.freeze();
  try {
    expect(await settle(cleo.page, queue, 'While Anna sleeps')).toMatchObject({ kind: 'committed' });
    await untilPast(atMs);
    const before = await raftOf(cleo, queue);
    anna.browser.thaw();
    await expect.poll(async () => (await viewOf(anna.page, queue)).name).toBe('While Anna sleeps');
    expect(await anna.browser.inWorker('Date.now()')).toBeGreaterThan(Date.now() + hourMs / 2);
    expect(await settle(anna.page, queue, 'Awake')).toMatchObject({ kind: 'committed' });
    // Nobody had to be elected because of her, and she is no leader beside the one that there is.
    expect((await raftOf(cleo, queue)).term).toBe(before.term);
    expect(await raftOf(anna, queue)).toEqual({ term: before.term, role: 'follower' });
  } finally {
    anna.browser.thaw();
  }
  for (const { page } of peers)
    await expect.poll(() => outcomes(page, queue), { timeout: 60_000 }).toEqual(['good']);
  expect((await seenBy(ben))?.lost).toBe(false);
  expect((await seenBy(cleo))?.lost).toBe(false);
  const calm = await seenBy(anna);
  for (const condition of calm?.conditions ?? [])
    expect(['ready', 'opening', 'waiting']).toContain(condition);
  await expect(anna.page.getByTestId('condition')).toHaveText('Saved');
  await expect(anna.page.getByRole('alert')).toHaveCount(0);

  // Then all lids at once, in the middle of the next print; the clock that never runs backwards stands still with them.
  await addJobAt(ben.page, queue, `${gcode}; another\n`);
  await untilView(
    ben.page,
    queue,
    'the next print has begun',
    1,
    (view) => view.printers.filter((printer) => printer.print?.phase === 'started').length,
  );
  const [leader] = (await viewOf(cleo.page, queue)).peers.filter((peer) => peer.leads);
  const { term } = await raftOf(cleo, queue);
  const allAtMs = Date.now() + 5_000;
  for (const { browser, page } of peers)
    await jumpClocks(browser, page, { atMs: allAtMs, byMs: hourMs, monotonicToo: false });
  for (const { browser } of peers) browser.freeze();
  try {
    await untilPast(allAtMs);
  } finally {
    for (const { browser } of peers) browser.thaw();
  }
  for (const [at, { page }] of peers.entries()) {
    await untilReady(page, queue);
    expect(await settle(page, queue, `All awake ${at}`)).toMatchObject({ kind: 'committed' });
  }
  expect((await raftOf(cleo, queue)).term).toBe(term);
  expect((await viewOf(cleo.page, queue)).leader).toBe(leader?.peer);
  for (const peer of peers) {
    await expect.poll(() => outcomes(peer.page, queue), { timeout: 60_000 }).toEqual(['good', 'good']);
    expect((await seenBy(peer))?.lost).toBe(false);
  }
});
