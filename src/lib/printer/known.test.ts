import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Whether all that the driver knows is named in a test. Read from the sources, so that nobody has to keep a list. */
function source(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

function all(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))];
}

/** The names of a file's tests, and the rows that stand in them. */
function names(text: string): string {
  return all(text, /\btest(?:\.each\(\[([\s\S]*?)\]\)|\('([^\n]*)')/g)
    .concat(all(text, /\btest\(\s*'([^\n]*)'/g), all(text, /\]\)\(\s*'([^\n]*)'/g))
    .join('\n');
}

test('each action of a printer that does something is named in a test', () => {
  const known = all(source('./actions.ts') + source('./prompt.ts'), /case '([\w]+)':/g);
  expect(known).toContain('uvlo_recovery_ready');
  const named = names(source('./actions.test.ts'));
  const unnamed = known.filter((action) => !new RegExp(`\\b${action}\\b`).test(named));
  // The power panic is told by a line of its own: INT4.
  expect(unnamed).toEqual(['power_panic']);
  expect(named).toContain('INT4');
});

test('each kind of reply is named in a test', () => {
  const known = all(source('./replies.ts'), /\btype: '(\w+)'/g);
  expect(known).toContain('busy');
  const rows = source('./replies.test.ts');
  expect(known.filter((kind) => !rows.includes(`{ type: '${kind}'`))).toEqual([]);
});

test('each rule for resends is named in a test', () => {
  const named = names(source('./marlin.test.ts'));
  for (let rule = 1; rule <= 8; rule++) expect(named).toContain(`rule ${rule}:`);
});

test('each firmware family is named in a test, and has a virtual firmware that is printed on', () => {
  const known = all(source('./replies.ts'), /^ {4}\[\/.*\/i, '(\w+)'\],$/gm);
  expect(known).toContain('klipper');
  const told = source('./replies.test.ts');
  expect(known.filter((family) => !new RegExp(`'${family}',?\\s*\\]`).test(told))).toEqual([]);
  const dialects = source('./virtual/dialect.ts');
  expect(known.filter((family) => !dialects.includes(family))).toEqual([]);
});
