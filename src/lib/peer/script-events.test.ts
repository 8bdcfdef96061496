import { expect, test } from 'vitest';
import type { PrinterStatus } from '../printer/port.ts';
import { standardScripts } from '../printer/scripts.ts';
import { checkScript, dryRun, scriptEvents } from './script-events.ts';

const hot: PrinterStatus = {
  state: 'paused',
  temperatures: { tools: [{ actualC: 210, targetC: 212 }], bed: { actualC: 60, targetC: 60 } },
  position: { x: 11.5, y: 22, z: 3.2, e: 100 },
};

test('a dry run fills in what is known now', () => {
  expect(dryRun('G1 X{x} Y{y} ; back\n\n; nothing\nM109 S{nozzle}', hot)).toEqual({
    ok: true,
    value: { commands: ['G1 X11.5 Y22', 'M109 S212'], assumed: [] },
  });
});

test('what is not known is an example, and named so', () => {
  const run = dryRun('G1 X{x}\nM104 S{nozzle}', { state: 'idle', temperatures: { tools: [] } });
  expect(run).toMatchObject({ ok: true, value: { assumed: ['x', 'nozzle'] } });
});

test('a script that could never run is refused with its line', () => {
  const refused = checkScript('G28\nG1 X{left}');
  expect(refused.ok ? '' : refused.refusal.text).toMatch(/Line 2.*\{left\}/);
  expect(checkScript(`G1 ${'X1.5 '.repeat(60)}`).ok).toBe(false);
});

test('every event has its words, and the standard scripts can all run', () => {
  expect(scriptEvents.map(({ event }) => event).sort()).toEqual(Object.keys(standardScripts).sort());
  for (const { standard, title, when } of scriptEvents) {
    expect(checkScript(standard).ok).toBe(true);
    expect(title.length).toBeGreaterThan(2);
    expect(when).toMatch(/\.$/);
  }
});
