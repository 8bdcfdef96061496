// Runs a TypeScript entry point under the pinned Node, installing what is missing first:
//   node scripts/run.mjs path/to/main.ts [arguments]
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { resolve } from 'node:path';
import { ensureInstalled, root, runPinned } from './install.mjs';

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('usage: node scripts/run.mjs FILE.ts [arguments]\n');
  process.exit(2);
}
ensureInstalled();
process.exit(await runPinned([resolve(root, entry), ...rest]));
