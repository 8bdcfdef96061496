// Runs a TypeScript entry point under the pinned Node, installing what is missing first:
//   node scripts/run.mjs [--build] [--browsers] path/to/main.ts [arguments]
// --build: with the app built · --browsers: with Chromium and Firefox found or installed.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { resolve } from 'node:path';
import { ensureBrowsers } from './browsers.mjs';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root, runPinned } from './install.mjs';

const args = process.argv.slice(2);
const wants = new Set();
while (args[0] === '--build' || args[0] === '--browsers') wants.add(args.shift());
const [entry, ...rest] = args;
if (entry === undefined) {
  process.stderr.write('usage: node scripts/run.mjs [--build] [--browsers] FILE.ts [arguments]\n');
  process.exit(2);
}
const onlyHelp = rest.includes('--help');
ensureInstalled();
if (wants.has('--browsers') && !onlyHelp) Object.assign(process.env, ensureBrowsers());
if (wants.has('--build') && !onlyHelp) await ensureBuilt();
process.exit(await runPinned([resolve(root, entry), ...rest]));
