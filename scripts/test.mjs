// `npm test`: installs what is missing, then types, lint, unit tests, conformance, simulator and browser tests, one after the other.
//   --only NAME[,NAME]   runs these stages alone: types, lint, unit, conformance, sim, build, browser
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
  { name: 'browser', steps: [[bin('@playwright/test/cli.js'), 'test']] },
];

const only = process.argv.includes('--only')
  ? process.argv[process.argv.indexOf('--only') + 1]?.split(',')
  : undefined;
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
  if (only !== undefined && !only.includes(stage.name)) continue;
  if (stage.name === 'browser') Object.assign(process.env, ensureBrowsers());
  say(`\n── ${stage.name}`);
  const stageBegan = Date.now();
  if (stage.name === 'build') await ensureBuilt();
  for (const step of stage.steps) {
    const status = await runPinned(step);
    if (status !== 0) {
      say(`\n${stage.name} failed.`);
      process.exit(status);
    }
  }
  times.push(`${stage.name} ${Math.round((Date.now() - stageBegan) / 1000)} s`);
}
say(`\nAll passed in ${Math.round((Date.now() - began) / 1000)} s: ${times.join(', ')}.`);
