import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { silentLog, systemClock } from '../../base/index.ts';
import { PrinterHost } from '../host.ts';
import { openNodeLink, readTarget } from './connection.ts';
import { openFile } from './file-source.ts';
import { readOptions } from './options.ts';

const sample = fileURLToPath(
  new URL('../../../../static/samples/visor-clip-petg-ender3.gcode', import.meta.url),
);

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

function cli(
  ...args: string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test.each([
  ['tcp:localhost:8888', { kind: 'tcp', host: 'localhost', port: 8888 }],
  ['tcp:[::1]:8888', { kind: 'tcp', host: '::1', port: 8888 }],
  ['tty:/dev/ttyUSB0', { kind: 'tty', path: '/dev/ttyUSB0', baud: 250_000 }],
  ['virtual', { kind: 'virtual', speed: 1 }],
  ['virtual:50', { kind: 'virtual', speed: 50 }],
  ['virtual:max', { kind: 'virtual', speed: Infinity }],
])('%s is a connection', (text, target) => {
  expect(readTarget(text, 250_000)).toEqual({ ok: true, value: target });
});

test.each(['', 'usb', 'tcp:host', 'virtual:0', 'virtual:fast'])('%j is none', (text) => {
  expect(readTarget(text)).toMatchObject({ ok: false, refusal: { code: 'usage' } });
});

test('a file is looked at before anything is opened', async () => {
  expect(await openFile(sample)).toMatchObject({ ok: true, value: { metadata: { materials: ['PETG'] } } });
  expect(await openFile(fileURLToPath(import.meta.url))).toMatchObject({
    ok: false,
    refusal: { code: 'not-gcode' },
  });
  expect(await openFile('/nowhere.gcode')).toMatchObject({ ok: false, refusal: { code: 'file' } });
});

const keys = ['outcome', 'reason', 'lines', 'resends', 'seconds', 'linesPerSecond', 'firmware'];

test('a good print: one JSON object with just these keys on stdout, and status 0', async () => {
  const { status, stdout } = await cli('--connect', 'virtual:max', '--print', sample, '--json');
  const summary: unknown = JSON.parse(stdout);
  expect(summary).toMatchObject({ outcome: 'good', resends: 0, lines: 4430 });
  expect(Object.keys(summary as object)).toEqual(keys);
  expect(status).toBe(0);
}, 30_000);

test.each([
  ['nobody listens there', ['--connect', 'tcp:127.0.0.1:1', '--print', sample], 'Nothing answers'],
  ['no such port', ['--connect', 'tty:/nowhere', '--print', sample], 'could not be opened'],
  ['a path that is no terminal', ['--connect', `tty:${sample}`, '--print', sample], 'could not be opened'],
  ['no such file', ['--connect', 'virtual:max', '--print', '/nowhere.gcode'], 'could not be read'],
  ['no such kind of connection', ['--connect', 'usb', '--print', sample], 'is no connection'],
])(
  'not printed, %s: the reason in the same JSON, and status 1',
  async (_, args, says) => {
    const { status, stdout } = await cli(...args, '--json');
    const summary: unknown = JSON.parse(stdout);
    expect(summary).toMatchObject({ outcome: 'failed', lines: 0, linesPerSecond: 0, firmware: null });
    expect((summary as { reason: string }).reason).toContain(says);
    expect(Object.keys(summary as object)).toEqual(keys);
    expect(status).toBe(1);
  },
  30_000,
);

test.each([
  [['--conect', 'x'], '--conect'],
  [['--print', sample], '--connect'],
  [['--connect', 'virtual'], '--print'],
  [['--connect', 'virtual', '--print', sample, '--baud', 'fast'], 'fast'],
  [['--serve', 'x'], 'no address'],
  [['--serve', '0', '--family', 'abacus'], 'abacus'],
])('a wrong command line %j is refused with what is wrong', (args, says) => {
  const options = readOptions(args);
  expect(options.ok ? '' : options.refusal.text).toContain(says);
});

test('a wrong command line: the usage on stderr, JSON only if asked for, and status 2', async () => {
  expect(await cli('--conect', 'x')).toMatchObject({ status: 2, stdout: '' });
  const json = await cli('--conect', 'x', '--json');
  expect(json.status).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'failed', firmware: null });
  expect(await cli('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--connect tcp:') });
}, 30_000);

/** A virtual printer as a process of its own. */
async function served(...args: string[]): Promise<{ readonly where: string; readonly end: () => void }> {
  const child = spawn(process.execPath, [main, '--serve', '0', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const where = await new Promise<string>((resolve) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
  });
  return { where, end: () => child.kill('SIGKILL') };
}

/** Begins to print in a process of its own. */
function printing(where: string) {
  const child = spawn(process.execPath, [main, '--connect', where, '--print', sample, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  const over = new Promise<{ readonly status: number | null; readonly summary: unknown }>((resolve) => {
    child.once('close', (status) => resolve({ status, summary: JSON.parse(stdout) }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      child.stderr.on('data', (bytes: Buffer) => {
        stderr += bytes.toString();
        if (stderr.includes(text)) resolve();
      });
    });
  return { child, over, says };
}

test('over TCP, to a printer that runs already and greets nobody', async () => {
  const { where, end } = await served('--speed', 'max', '--advanced-ok');
  try {
    for (let times = 0; times < 2; times++) {
      const { status, summary } = await printing(where).over;
      expect(summary).toMatchObject({ outcome: 'good', lines: 4430, resends: 0 });
      expect(status).toBe(0);
    }
  } finally {
    end();
  }
}, 60_000);

test('the firmware goes away in mid-print: failed, with what that means, and status 1', async () => {
  const { where, end } = await served('--speed', '1');
  const print = printing(where);
  await print.says('starting');
  end();
  const { status, summary } = await print.over;
  expect(summary).toMatchObject({ outcome: 'failed', firmware: expect.stringContaining('Marlin') });
  expect((summary as { reason: string }).reason).toContain('heaters may still be on');
  expect(status).toBe(1);
}, 60_000);

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s cancels: heaters off, then status 1',
  async (signal) => {
    const { where, end } = await served('--speed', '30');
    try {
      const print = printing(where);
      const lines: string[] = [];
      await print.says('starting');
      print.child.kill(signal);
      const { status, summary } = await print.over;
      expect(summary).toMatchObject({ outcome: 'cancelled' });
      expect(status).toBe(1);
      // The printer still runs: another host asks it what it heats.
      const link = await openNodeLink(
        { kind: 'tcp', host: '127.0.0.1', port: Number(where.split(':').at(-1)) },
        systemClock,
      );
      if (!link.ok) throw new Error(link.refusal.text);
      const host = new PrinterHost(link.value, systemClock, silentLog);
      expect(await host.connect()).toMatchObject({ ok: true });
      const asked = await host.send('M105');
      if (asked.ok) lines.push(...asked.value);
      await host.close();
      expect(host.status().temperatures.tools[0]?.targetC).toBe(0);
      expect(host.status().temperatures.bed?.targetC).toBe(0);
      expect(lines.join()).toContain('ok');
    } finally {
      end();
    }
  },
  60_000,
);
