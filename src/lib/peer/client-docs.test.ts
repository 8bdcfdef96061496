import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientApiVersion } from './api.ts';

test('every call of the client stands in docs/client-api.md, and nothing else does', () => {
  const source = readFileSync('src/lib/peer/api.ts', 'utf8');
  const body = /export interface PeerPrintClient \{\n([\s\S]*?)\n\}\n/.exec(source)?.[1] ?? '';
  const calls = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(<?:]/gm)].map((match) => match[1] ?? '');
  const docs = readFileSync('docs/client-api.md', 'utf8');
  const begin = docs.indexOf('| call ');
  // The first column of the first table: the calls of printers stand in a table of their own.
  const rows = docs.slice(begin, docs.indexOf('\n\n', begin)).split('\n').slice(2);
  const told = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(\w+)(?:\.\*)?`/g)].map((match) => match[1] ?? ''),
  );
  expect(calls.length).toBeGreaterThan(25);
  expect([...new Set(told)].sort()).toEqual([...new Set(calls)].filter((call) => call !== 'version').sort());
  expect(docs).toContain(`\`version\` is ${clientApiVersion} `);
});

test('every code with which a call can be refused stands in the docs', () => {
  const docs = readFileSync('docs/client-api.md', 'utf8') + readFileSync('docs/protocols.md', 'utf8');
  const files = ['src/lib/peer', 'src/lib/registry'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/(test|suite)\.ts$|testing/.test(path))
      .map((path) => join(folder, path)),
  );
  const codes = files.flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(/\b(?:refused?\(\s*|code: (?='[a-z-]+',\s*text))'([a-z-]+)'/g),
    ].map((match) => match[1] ?? ''),
  );
  expect(codes.length).toBeGreaterThan(40);
  expect([...new Set(codes)].filter((code) => !docs.includes(`\`${code}\``))).toEqual([]);
});
