/**
 * Writes the golden log anew:
 *   node scripts/run.mjs src/sim/golden/make.ts
 * To be done when the rules of the queue change on purpose: before the first release as they are, afterwards with a new rules version.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeGoldenLog } from './golden-log.ts';

const seed = 20_261;
const steps = 200;

const golden = makeGoldenLog(seed, steps);
writeFileSync(
  fileURLToPath(new URL('./golden-log.json', import.meta.url)),
  `${JSON.stringify(golden, null, 1)}\n`,
);
process.stdout.write(`${golden.entries.length} entries, ${golden.hashes.length} hashes\n`);
