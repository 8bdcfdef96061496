import { readFileSync } from 'node:fs';
import type { QueueId } from '../lib/base/index.ts';
import type { AnyPage } from './browsers.ts';
import {
  type WithClient,
  addJob,
  connectVirtual,
  expect,
  join,
  peerIdOf,
  test,
  untilView,
  untilVoters,
  viewOf,
} from './house.ts';
import { addJobAt, linkOf, outcomes, peersOf, reopen, settle } from './scenes.ts';

const fixture = 'src/e2e/fixtures/brief.gcode';

/** How the page's peer hears what is committed; undefined while it votes. */
function listening(page: AnyPage, queue: QueueId) {
  return page.evaluate(async (id) => {
    const report = await (globalThis as WithClient).peerprint?.diagnostics();
    return report?.queues.find((each) => each.queue === id)?.listening;
  }, queue);
}

async function untilName(page: AnyPage, queue: QueueId, name: string): Promise<void> {
  await expect.poll(async () => (await viewOf(page, queue)).name, { intervals: [50] }).toBe(name);
}

/** Waits until both pages are told the same part of that peer. */
async function untilPart(pages: readonly AnyPage[], queue: QueueId, peer: string, part: string) {
  for (const page of pages) {
    await expect
      .poll(async () => (await viewOf(page, queue)).peers.find((each) => each.peer === peer)?.part, {
        message: `the part of ${peer}`,
        timeout: 40_000,
      })
      .toBe(part);
  }
}

test('a listener has the whole queue from its first minute, adds a job that a trusted peer prints, hears by gossip, is counted, catches up, is let vote and retired @long', async ({
  house,
}) => {
  const { peers, queue } = await peersOf(house, 'Shields', ['Anna', 'Ben']);
  const [anna, ben] = peers.map(({ page }) => page);
  if (anna === undefined || ben === undefined) throw new Error('two peers are trusted');
  await addJobAt(anna, queue, readFileSync(fixture, 'utf8'), 2);
  const url = await linkOf(anna, queue, 'guest');

  const third = await house.open('Gil');
  await join(third.page, url, 'Gil');
  const gil = third.page;
  const gilPeer = await peerIdOf(gil);
  await expect(gil.getByRole('article', { name: 'Job Part' })).toContainText('0 of 2 good, 2 copies');
  await untilPart([gil, anna], queue, gilPeer, 'listener');

  // Its own job goes into the queue and is printed by a trusted peer.
  await addJob(gil, fixture, 1);
  await expect(ben.getByRole('article', { name: 'Job brief' })).toBeVisible();
  await connectVirtual(ben, 'Bench', '200');
  await expect
    .poll(() => outcomes(gil, queue), { message: 'all is printed' })
    .toEqual(['good', 'good', 'good']);
  const ended = (await viewOf(gil, queue)).history;
  expect(ended.map((print) => print.submitterName)).toContain('Gil');

  // A change is heard without asking for it.
  await expect.poll(async () => (await listening(gil, queue))?.heard, { timeout: 30_000 }).toBeGreaterThan(0);
  let changes = 0;
  await expect
    .poll(
      async () => {
        const before = await listening(gil, queue);
        const name = `Told ${++changes}`;
        expect(await settle(anna, queue, name)).toMatchObject({ kind: 'committed' });
        await untilName(gil, queue, name);
        const after = await listening(gil, queue);
        return after !== undefined && after.asked === before?.asked && after.heard > before.heard;
      },
      { message: 'a change came by gossip alone' },
    )
    .toBe(true);

  // A census counts it, whoever asks: the voters are asked straight, it hears the question by gossip.
  for (const page of [anna, gil]) {
    const census = await page.evaluate((id) => (globalThis as WithClient).peerprint?.census(id), queue);
    expect(census).toMatchObject({ ok: true, value: { peers: 3, deviation: 0, answers: 2 } });
  }

  // What was missed while it was closed is fetched.
  await third.browser.kill();
  for (const name of ['One', 'Two', 'Three'])
    expect(await settle(ben, queue, name)).toMatchObject({ kind: 'committed' });
  const again = await reopen(house, third.browser, queue);
  await untilName(again, queue, 'Three');
  const committed = (await viewOf(anna, queue)).committed;
  await untilView(again, queue, 'all that was committed', committed, (view) => view.committed);

  // An operator lets it vote, and retires it again.
  await anna.getByRole('link', { name: 'Peers' }).click();
  const row = anna.getByRole('group', { name: 'Peer Gil' });
  await row.getByLabel('More for Gil').click();
  await anna.getByRole('button', { name: 'Let it vote' }).click();
  await untilPart([anna, again], queue, gilPeer, 'voter');
  await untilVoters(ben, queue, 3);
  await row.getByLabel('More for Gil').click();
  await anna.getByRole('button', { name: 'Retire as a voter' }).click();
  await untilPart([anna, again], queue, gilPeer, 'listener');
  expect(await settle(ben, queue, 'Four')).toMatchObject({ kind: 'committed' });
  await untilName(again, queue, 'Four');
  expect(await settle(again, queue, 'Five')).toMatchObject({
    kind: 'refused',
    refusal: { code: 'not-allowed' },
  });
});
