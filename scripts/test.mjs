// `npm test`: installs what is missing, then types, lint, unit tests, the build and browser tests, one after the other.
//   --only NAME[,NAME]   runs these stages alone: types, lint, unit, build, browser, and long, which runs only when it is named
//   what else is given goes to the runner of browser tests: -g "name of a test"
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { join } from 'node:path';
import { ensureBrowsers } from './browsers.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root, runPinned, say } from './install.mjs';

const bin = (name) => join(root, 'node_modules', name);

const stages = [
  {
    name: 'types',
    steps: [
      [bin('@sveltejs/kit/svelte-kit.js'), 'sync'],
      [bin('svelte-check/bin/svelte-check'), '--fail-on-warnings', '--tsconfig', './tsconfig.json'],
    ],
  },
  {
    name: 'lint',
    steps: [
      [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
      [bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.'],
    ],
  },
  { name: 'unit', steps: [[bin('vitest/vitest.mjs'), 'run']] },
  { name: 'build', steps: [] },
  { name: 'browser', steps: [[bin('@playwright/test/cli.js'), 'test']], browsers: true },
  // Tests of long troubles: see playwright.config.ts.
  {
    name: 'long',
    steps: [[bin('@playwright/test/cli.js'), 'test']],
    browsers: true,
    env: { PEERPRINT_LONG: '1' },
    onlyNamed: true,
  },
];

const rest = process.argv.slice(2);
const named = rest.indexOf('--only');
const only = named === -1 ? undefined : rest.splice(named, 2)[1]?.split(',');
const unknown = only?.filter((name) => !stages.some((stage) => stage.name === name)) ?? [];
if (unknown.length > 0) {
  say(
    `There is no test stage ${unknown.join(', ')}. Stages: ${stages.map((stage) => stage.name).join(', ')}.`,
  );
  process.exit(2);
}

process.chdir(root);
ensureInstalled();
const began = Date.now();
const times = [];
for (const stage of stages) {
  if (only === undefined ? stage.onlyNamed === true : !only.includes(stage.name)) continue;
  if (stage.browsers === true) Object.assign(process.env, ensureBrowsers(), stage.env);
  say(`\n── ${stage.name}`);
  const stageBegan = Date.now();
  if (stage.name === 'build') await ensureBuilt();
  for (const step of stage.steps) {
    const status = await runPinned(stage.browsers === true ? [...step, ...rest] : step);
    if (status !== 0) {
      say(`\n${stage.name} failed.`);
      process.exit(status);
    }
  }
  times.push(`${stage.name} ${Math.round((Date.now() - stageBegan) / 1000)} s`);
}
say(`\nAll passed in ${Math.round((Date.now() - began) / 1000)} s: ${times.join(', ')}.`);
