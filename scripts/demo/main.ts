import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runDemo } from './demo.ts';

/**
 * `npm run demo`: the main job, unattended, in real browsers. What happens is told on stderr; stdout gets the summary. Exit status 0 only if
 * every copy ended good.
 */
const help = `The main job, unattended: real browsers share one queue and print two copies of a file.

Usage: npm run demo -- [flags]

  --peers N      browsers, from 2 to 8 (default 3; the last one is Firefox when there are three or more)
  --gcode FILE   a sliced file of yours (default: a calibration cube)
  --copies N     copies of it (default 2)
  --speed N      simulated seconds per second of the virtual printers (default 200)
  --json         print one JSON object on stdout and nothing else
  --screenshots DIR   also take a picture of every page at the end
  --help         show this text
`;

function parse() {
  try {
    return parseArgs({
      options: {
        peers: { type: 'string', default: '3' },
        gcode: { type: 'string', default: 'static/samples/cube-pla-mk3s.gcode' },
        copies: { type: 'string', default: '2' },
        speed: { type: 'string', default: '200' },
        json: { type: 'boolean', default: false },
        screenshots: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(text: string): never {
  process.stderr.write(`${text}\nnpm run demo -- --help shows the flags.\n`);
  process.exit(2);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    fail(`--${name} takes a whole number from ${least} to ${most}, not “${text}”.`);
  }
  return value;
}

const flags = parse();
if (flags.help) {
  process.stdout.write(help);
  process.exit(0);
}
const gcode = resolve(process.env['INIT_CWD'] ?? '.', flags.gcode);
const file = statSync(gcode, { throwIfNoEntry: false })?.isFile() === true ? gcode : resolve(flags.gcode);
if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) fail(`There is no file ${flags.gcode}.`);

const summary = await runDemo({
  peers: whole('peers', flags.peers, 2, 8),
  copies: whole('copies', flags.copies, 1, 50),
  speed: whole('speed', flags.speed, 1, 100_000),
  file: { name: basename(file), bytes: readFileSync(file) },
  screenshots: flags.screenshots,
  tell: (text) => process.stderr.write(`${text}\n`),
});
if (flags.json) {
  process.stdout.write(`${JSON.stringify(summary)}\n`);
} else {
  process.stdout.write(
    [
      `${summary.peers} peers, led by ${summary.leader}; ${summary.committed} entries committed`,
      `commit latency ${summary.commitMs.p50} ms (p50), ${summary.commitMs.p99} ms (p99)`,
      `file of ${summary.file.bytes} bytes on every peer after ${summary.file.ms} ms`,
      ...summary.prints.map(
        (each) =>
          `copy ${each.copy} on ${each.printer}: ${each.outcome}, ${each.lines} lines, ${each.resends} resends`,
      ),
      '',
    ].join('\n'),
  );
}
const allGood =
  summary.prints.length === Number(flags.copies) && summary.prints.every((each) => each.outcome === 'good');
process.exit(allGood ? 0 : 1);
