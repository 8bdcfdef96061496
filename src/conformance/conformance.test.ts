import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findScripts, playFile, showDifference } from './play.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const testdata = join(here, 'testdata');
const beside = join(here, '..', '..', '..', 'shared', 'conformance');

function expectConforms(file: string): void {
  expect(playFile(file).differences.map(showDifference).join('\n')).toBe('');
}

describe('the core prints what etcd prints in the script, random or with a limit in bytes', () => {
  test.each(findScripts(testdata).map((file) => [basename(file), file]))('%s', (_, file) =>
    expectConforms(file),
  );
});

describe('the core prints what etcd prints in the scripts beside the project', () => {
  const files = existsSync(beside) ? findScripts(beside) : [];
  if (files.length === 0) process.stderr.write("etcd's scripts not found beside the project, skipped\n");
  test('all of them, if they are there', () => files.forEach(expectConforms));
});

describe('the player', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const [first = ''] = findScripts(testdata);
  const script = readFileSync(first, 'utf8');

  function altered(from: string, to: string): string {
    expect(script).toContain(from);
    const file = join(folder, 'altered.txt');
    writeFileSync(file, script.replace(from, to));
    return file;
  }

  test('notices a term that is off by one', () => {
    expect(playFile(altered('HardState Term:1', 'HardState Term:2')).differences).toHaveLength(1);
  });

  test('notices a message that is missing', () => {
    const line = /\n {2}\d->\d MsgVote [^\n]*/.exec(script)?.[0] ?? '';
    expect(playFile(altered(line, '')).differences).toHaveLength(1);
  });

  test('notices an expected error that does not come', () => {
    expect(playFile(altered('----\nok\n', '----\nraft proposal dropped\n')).differences).toHaveLength(1);
  });

  test('reports a file that is no script', () => {
    const file = join(folder, 'broken.txt');
    writeFileSync(file, 'propose 1 foo\n');
    expect(playFile(file).differences).toHaveLength(1);
  });

  test('leaves log lines out on both sides', () => {
    const file = join(folder, 'logged.txt');
    writeFileSync(
      file,
      'add-nodes 1 voters=(1) index=3\n----\nINFO anything at all\n\ncampaign 1\n----\nok\n',
    );
    expect(playFile(file).differences).toEqual([]);
  });
});
