import { expect, test } from 'vitest';
import { pathToShow } from './alerting.ts';
import { showFromNotification } from './notification-click.ts';

const printers = '/queue/a/printer';

/** Tabs that stand open at those paths, and what happens to them. */
async function click(data: unknown, ...paths: readonly string[]) {
  const done: string[] = [];
  const tabs = paths.map((path) => ({
    url: `https://print.example${path}`,
    postMessage: (message: unknown) => void done.push(`${path} shows ${pathToShow(message) ?? 'nothing'}`),
    focus: () => Promise.resolve(done.push(`${path} in front`)),
  }));
  await showFromNotification(
    {
      list: () => Promise.resolve(tabs),
      open: (path) => Promise.resolve(done.push(`${path} opened`)),
    },
    data,
  );
  return done;
}

test('a click with no tab open opens the page that the notification speaks of', async () => {
  expect(await click({ path: printers })).toEqual([`${printers} opened`]);
});

test('a tab that is open is not loaded anew: it comes to the front and is told what to show', async () => {
  expect(await click({ path: printers }, '/queue/b')).toEqual([
    `/queue/b shows ${printers}`,
    '/queue/b in front',
  ]);
});

test('of several tabs the one that shows it already is taken, else the one used last', async () => {
  expect(await click({ path: printers }, '/queue/b', printers)).toEqual([
    `${printers} shows ${printers}`,
    `${printers} in front`,
  ]);
  expect(await click({ path: printers }, '/queue/b', '/queue/c')).toEqual([
    `/queue/b shows ${printers}`,
    '/queue/b in front',
  ]);
});

test.each([
  undefined,
  null,
  'text',
  {},
  { path: 7 },
  { path: 'https://elsewhere.example/' },
  { path: '//x.example' },
  { path: '/\\x.example' },
])('a notification that names no page of this app leads to its start: %j', async (data) => {
  expect(await click(data)).toEqual(['/ opened']);
});
