import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * Whatever reads bytes or texts from outside is tried with samples, damage and noise in a `*.fuzz.test.ts` beside it. What is new is noticed
 * here: a function whose name says that it reads, or a shape that bytes are parsed with.
 */
const root = dirname(fileURLToPath(import.meta.url));

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : entry.name.endsWith('.ts') ? [path] : [];
  });
}

const files = walk('lib').map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
const fuzzers = files
  .filter(({ path }) => path.endsWith('.fuzz.test.ts'))
  .map(({ text }) => text)
  .join('\n');
const sources = files.filter(({ path }) => !/\.(test|suite)\.ts$|\/testing\/|\/test-|\/cli\//.test(path));
const isTried = (name: string) => new RegExp(`\\b${name}\\b`).test(fuzzers);

/** What such a name says and what is meant all the same, or where else it is tried. */
const notDecoders: Record<string, string> = {
  openFakeConnections: 'a stand-in for a browser',
  openIdentity: 'reads identitySchema',
  openIndexedDbStore: 'opens a store',
  openMemoryStore: 'opens a store',
  openPrinterMemory: 'opens a store',
  openSession: 'a handler of commands',
  openStoredFile: 'opens a file',
  openWebSerial: 'opens a port',
  openWords: 'openNews and openQuestion stand on it',
  parsePendingJoin: 'reads pendingJoinSchema',
  parseReplicaRecord: 'reads replicaRecordSchema',
  parseConfState: 'reads confStateSchema',
  parsePresets: 'what a person types on this page, judged there and never sent',
  readCanonical: 'base/cbor.test.ts',
  readContextOf: 'what this replica wrote itself',
  readDraft: 'what this page wrote itself, in a shape',
  readEnded: 'a part of readTables',
  readTotals: 'a part of readTables',
  readWork: 'a part of readTables',
  readWords: 'the virtual printer, which reads what we send',
  restoreConfig: 'a configuration that decodeSnapshot and the guard have judged',
  restoreReplica: 'puts parts together that are read elsewhere',
  restoreSnapshot: 'puts parts together that are read elsewhere',
};

test('every function that reads what comes from outside is fuzzed', () => {
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/^export (?:async )?function\*? ((?:parse|decode|open|read|restore)[A-Z]\w*)/gm)].map(
      (match) => match[1] ?? '',
    ),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !isTried(name) && !(name in notDecoders))).toEqual([]);
  expect(Object.keys(notDecoders).filter((name) => !names.includes(name))).toEqual([]);
});

test('every shape that bytes are parsed with is fuzzed', () => {
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/(?<![\w.])parse\(\s*([a-z]\w*),/g)].map((match) => match[1] ?? ''),
  );
  expect(names.length).toBeGreaterThan(30);
  // `openWords` is handed a shape.
  expect(names.filter((name) => name !== 'shape' && !isTried(name))).toEqual([]);
});

test('bytes of dag-cbor and UTF-8 are read in one place', () => {
  const offenders = sources.filter(
    ({ path, text }) =>
      !path.startsWith('lib/base/') &&
      !path.startsWith('lib/gcode/') &&
      /from '(?:@ipld\/dag-cbor|cborg)|new TextDecoder/.test(text),
  );
  expect(offenders.map(({ path }) => path)).toEqual([]);
});

test('shapes of bytes change nothing that they let through', () => {
  const changing =
    /\bv\.(?:transform|trim|trimStart|trimEnd|toLowerCase|toUpperCase|toMinValue|fallback|object)\(/;
  const offenders = sources.filter(
    // Pages keep texts of their own, which are neither hashed nor sent.
    ({ path, text }) => !/^lib\/(?:ui|peer\/tab)\//.test(path) && changing.test(text),
  );
  expect(offenders.map(({ path }) => path)).toEqual([]);
});
