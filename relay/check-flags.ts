// Says what is wrong with the relay's flags, and nothing when they are good: `npm start` asks before a long build.
import { parseConfig } from './config.ts';

const parsed = parseConfig(process.argv.slice(2), process.cwd());
if (!parsed.ok) {
  process.stderr.write(`${parsed.refusal.text}\n`);
  process.exit(2);
}
