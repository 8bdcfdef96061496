import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** The table of docs/threat-model.md: who can or cannot do what, and the tests that guard it. */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rows = readFileSync(join(root, 'docs/threat-model.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [a-z]/.test(line) && /\*\*can(not)?\*\*/.test(line))
  .map((line) => {
    const [, who = '', can = '', what = '', guards = ''] = line.split('|').map((cell) => cell.trim());
    return { who, can, what, guards: guards.split(' · ').filter((guard) => guard !== '') };
  });

/** A test file, and the name of one test in it where that is said. */
const named = (guard: string) => /^`([^`]+\.test\.ts)`(?: “(.+)”)?$/.exec(guard);

describe('the threat model', () => {
  test('is a table that can be read', () => {
    expect(rows.filter(({ can }) => can === '**cannot**').length).toBeGreaterThan(20);
    expect(rows.filter(({ can }) => can === '**can**').length).toBeGreaterThan(10);
  });

  test('names a test for all that somebody cannot do', () => {
    const unguarded = rows.filter(({ can, guards }) => can === '**cannot**' && guards.length === 0);
    expect(unguarded).toEqual([]);
  });

  test('names tests that are there', () => {
    const missing = rows
      .flatMap(({ guards }) => guards)
      .filter((guard) => {
        const [, path, name] = named(guard) ?? [];
        if (path === undefined || !existsSync(join(root, path))) return true;
        // Some names hold quotes that the source must escape.
        return name !== undefined && !readFileSync(join(root, path), 'utf8').includes(name);
      });
    expect(missing).toEqual([]);
  });
});
