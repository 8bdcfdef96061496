import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * The walls of the house (docs/architecture.md): which room may import which. An arrow that runs up, a clock in a pure room
 * or a file that nobody can hold in the head fails here.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fileLinesMax = 600;

/** Rooms and what each may import besides itself and `base`. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  raft: [],
  queue: [],
  schedule: ['queue'],
  words: ['peer/api-facts.ts', 'printer/facts.ts', 'printer/port.ts', 'queue', 'schedule'],
  gcode: [],
  storage: [],
  network: [],
  rtc: [],
  registry: ['queue'],
  files: ['network', 'storage'],
  printer: ['gcode', 'words'],
  peer: [
    'files',
    'gcode',
    'network',
    'printer',
    'queue',
    'raft',
    'registry',
    'rtc',
    'schedule',
    'storage',
    'words',
  ],
  ui: ['peer/api.ts', 'peer/client.ts', 'gcode', 'words'],
  routes: ['ui', 'words'],
  conformance: ['raft'],
  sim: ['files', 'gcode', 'network', 'peer', 'printer', 'queue', 'raft', 'registry', 'schedule', 'storage'],
  e2e: [
    'peer/api.ts',
    'peer/testing/seeded-queue.ts',
    'printer',
    'registry',
    'storage',
    'raft',
    'queue',
    'relay',
    'sim',
  ],
  relay: ['network/protocols.ts', 'registry', 'files', 'gcode'],
};

/**
 * The floors of the room `peer`, and what of it each may import besides the words that all share (api, messages, limits, shapes: the files at
 * its top). Only what puts everything together stands above them.
 */
const peerFloors: Record<string, readonly string[]> = {
  replica: [],
  host: ['replica'],
  members: ['host', 'replica'],
  files: ['host'],
  printing: ['files', 'host', 'members', 'replica'],
  'print-worker': ['printing/print-journal.ts'],
  tab: ['print-worker', 'printing/print-journal.ts'],
  serving: ['files', 'host', 'members', 'printing', 'replica', 'peer.ts'],
};
const peerTop = ['peer.ts', 'peer-wire.ts', 'peer.worker.ts', 'rtc-first.ts', 'client.ts'];

/** Rooms that compute only: no clock, chance, storage, network or page. */
const pureRooms = ['raft', 'queue', 'schedule', 'gcode', 'words'];
/** Files of other rooms that compute only, and what they import by value besides each other and `base`. */
const pureFiles = [
  ...['job-core.ts', 'job-state.ts', 'journal.ts', 'limits.ts'].map((file) => `print-worker/${file}`),
  ...['core.ts', 'state.ts', 'ignored.ts', 'invariants.ts'].map((file) => `printing/assignment-${file}`),
].map((file) => `src/lib/peer/${file}`);
const pureImports = ['src/lib/base/index.ts', 'src/lib/printer/left-print.ts'];
/** Rooms that answer with facts: the room `words` makes sentences of them. Messages of a `Fault` are phrases for programmers. */
const factRooms = ['raft', 'queue', 'schedule'];
/** Files that say what is told to other peers and to pages. */
const factFiles = [
  'api-facts.ts',
  'printing/my-presence.ts',
  'serving/alerts.ts',
  'serving/print-view.ts',
  'serving/row-views.ts',
  'serving/strategy-previews.ts',
  'serving/told-printers.ts',
  'view-facts.ts',
  'wire-shapes.ts',
].map((file) => `src/lib/peer/${file}`);
/** A text with a blank that ends as a sentence does. */
const sentence = /'[^'\n]*\w [^'\n]*[.!?]'|`[^`]*\w [^`]*[.!?]`|"[^"\n]*\w [^"\n]*[.!?]"/g;
/** Whoever else needs time or chance is handed a Clock or a Random. */
const clockFiles = ['src/lib/base/clock.ts', 'src/lib/base/random.ts'];
const clockWords = /\b(Date\.now|Math\.random|performance\.now|setTimeout|setInterval|getRandomValues)\b/;
const outsideWords =
  /\b(indexedDB|localStorage|navigator\.|document\.|window\.|fetch\(|new WebSocket|process\.)/;

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'testdata' || entry.name === 'node_modules' ? [] : walk(path);
    return /\.(ts|svelte)$/.test(entry.name) ? [path] : [];
  });
}

function roomOf(path: string): string | undefined {
  const parts = path.split('/');
  if (parts[0] === 'relay') return 'relay';
  if (parts[0] !== 'src') return undefined;
  return parts[1] === 'lib' ? parts[2] : parts.length > 2 ? parts[1] : undefined;
}

