// Builds the app that the relay serves, when its sources have changed.
// Plain JavaScript for Node 20 or newer, because it runs before anything is installed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root, runPinned, say } from './install.mjs';

/**
 * Builds the app when its sources have changed since the last build. Quick when they have not.
 * @param {() => Promise<number>} [before] runs once it is known that a build is needed; a status other than 0 ends this process
 */
export async function ensureBuilt(before = async () => 0) {
  const build = join(root, 'build');
  // The stamp lies in the build it speaks of: whatever replaces the build takes the stamp away too.
  const stampFile = join(build, '.peerprint-sources');
  const stamp = sourcesHash();
  if (
    existsSync(join(build, 'index.html')) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === stamp
  )
    return;

  const status = await before();
  if (status !== 0) process.exit(status);
  say('Building the app (only when it has changed) …');
  const built = await runPinned([join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], {
    cwd: root,
    quiet: true,
  });
  if (built !== 0) {
    say('The app could not be built. What went wrong is said above.');
    process.exit(1);
  }
  // A build that was stopped by a signal ends with status 0 too, and leaves no page.
  if (!existsSync(join(build, 'index.html'))) process.exit(1);
  writeFileSync(stampFile, stamp);
}

/** Hash of everything that the build is made from. */
function sourcesHash() {
  const hash = createHash('sha256');
  const single = ['package-lock.json', 'svelte.config.js', 'tsconfig.json', 'vite.config.ts'];
  const files = [
    ...single.map((name) => join(root, name)),
    ...filesUnder(join(root, 'src')),
    ...filesUnder(join(root, 'static')),
  ];
  for (const file of files) {
    if (!existsSync(file) || file.endsWith('.test.ts')) continue;
    const bytes = readFileSync(file);
    hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Files below a folder, in a fixed order. The simulator, the conformance and the browser tests are no part of the app. */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  const outside = new Set(['sim', 'e2e', 'conformance'].map((name) => join(root, 'src', name)));
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!outside.has(path)) found.push(...filesUnder(path));
    } else if (entry.isFile()) found.push(path);
  }
  return found;
}
