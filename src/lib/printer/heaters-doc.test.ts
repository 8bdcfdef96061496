import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function rows(): readonly string[] {
  return readFileSync(`${root}docs/heaters.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:-|How )/.test(line));
}

test('every row of the table of heaters names a test, and each test that it names exists', () => {
  expect(rows().length).toBeGreaterThan(15);
  const tests = globSync(['src/**/*.test.ts', 'src/e2e/*.spec.ts'], { cwd: root })
    .map((path) => readFileSync(`${root}${path}`, 'utf8'))
    .join('\n');
  for (const row of rows()) {
    const named = [...(row.split('|').at(-2) ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(named, row).not.toEqual([]);
    for (const name of named)
      expect(
        tests.includes(`'${name}'`) || tests.includes(`'${name} @long'`),
        `no test is called “${name}”`,
      ).toBe(true);
  }
});

test.each([
  'Finished',
  'Cancelled',
  'Failed',
  'Tab closed',
  'Tab killed',
  'Worker killed',
  'Laptop asleep',
  'Cable pulled',
  'Firmware reset',
])('the table of heaters has a row of its own for: %s', (way) => {
  expect(rows().some((row) => row.startsWith(`| ${way}`))).toBe(true);
});
