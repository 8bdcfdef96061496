import { parseArgs } from 'node:util';
import { benchFiles } from './files.ts';
import { benchBrowserStorage } from './indexeddb.ts';
import { benchPrinter } from './printer.ts';
import { benchQueueOnDisk } from './queue-disk.ts';
import { benchQueue, sizes } from './queue.ts';
import { benchIdle } from './idle.ts';
import { benchRaft } from './raft.ts';
import { benchSurvival } from './survive.ts';

/** `npm run bench -- NAME [--json]`: figures of one run, to be compared within that run only. */
const help = `Figures of one part, measured now.

Usage: npm run bench -- raft|queue|printer|files|survive [flags]

  raft       commits per second in memory, and durable appends in Chromium
  queue      cost of a command, of opening (also from Chromium's disk) and of a snapshot, by size of
             the queue; --no-browser leaves Chromium out
  printer    lines per second and processor time per line: in Node, over TCP, in Chromium's worker,
             and to --connect tcp:HOST:PORT|tty:PATH [--baud N]; --memory MB prints a file of that size
             and watches the memory; --no-browser leaves Chromium out
  files      transfer between two browsers against a raw data channel; sizes of the app

  survive    what is lost and how long it takes when leaders, tabs, relays and machines go away:
             --elections N (closed and killed leaders, 20), --kills N (in mid-commits, 100),
             --losses N (anchors, relays, sleeps, 5), --minutes N (memory in use, 10)

  --json     print one JSON object on stdout and nothing else
  --help     show this text
`;

function fail(text: string): never {
  process.stderr.write(`${text}\n\n${help}`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        connect: { type: 'string' },
        baud: { type: 'string' },
        memory: { type: 'string' },
        elections: { type: 'string', default: '20' },
        kills: { type: 'string', default: '100' },
        losses: { type: 'string', default: '5' },
        minutes: { type: 'string', default: '10' },
        'no-browser': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = parse();
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const connect = values.connect === undefined ? {} : { connect: values.connect };
const baud = values.baud === undefined ? {} : { baud: Number(values.baud) };
const benches: Readonly<Record<string, () => Promise<object>>> = {
  raft: async () => ({
    ...(await benchRaft()),
    idle: await benchIdle(),
    indexeddb: await benchBrowserStorage(),
  }),
  queue: async () => {
    const figures = benchQueue();
    return values['no-browser'] ? figures : { ...figures, disk: await benchQueueOnDisk(sizes) };
  },
  printer: () =>
    benchPrinter({
      ...connect,
      ...baud,
      browser: !values['no-browser'],
      memoryMb: Number(values.memory ?? 0),
    }),
  files: benchFiles,
  survive: () =>
    benchSurvival({
      elections: Number(values.elections),
      kills: Number(values.kills),
      losses: Number(values.losses),
      minutes: Number(values.minutes),
    }),
};
const [name, ...more] = positionals;
const bench = name === undefined ? undefined : benches[name];
if (bench === undefined || more.length > 0) {
  fail(name === undefined ? 'Say what to measure.' : `There is no bench “${positionals.join(' ')}”.`);
}
const figures = await bench();
process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0);
