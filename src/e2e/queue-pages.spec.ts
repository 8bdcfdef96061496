import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { QueueId } from '../lib/base/index.ts';
import { addJobAt } from './scenes.ts';
import { type WithClient, connectVirtual, expect, startQueue, test, untilView, viewOf } from './house.ts';

/** Everything here is done as a person does it: by what is seen and named on the page. */

const brief = readFileSync('src/e2e/fixtures/brief.gcode', 'utf8');
const slow = readFileSync('src/e2e/fixtures/slow.gcode', 'utf8');

/** Drops a file somewhere on the page, as from a folder of the system. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const carried = await page.evaluateHandle(
    ([file, content]: readonly [string, string]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], file));
      return transfer;
    },
    [name, text] as const,
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer: carried });
  await expect(page.getByText('Drop it to add it to')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer: carried });
}

const order = (page: Page) =>
  page
    .getByRole('list', { name: 'Jobs in the order they are printed' })
    .getByRole('heading')
    .allTextContents();

async function orderIs(page: Page, names: readonly string[]): Promise<void> {
  await expect.poll(() => order(page), { message: 'the order of the jobs' }).toEqual(names);
}

async function orderSaved(page: Page, queue: QueueId, names: readonly string[]): Promise<void> {
  await orderIs(page, names);
  await expect
    .poll(async () => (await viewOf(page, queue)).jobs.map(({ name }) => name), {
      message: 'the order is saved',
    })
    .toEqual(names);
}

test('a person makes a job by dropping a file, changes it, moves jobs by hand, buttons and keys, and takes a slip back', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  // A hand follows what glides to its place; a test reads places once.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const queue = await startQueue(page, 'Shields');

  await drop(page, 'visor_clip.gcode', brief);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('visor clip');
  await dialog
    .getByRole('button', { name: 'More copies' })
    .or(dialog.getByRole('spinbutton', { name: 'Copies' }))
    .first()
    .waitFor();
  await dialog.getByRole('spinbutton', { name: 'Copies' }).fill('3');
  await dialog.getByText('What it needs').click();
  await dialog.getByRole('combobox', { name: 'Material for visor_clip.gcode' }).fill('PETG');
  await dialog.getByRole('textbox', { name: 'Colour for visor_clip.gcode' }).fill('black');
  await dialog.getByText('Notes, day and draft').click();
  await dialog.getByRole('textbox', { name: 'Notes' }).fill('For Ben');
  await dialog.getByRole('checkbox', { name: /^Draft/ }).check();
  await dialog.getByRole('button', { name: 'Add to queue' }).click();
  const clip = page.getByRole('article', { name: 'Job visor clip' });
  await expect(clip).toContainText('Draft');
  await expect(clip).toContainText('0 of 3 good, 3 copies');
  await expect(clip).toContainText('For Ben');
  await clip.getByText('visor_clip.gcode').first().click();
  await expect(clip).toContainText('needs PETG black');

  await clip.getByRole('button', { name: 'Print visor clip: no longer a draft' }).click();
  await expect(clip).toContainText('No printer is in this queue yet. Connect one.');

  await clip.getByRole('button', { name: 'Change visor clip' }).click();
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Clips');
  await dialog.getByRole('spinbutton', { name: 'Copies' }).first().fill('5');
  // A slip: the dialog is closed, and what was typed is still to be had.
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  const messages = page.getByRole('region', { name: 'Messages' });
  await messages.getByRole('button', { name: 'Save my changes' }).click();
  const clips = page.getByRole('article', { name: 'Job Clips' });
  await expect(clips).toContainText('0 of 5 good, 5 copies');
  await messages.getByRole('button', { name: 'Undo' }).click();
  await expect(clip).toContainText('0 of 3 good, 3 copies');

  for (const name of ['Bracket', 'Gear']) {
    await page.getByLabel('Files to add').setInputFiles({
      name: `${name}.gcode`,
      mimeType: 'text/plain',
      buffer: Buffer.from(`${brief}; ${name}\n`),
    });
    await dialog.getByRole('button', { name: 'Add to queue' }).click();
    await expect(page.getByRole('article', { name: `Job ${name}` })).toBeVisible();
  }
  await orderSaved(page, queue, ['visor clip', 'Bracket', 'Gear']);

  await page.getByRole('button', { name: 'Move Gear up' }).click();
  await orderSaved(page, queue, ['visor clip', 'Gear', 'Bracket']);

  const grip = (name: string) =>
    page.getByRole('button', { name: `Move ${name}: drag, or use the arrow keys` });
  await grip('visor clip').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await orderSaved(page, queue, ['Gear', 'Bracket', 'visor clip']);
  await expect(grip('visor clip')).toBeFocused();

  // A window that shows all of them: near an edge the page would come along.
  await page.setViewportSize({ width: 1280, height: 1400 });
  const from = await grip('visor clip').boundingBox();
  const to = await page.getByRole('article', { name: 'Job Gear' }).boundingBox();
  if (from === null || to === null) throw new Error('the jobs are not on the page');
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x, to.y + to.height + 20, { steps: 4 });
  await page.mouse.move(from.x, to.y + 4, { steps: 4 });
  await page.mouse.up();
  await orderSaved(page, queue, ['visor clip', 'Gear', 'Bracket']);

  await page.getByRole('button', { name: 'Delete Gear' }).click();
  await orderIs(page, ['visor clip', 'Bracket']);
  await messages
    .getByRole('status')
    .filter({ hasText: 'Gear' })
    .getByRole('button', { name: 'Undo' })
    .click();
  await orderSaved(page, queue, ['visor clip', 'Gear', 'Bracket']);
  await page.reload();
  await orderSaved(page, queue, ['visor clip', 'Gear', 'Bracket']);
});

test('the board says what comes next and why, history has figures and goes out as a file, rules and invitations can be taken back', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  const queue = await startQueue(page, 'Shields');
  const messages = page.getByRole('region', { name: 'Messages' });

  await connectVirtual(page, 'Bench', '200');
  await addJobAt(page, queue, brief);
  await untilView(page, queue, 'an ended print', 1, (view) => view.counts.history);
  const bench = page.getByRole('article', { name: 'Bench on the board' });
  await bench.getByRole('button', { name: 'Bench takes no new prints' }).click();
  await expect(bench).toContainText('Next: Bench takes no new prints for now.');
  await connectVirtual(page, 'Desk', '1');
  await addJobAt(page, queue, slow);
  await addJobAt(page, queue, `${brief}; another\n`);
  const desk = page.getByRole('article', { name: 'Desk on the board' });
  await expect(desk.getByRole('progressbar')).toBeVisible();
  await expect(desk).toContainText('Next: part.gcode, because it is first in the list.');

  // What is not known warns; what does not fit is in the way, with what is needed and what is there.
  await page.getByRole('link', { name: 'Queue', exact: true }).click();
  const last = page.getByRole('article', { name: 'Job Part' }).last();
  await last.getByRole('button', { name: 'Change Part' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What it needs').click();
  await dialog.getByRole('combobox', { name: 'Bed surface for part.gcode' }).fill('glass');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect
    .poll(async () => (await viewOf(page, queue)).printers.map(({ next }) => next))
    .toContain(
      'part.gcode, because it is first in the list. It needs a bed of glass; nobody said what Desk has.',
    );
  for (const { printer } of (await viewOf(page, queue)).printers)
    await page.evaluate(
      ([id, which]: readonly [QueueId, typeof printer]) =>
        (globalThis as WithClient).peerprint?.changePrinter(id, which, { surface: 'textured PEI' }),
      [queue, printer] as const,
    );
  await expect(last).toContainText('It needs a bed of glass; 2 printers have textured PEI.');

  await page.goto(`${house.relay.url}/queue/${queue}?show=history`);
  const figures = page.getByRole('region', { name: 'Figures' });
  await expect(figures).toContainText('Prints 1');
  await expect(figures).toContainText('100 %');
  await figures.getByText('Totals by printer, person and material').click();
  await expect(figures.getByRole('row', { name: /^Bench/ })).toContainText('100 %');
  // The table is wider than a phone, and the page is not.
  await page.setViewportSize({ width: 360, height: 780 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  await page.setViewportSize({ width: 1280, height: 900 });
  await expect(page.getByRole('list', { name: 'Ended prints, newest first' })).toContainText('Part on Bench');
  const saved = async (name: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
  };
  const csv = await saved('Save as CSV');
  expect(csv.name).toBe('Shields history.csv');
  const [head, first] = csv.text.trim().split(/\r?\n/);
  expect(head?.split(',')).toContain('outcome');
  expect(first).toContain('good');
  const totals = await saved('Save totals as CSV');
  expect(totals.name).toBe('Shields totals.csv');
  expect(totals.text).toMatch(/\nprinter,Bench,1,1,0,/);
  const json = await saved('Save as JSON');
  expect(JSON.stringify(JSON.parse(json.text))).toContain('"outcome":"good"');

  await page.goto(`${house.relay.url}/queue/${queue}/rules`);
  await expect(page.getByRole('radio', { name: /^Shortest first.*part\.gcode waits, but: / })).toBeVisible();
  await page.getByRole('radio', { name: /^Shortest first/ }).check();
  await expect.poll(async () => (await viewOf(page, queue)).settings.all.strategy).toBe('shortest-first');
  await messages.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(async () => (await viewOf(page, queue)).settings.all.strategy).toBe('in-order');
  await expect(page.getByRole('radio', { name: /^In order/ })).toBeChecked();

  await page.getByRole('link', { name: 'Share' }).click();
  await page.getByRole('textbox', { name: 'Note for yourself' }).fill('Cleo');
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  const open = page.getByRole('list', { name: 'Open invitations' });
  await expect(open).toContainText('Cleo');
  await open.getByRole('button', { name: 'Revoke the invitation Cleo' }).click();
  await open.getByRole('button', { name: 'Undo' }).click();
  await open.getByRole('button', { name: 'Revoke the invitation Cleo' }).click();
  await page.getByRole('link', { name: 'Queue', exact: true }).click();
  await page.getByRole('link', { name: 'Share' }).click();
  await page.getByText('1 earlier invitation').click();
  await expect(page.getByRole('list', { name: 'Earlier invitations' })).toContainText('revoked');
});
