import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { addJob, connectVirtual, expect, join, startQueue, test, untilView, viewOf } from './house.ts';
import { appOf, untilRelay } from './scenes.ts';

const fixture = 'src/e2e/fixtures/brief.gcode';

/** Makes an invitation of that role on the share page, by hand, and gives its address. */
async function inviteAs(page: Page, role: string): Promise<string> {
  await page.getByRole('link', { name: 'Share' }).click();
  await page.getByRole('combobox', { name: 'Role of those who join' }).selectOption(role);
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  const field = page.getByRole('textbox', { name: 'Address of the invitation' });
  await expect(field).toHaveValue(/\/join#/);
  return field.inputValue();
}

test('a viewer sees what the link grants, joins, looks on, and is told why a dropped file is not taken and whom to ask for a link @long', async ({
  house,
}) => {
  const anna = (await house.open('Anna')).page;
  const queue = await startQueue(anna, 'Shields');
  await untilRelay(anna);
  await anna.getByRole('link', { name: 'Share' }).click();
  await anna.getByRole('button', { name: 'Change your name' }).click();
  await anna.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Anna');
  await anna.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await expect(anna.getByText('Those who join see you as Anna.')).toBeVisible();
  const url = await inviteAs(anna, 'viewer');

  const cleo = (await house.open('Cleo')).page;
  await cleo.goto(url);
  await expect(cleo.getByText('As a viewer, this browser sees the queue and follows it')).toBeVisible();
  await join(cleo, url, 'Cleo');
  await expect(cleo.getByRole('heading', { name: 'Nothing to print just now' })).toBeVisible();
  await expect(cleo.getByRole('button', { name: 'Add a file' })).toHaveCount(0);
  await cleo.evaluate(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }));
    },
    ['part.gcode', readFileSync(fixture, 'utf8')] as const,
  );
  await expect(cleo.getByRole('alert')).toContainText(
    'You are a viewer here, who looks on. To add jobs, ask an operator for another role.',
  );
  await expect(cleo.getByRole('dialog')).toHaveCount(0);
  await cleo.getByRole('link', { name: 'Share' }).click();
  await expect(
    cleo.getByText('Owners and operators invite others to this queue. Here that is Anna.'),
  ).toBeVisible();
  await expect(cleo.getByRole('list', { name: 'Who can invite' })).toContainText('Anna owner Here now');
  await expect(cleo.getByText('You are a viewer in this queue.')).toBeVisible();
  await expect(cleo.getByRole('textbox', { name: 'Address of this queue' })).toHaveValue(
    `${house.relay.url}/queue/${queue}`,
  );
  await cleo.getByRole('link', { name: 'Printers' }).click();
  await expect(cleo.getByRole('button', { name: 'Connect a printer' })).toHaveCount(0);

  // Another role is seen at once.
  await anna.getByRole('link', { name: 'Peers' }).click();
  await anna.getByRole('combobox', { name: 'Role of Cleo' }).selectOption('printer');
  await expect(cleo.getByRole('button', { name: 'Connect a printer' })).toBeVisible();
  expect((await viewOf(cleo, queue)).myRole).toBe('printer');
});

test('a person corrects what was said of a print, takes a correction back, and puts the queues of a browser in order @long', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  const queue = await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '200');
  await addJob(page, fixture, 1);
  await untilView(page, queue, 'an ended print', 1, (view) => view.counts.history);
  await page.getByRole('link', { name: 'History' }).click();
  const messages = page.getByRole('region', { name: 'Messages' });
  const open = () => page.getByRole('button', { name: /^Open brief, copy 1, on Bench/ }).click();
  const outcome = async () => (await viewOf(page, queue)).history.at(-1)?.outcome;
  await open();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'It failed after all' }).click();
  await dialog.getByRole('button', { name: 'Undo' }).click();
  await expect(dialog.getByRole('button', { name: 'It failed after all' })).toBeVisible();
  expect(await outcome()).toBe('good');
  // Said again and left alone it holds, and the copy is printed once more.
  await dialog.getByRole('button', { name: 'It failed after all' }).click();
  await page.keyboard.press('Escape');
  await expect(messages.getByRole('status')).toContainText('counts as failed');
  await expect.poll(outcome, { timeout: 20_000 }).toBe('failed');
  await untilView(page, queue, 'the copy again', 2, (view) => view.counts.history);

  await page.goto(`${house.relay.url}/?all`);
  await page.getByRole('textbox', { name: 'Name of the new queue' }).fill('Attic');
  await page.getByRole('button', { name: 'Start a queue' }).click();
  await expect(page.getByRole('navigation', { name: 'Queue' })).toBeVisible();
  await page.getByRole('link', { name: 'All queues' }).click();
  const names = () => page.getByRole('list', { name: 'Queues' }).locator('strong').allTextContents();
  await expect.poll(names).toEqual(['Shields', 'Attic']);
  await page.getByRole('button', { name: 'Serve Attic earlier' }).click();
  await expect.poll(names).toEqual(['Attic', 'Shields']);
  await page.reload();
  await expect.poll(names).toEqual(['Attic', 'Shields']);
  expect((await appOf(page)).queues.map(({ name }) => name)).toEqual(['Attic', 'Shields']);
});
