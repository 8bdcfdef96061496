import { expect, test } from 'vitest';
import type { PrinterStatus } from '../../printer/port.ts';
import { standardScripts } from '../../printer/scripts.ts';
import { checkScript, dryRun, scriptEvents, templateOf, templates } from './script-events.ts';

const hot: PrinterStatus = {
  state: 'paused',
  temperatures: { tools: [{ actualC: 210, targetC: 212 }], bed: { actualC: 60, targetC: 60 } },
  position: { x: 11.5, y: 22, z: 3.2, e: 100 },
};

test('a dry run fills in what is known now', () => {
  expect(dryRun('resume', 'G1 X{x} Y{y} ; back\n\n; nothing\nM109 S{nozzle}', hot)).toEqual({
    ok: true,
    value: { commands: ['G1 X11.5 Y22', 'M109 S212'], problems: [], assumed: [] },
  });
});

test('what is not known is an example, and named so', () => {
  const run = dryRun('start', 'G1 X{x}\nM104 S{nozzle}', { state: 'idle', temperatures: { tools: [] } });
  expect(run).toMatchObject({ ok: true, value: { assumed: ['x', 'nozzle'] } });
});

test('a dry run says what looks wrong for its event, though it can be run', () => {
  const run = dryRun('cancel', 'M104 S0\nG91\nG1 Z10', hot);
  expect(run.ok ? run.value.problems : []).toEqual([
    'The bed stays on: add M140 S0.',
    'It ends with relative moves: add G90.',
  ]);
});

test('a template is proposed by what the firmware says, and each can be taken as it is', () => {
  const firmware = {
    family: 'prusa',
    name: 'Prusa-Firmware 3.14.1',
    machine: 'Prusa i3 MK3S',
    capabilities: {},
  };
  expect(templateOf({ ...firmware, family: 'prusa' }).id).toBe('prusa-mk3');
  expect(templateOf(undefined).id).toBe(templates.at(-1)?.id);
  for (const { scripts } of templates)
    for (const script of Object.values(scripts)) expect(checkScript(script).ok).toBe(true);
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
