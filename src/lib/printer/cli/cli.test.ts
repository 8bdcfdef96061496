import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readTarget } from './connection.ts';
import { openFile } from './file-source.ts';

const sample = fileURLToPath(
  new URL('../../../../static/samples/visor-clip-petg-ender3.gcode', import.meta.url),
);

function cli(
  ...args: string[]
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
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

test('a good print: one JSON object on stdout and status 0', async () => {
  const { status, stdout } = await cli('--connect', 'virtual:max', '--print', sample, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'good', resends: 0, lines: 4430 });
  expect(status).toBe(0);
}, 30_000);

test('no printer there: the reason, and status 1', async () => {
  const { status, stdout } = await cli('--connect', 'tcp:127.0.0.1:1', '--print', sample, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', lines: 0, firmware: null });
  expect(status).toBe(1);
}, 30_000);

test('a wrong flag: the usage, and status 2', async () => {
  expect(await cli('--conect', 'x')).toMatchObject({ status: 2, stdout: '' });
  expect((await cli('--help')).stdout).toContain('--connect tcp:HOST:PORT');
}, 30_000);
