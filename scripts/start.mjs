// npm start: installs what is missing, builds the app when its sources have changed, and runs the relay that serves it.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, root, runPinned } from './install.mjs';

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(readFileSync(join(root, 'relay', 'help.txt'), 'utf8'));
  process.exit(0);
}
// npm runs scripts in the project's folder; paths in flags are meant from where the person is.
if (process.env.npm_lifecycle_event === 'start' && process.env.INIT_CWD !== undefined)
  process.chdir(process.env.INIT_CWD);

ensureInstalled();
const servesOtherFolder = args.some((arg) => arg === '--app' || arg.startsWith('--app='));
// Wrong flags are told before a build is waited for.
if (!servesOtherFolder) await ensureBuilt(() => runPinned([join(root, 'relay', 'check-flags.ts'), ...args]));
process.exit(await runPinned([join(root, 'relay', 'main.ts'), ...args]));
