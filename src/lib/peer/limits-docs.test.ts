import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as fileLimits from '../files/limits.ts';
import * as queueLimits from '../queue/limits.ts';
import * as limits from './limits.ts';

const mib = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
const gib = (bytes: number) => `${bytes / 1024 ** 3} GiB`;
const count = (number: number) => number.toLocaleString('en-US');

/** The README's table of limits: what and how much. Each number is one of the program's, and each is held by the test named here. */
const rows: Readonly<Record<string, readonly string[]>> = {
  // files/store.test.ts “too-large”; queue/member-limits.test.ts
  'one file': [gib(fileLimits.fileBytesMax)],
  // peer/queues-max.test.ts
  'queues in one browser': [String(limits.queuesMax)],
  // peer/files/file-keeper.test.ts, peer/unasked-files.test.ts
  'files fetched without being asked for': [
    `${mib(limits.fetchUnaskedBytesMax)} each`,
    `${gib(limits.fetchUnaskedAuthorBytesMax)} and ${count(limits.fetchUnaskedAuthorFilesMax)} files`,
    `${gib(limits.fetchUnaskedAllBytesMax)}, ${count(limits.fetchUnaskedAllFilesMax)} files`,
  ],
  // queue/member-limits.test.ts
  'one member who may not operate': [
    `${count(queueLimits.openJobsPerMemberMax)} jobs that are not done`,
    `${count(queueLimits.filesPerMemberMax)} files`,
  ],
};

test('the README’s limits are the program’s', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const table = new Map(
    readme
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => {
        const [, what = '', limit = ''] = line.split('|').map((cell) => cell.trim());
        return [what, limit] as const;
      }),
  );
  for (const [what, said] of Object.entries(rows))
    for (const part of said) expect(table.get(what), what).toContain(part);
});

test('a queue takes no larger file than the store of files does', () => {
  expect(queueLimits.fileBytesMax).toBe(fileLimits.fileBytesMax);
});