const sources: Source[] = [...walk('src'), ...walk('relay')].flatMap((path) => {
  const room = roomOf(path);
  return room === undefined ? [] : [{ path, room, text: readFileSync(join(root, path), 'utf8') }];
});

function importsOf(source: Source): string[] {
  const found = source.text.matchAll(
    /(?:from|import\(|import|new URL\()\s*['"]((?:\.{1,2}\/|\$lib\/)[^'"?]+)/g,
  );
  return [...found].map((match) => {
    const target = match[1] ?? '';
    return target.startsWith('$lib/')
      ? join('src/lib', target.slice('$lib/'.length))
      : relative(root, resolve(root, dirname(source.path), target));
  });
}

const isTest = (path: string) => /\.(test|suite)\.ts$|\/testing\//.test(path);

test('arrows between rooms run down only', () => {
  const upward: string[] = [];
  for (const source of sources) {
    const allowed = mayImport[source.room];
    if (allowed === undefined) {
      upward.push(`${source.path}: the room "${source.room}" is not in the plan`);
      continue;
    }
    for (const target of importsOf(source)) {
      const room = roomOf(target);
      if (room === undefined || room === source.room || room === 'base') continue;
      const inRoom = target.replace(/^src\/lib\//, '').replace(/^src\//, '');
      const fits = allowed.some((entry) => entry === room || entry === inRoom);
      // Tests may look into any room below the composition root.
      const testMay = isTest(source.path) && room !== 'ui' && room !== 'routes';
      if (!fits && !testMay) upward.push(`${source.path} → ${target}`);
    }
  }
  expect(upward).toEqual([]);
});

test('arrows between the floors of a peer run down only', () => {
  const upward: string[] = [];
  for (const source of sources) {
    const place = source.path.replace('src/lib/peer/', '');
    const floor = place.split('/')[0] ?? '';
    if (source.room !== 'peer' || !place.includes('/') || isTest(source.path)) continue;
    const allowed = peerFloors[floor];
    if (allowed === undefined) {
      upward.push(`${source.path}: the floor "${floor}" is not in the plan`);
      continue;
    }
    for (const target of importsOf(source)) {
      if (!target.startsWith('src/lib/peer/')) continue;
      const inPeer = target.replace('src/lib/peer/', '');
      const on = inPeer.includes('/') ? (inPeer.split('/')[0] ?? '') : undefined;
      if (on === floor || allowed.includes(inPeer) || (on !== undefined && allowed.includes(on))) continue;
      if (on !== undefined || peerTop.includes(inPeer)) upward.push(`${source.path} → ${inPeer}`);
    }
  }
  expect(upward).toEqual([]);
});

test('clocks and chance are handed in', () => {
  const offenders = sources.filter(
    (source) =>
      !isTest(source.path) &&
      !clockFiles.includes(source.path) &&
      !['e2e', 'conformance', 'ui', 'routes', 'relay'].includes(source.room) &&
      !/\/(main|cli\/.*)\.ts$/.test(source.path) &&
      clockWords.test(withoutComments(source.text)),
  );
  expect(offenders.map((source) => source.path)).toEqual([]);
});

test('pure rooms touch nothing outside', () => {
  const offenders = sources.filter(
    (source) =>
      pureRooms.includes(source.room) &&
      !isTest(source.path) &&
      outsideWords.test(withoutComments(source.text)),
  );
  expect(offenders.map((source) => source.path)).toEqual([]);
});

test('pure files touch nothing outside, wait for nothing, and import by value what is pure', () => {
  const found = sources.filter(({ path }) => pureFiles.includes(path));
  expect(found).toHaveLength(pureFiles.length);
  for (const { path, text, room } of found) {
    const code = withoutComments(text);
    expect(code, path).not.toMatch(outsideWords);
    expect(code, path).not.toMatch(/\b(async|await|Promise)\b/);
    const byValue = importsOf({ path, room, text: code.replace(/import type [^;]+;/g, '') });
    expect(byValue.filter((each) => !pureFiles.includes(each) && !pureImports.includes(each))).toEqual([]);
  }
});

test('what is replicated, decided, told to peers or shown is codes and data: no sentence stands there', () => {
  const sentences = sources
    .filter(({ room, path }) => (factRooms.includes(room) && !isTest(path)) || factFiles.includes(path))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(sentence)].map(([found]) => `${path}: ${found}`),
    );
  expect(sentences).toEqual([]);
  const paths = new Set(sources.map(({ path }) => path));
  expect(factFiles.filter((file) => !paths.has(file))).toEqual([]);
});

test('no file is too long to hold in the head', () => {
  const long = sources
    .map((source) => ({ path: source.path, lines: source.text.split('\n').length }))
    .filter((file) => file.lines > fileLinesMax);
  expect(long).toEqual([]);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}
