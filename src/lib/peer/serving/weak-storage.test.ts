import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { firefoxMin, weakStorageNotices } from './weak-storage.ts';

const agentOf = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;

test('an older Firefox is told that it does not keep what it says, and which one does', () => {
  expect(weakStorageNotices(false, agentOf(125))).toMatchObject([
    { tone: 'warning', text: expect.stringContaining('power cut'), advice: expect.stringContaining('126') },
  ]);
  expect(weakStorageNotices(false, 'Safari/17.0')).toMatchObject([
    { advice: expect.not.stringContaining('Firefox') },
  ]);
});

test('a browser that flushes when asked to is told nothing', () => {
  expect(weakStorageNotices(true, agentOf(126))).toEqual([]);
});

test('the README names the same Firefox', () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`Firefox ${firefoxMin},`);
});
