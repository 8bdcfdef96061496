import { addJob, connectVirtual, expect, startQueue, test } from './house.ts';

test('a bed is cleared by script: tried, kept, and then two copies follow each other with nobody there @long', async ({
  house,
}) => {
  const { page } = await house.open('Anna');
  await startQueue(page, 'Shields');
  await connectVirtual(page, 'Bench', '200');
  await page.getByRole('link', { name: 'Bench', exact: true }).click();

  // Scripts of a common printer, and what a dry run says of one's own.
  await page.getByRole('link', { name: 'Scripts' }).click();
  await page
    .getByRole('combobox', { name: 'Begin with what suits' })
    .selectOption({ label: 'Prusa MK3, MK3S, MK3S+' });
  await page.getByRole('button', { name: 'Take these scripts' }).click();
  await page.getByRole('button', { name: 'Take them' }).click();
  await page.getByRole('button', { name: /^Pause/ }).click();
  await expect(page.getByRole('textbox', { name: /^Pause/ })).toHaveValue(/G1 X0 Y200 F6000/);
  await page.getByRole('button', { name: /^Clear the bed/ }).click();
  const script = page.getByRole('textbox', { name: /^Clear the bed/ });
  await script.fill('M140 S60\nG28\nG91\nG1 Y200 F6000');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await expect(page.getByText('The bed stays on: add M140 S0.')).toBeVisible();
  await expect(page.getByText('It ends with relative moves: add G90.')).toBeVisible();
  await script.fill('G28\nG1 Y200 F6000\nG1 Y0 F6000');
  await page.getByRole('button', { name: 'Save' }).click();

  // Whose part that is: the script's, once the bed is cool.
  await page.getByRole('link', { name: 'Profile', exact: true }).click();
  await page.getByRole('radio', { name: /^The script “Clear the bed”/ }).check();
  await page.getByRole('textbox', { name: 'The bed is cool at, °C' }).fill('45');
  await page.getByRole('region', { name: 'In the queue' }).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The profile is saved.')).toBeVisible();

  await addJob(page, 'static/samples/cube-pla-mk3s.gcode', 2);
  await page.getByRole('link', { name: 'Printers' }).click();
  await page.getByRole('link', { name: 'Bench', exact: true }).click();
  await expect(
    page.getByRole('status').filter({ hasText: /^Waiting for the bed: \d+ °C, to 45 °C/ }),
  ).toBeVisible({
    timeout: 60_000,
  });
  await page.getByRole('link', { name: 'Terminal' }).click();
  await expect(page.getByRole('log').getByText('G1 Y200 F6000').last()).toBeVisible({ timeout: 30_000 });
  await page.getByRole('link', { name: 'Control', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Printing' })).toBeVisible({ timeout: 30_000 });
});
