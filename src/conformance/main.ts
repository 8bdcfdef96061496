/**
 * Plays etcd's data-driven scripts against the consensus core and compares outputs byte for byte, log lines aside:
 *   npm run conformance -- [--dir DIR]
 * Exits with 1 if anything differs, with 2 if there is nothing to play.
 */
import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findScripts, playFile, showDifference } from './play.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const beside = join(here, '..', '..', '..', 'shared', 'conformance');

function folders(): string[] {
  const { values } = parseArgs({ options: { dir: { type: 'string', multiple: true } } });
  if (values.dir !== undefined) return values.dir;
  if (existsSync(beside)) return [join(here, 'testdata'), beside];
  console.log("etcd's scripts not found beside the project, skipped");
  return [join(here, 'testdata')];
}

let files = 0;
let commands = 0;
let failed = 0;
for (const folder of folders()) {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    console.error(`${folder} is no folder`);
    process.exit(2);
  }
  for (const file of findScripts(folder)) {
    const result = playFile(file);
    files++;
    commands += result.commands;
    const name = relative(folder, file);
    if (result.differences.length === 0) {
      const chance = result.draws === 0 ? '' : `, ${result.draws} timeouts left to chance`;
      console.log(`ok    ${name} (${result.commands} commands${chance})`);
    } else {
      failed++;
      console.log(`FAIL  ${name}`);
      for (const difference of result.differences) console.log(showDifference(difference));
    }
  }
}
console.log(`${files} files, ${commands} commands, ${failed} files differ`);
if (files === 0) {
  console.error('There are no scripts (.txt) in that folder.');
  process.exit(2);
}
process.exit(failed === 0 ? 0 : 1);
