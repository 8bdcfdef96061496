import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Page } from '@playwright/test';
import { encodeLink, parseLink } from '../lib/registry/index.ts';
import {
  type WithClient,
  expect,
  granted,
  join,
  makeLink,
  startQueue,
  test,
  untilConnected,
  untilTrusted,
  viewOf,
} from './house.ts';

const folder = mkdtempSync(joinPath(tmpdir(), 'peerprint-files-'));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = joinPath(folder, name);
  writeFileSync(path, content);
  return path;
}

async function drop(page: Page, path: string): Promise<void> {
  await page.getByRole('link', { name: 'Queue', exact: true }).click();
  await page.getByLabel('Files to add').setInputFiles(path);
}

test('files that cannot be printed are refused with a sentence, and the queue stays as it was', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  await startQueue(page, 'Careful');
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['empty.gcode', '', /empty/i],
    ['photo.gcode', new Uint8Array(4096).map((_, i) => (i * 37) % 256), /not G-code/i],
    ['letter.gcode', 'Dear printer,\nplease print my part.\nYours truly\n'.repeat(20), /not G-code/i],
    [
      'binary.bgcode',
      new Uint8Array([0x47, 0x43, 0x44, 0x45, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
      /binary G-code/i,
    ],
  ];
  for (const [name, content, sentence] of cases) {
    await drop(page, fileOf(name, content));
    await expect(page.getByText(sentence).first()).toBeVisible();
    await page.reload();
    await expect(page.getByTestId('condition')).toHaveText('Saved');
  }
  // More than a file may have: G-code at its start, the rest a hole that takes no room on this disk.
  const huge = fileOf('huge.gcode', 'G1 X10 Y10 E1\n'.repeat(10_000));
  truncateSync(huge, 2 ** 31 + 1);
  await drop(page, huge);
  await expect(page.getByText(/takes files of up to 2/).first()).toBeVisible();
  await page.reload();
  await expect(page.getByTestId('condition')).toHaveText('Saved');
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('a shortened, an edited and an expired link each say what is wrong and whom to ask', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  await startQueue(anna.page, 'Linked');
  const url = await makeLink(anna.page);
  const ben = await house.open('Ben');

  await ben.page.goto(url.slice(0, -30));
  await expect(ben.page.getByText(/cut short or was changed/)).toBeVisible();

  await ben.page.goto('about:blank');
  const middle = Math.floor((url.indexOf('#') + url.length) / 2);
  await ben.page.goto(url.slice(0, middle) + (url[middle] === 'A' ? 'B' : 'A') + url.slice(middle + 1));
  await expect(ben.page.getByText(/cut short or was changed/)).toBeVisible();

  const link = parseLink(url);
  if (!link.ok) throw new Error(link.refusal.text);
  await ben.page.goto('about:blank');
  await ben.page.goto(
    `${house.relay.url}/join#${encodeLink({ ...link.value, expiresWallMs: 1_000_000_000_000 })}`,
  );
  await expect(ben.page.getByText(/ended on .* Ask someone in the queue “Linked”/)).toBeVisible();

  // Nothing of it stands in the way of the right one.
  await ben.page.goto('about:blank');
  await join(ben.page, url, 'Ben');
});

test('a queue whose peers are all away says so, goes on asking, and joins when one of them is back', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  const queue = await startQueue(anna.page, 'Away');
  const url = await makeLink(anna.page);
  await anna.browser.stop();

  const ben = await house.open('Ben');
  await ben.page.goto(url);
  await ben.page.getByRole('button', { name: 'Join the queue' }).click();
  await expect(ben.page.getByText(/No peer of “Away” answers/)).toBeVisible({ timeout: 40_000 });
  await expect(ben.page.getByRole('button', { name: 'Try again' })).toBeEnabled();

  await anna.browser.start();
  const again = await anna.browser.newChromiumPage();
  await again.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(again);
  await untilTrusted(again, queue, 2);
});

test('a relay that does not answer is named, and the queue can still be joined by another', async ({
  house,
}) => {
  const anna = await house.open('Anna');
  await startQueue(anna.page, 'Lost relay');
  const url = await makeLink(anna.page);
  const link = parseLink(url);
  if (!link.ok) throw new Error(link.refusal.text);
  const dead = '/ip4/127.0.0.1/tcp/9/ws/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

  const ben = await house.open('Ben', '/settings');
  await ben.page.getByRole('textbox', { name: 'Add a relay' }).fill(dead);
  await ben.page.getByRole('button', { name: 'Add relay' }).click();
  const relays = ben.page.getByRole('list', { name: 'Relays' });
  await expect(relays.getByText(/does not answer|could not be reached|unreachable/i).first()).toBeVisible({
    timeout: 40_000,
  });
  await join(ben.page, url, 'Ben');
});

test('a page that is no secure context explains itself and what to do', async ({ house }) => {
  const browser = house.browser('Insecure');
  await browser.start({ flags: ['--host-resolver-rules=MAP printer.test 127.0.0.1'] });
  const page = await browser.newChromiumPage();
  await page.goto(house.relay.url.replace('localhost', 'printer.test'));
  await expect(page.getByRole('heading', { name: 'PeerPrint cannot start here' })).toBeVisible();
  await expect(page.getByText(/npm start/)).toBeVisible();
});

test('a browser that keeps no data says so', async ({ house }) => {
  const browser = house.browser('Denied');
  // As a person switches off cookies and site data in the browser's settings.
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } };
  mkdirSync(joinPath(browser.profile, 'Default'), { recursive: true });
  writeFileSync(joinPath(browser.profile, 'Default', 'Preferences'), JSON.stringify(settings));
  await browser.start();
  const page = await browser.newChromiumPage();
  await page.goto(house.relay.url);
  await expect(page.getByRole('heading', { name: 'PeerPrint cannot start here' })).toBeVisible();
  await expect(page.getByText(/keeps no data for this address/)).toBeVisible();
});

test('full storage is told in a sentence, and what was there before stays', async ({ house }) => {
  // Firefox can be given a small disk: 20 MB in all, of which one site gets a part.
  const browser = house.browser('Full', 'firefox');
  await browser.start({ preferences: { 'dom.quotaManager.temporaryStorage.fixedLimit': 20_480 } });
  const page = await browser.newPuppetPage();
  await page.goto(house.relay.url);
  await untilConnected(page);
  const queue = granted(
    await page.evaluate(
      (name: string) => (globalThis as WithClient).peerprint?.createQueue({ name, lan: false }),
      'Full',
    ),
  );
  await page.goto(`${house.relay.url}/queue/${queue}`);
  await untilConnected(page);
  const lines = Array.from({ length: 2_000_000 }, (_, i) => `G1 X${i % 200} Y${i} E1`);
  await page.chooseFile('Files to add', fileOf('big.gcode', lines.join('\n')));
  const shown = () => page.evaluate((_: null) => document.body.textContent, null);
  await expect.poll(shown).toMatch(/GB of room left|storage is full/);
  const view = await viewOf(page, queue);
  expect(view.files).toEqual([]);
  expect(view.condition).toBe('ready');
});
