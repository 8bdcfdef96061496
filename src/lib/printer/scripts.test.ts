import { describe, expect, test } from 'vitest';
import { tryScript } from './script-trial.ts';
import { expand, reheat, standardScripts } from './scripts.ts';
import { printerTemplates, templateFor } from './templates.ts';
import { jobOf } from './test-kit.ts';
import { Room, square } from './test-room.ts';

describe('a script', () => {
  test('has its variables filled in, its comments and blank lines dropped', () => {
    expect(expand('; back\nG1 X{x} Y{y}\n\nM104 S{nozzle} ; hot', { x: 1.5, y: 2, nozzle: 210 })).toEqual({
      ok: true,
      value: ['G1 X1.5 Y2', 'M104 S210'],
    });
  });

  test('with an unknown variable is refused, with its line', () => {
    expect(tryScript('pause', 'G90\nG1 X{parkx}').problems).toEqual([
      'Line 2 of the script: it uses {parkx}, which is not known here.',
    ]);
  });

  test.each([
    ['cancel', 'M104 S0\nM84', 'The bed stays on'],
    ['cancel', 'M140 S0', 'The nozzle stays on'],
    ['coolDown', 'M107', 'The nozzle stays on'],
    ['clearBed', 'M140 S60\nG28', 'The bed stays on'],
    ['pause', 'G28 X', 'loses the place'],
    ['resume', 'M84', 'loses the place'],
    ['pause', 'G91\nG1 Z5', 'add G90'],
    ['start', 'M112', 'emergency stop'],
    ['start', 'M500', 'settings'],
    ['finish', 'M0 Take it off', 'no meaning in a script'],
    ['start', `G1 ${'X1.123456 '.repeat(20)}`, 'at most'],
  ] as const)('a dry run of %s “%s” says: %s', (name, script, says) => {
    expect(tryScript(name, script).problems.join(' ')).toContain(says);
  });
});

describe.each(printerTemplates)('the template $name', (template) => {
  test('has scripts in which a dry run finds nothing wrong', () => {
    for (const name of Object.keys(standardScripts) as (keyof typeof standardScripts)[])
      expect(tryScript(name, template.scripts[name]).problems, name).toEqual([]);
  });

  test('is left safe when a print is paused, resumed and cancelled, and its moves stay on the bed', async () => {
    const room = await new Room({}, { scripts: template.scripts }).connect();
    const over = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    await room.clock.until(room.host.resume());
    await room.clock.until(room.host.cancel());
    expect(await over).toMatchObject({ outcome: 'cancelled' });
    const { nozzle, bed, fan } = room.link.firmware.machine;
    expect([nozzle.targetC, bed.targetC, fan]).toEqual([0, 0, 0]);
    for (let i = 0; i < room.record.length; i += 4) {
      expect(room.record[i]).toBeLessThanOrEqual(template.size.x);
      expect(room.record[i + 1]).toBeLessThanOrEqual(template.size.y);
    }
  });

  test('goes on after a pause where it stopped', async () => {
    const room = await new Room({}, { scripts: template.scripts }).connect();
    const over = room.begin(square);
    await room.reach('printing');
    await room.clock.until(room.host.pause());
    await room.clock.until(room.host.resume());
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    expect(room.record.slice(-4)).toEqual([60, 49, room.record.at(-2), room.record.at(-1)]);
    expect(room.record.at(-2)).toBe(0);
  });
});

test('after a pause everything heats at once, and then each is waited for', () => {
  const part = (targetC: number) => ({ actualC: 20, targetC });
  const saved = { tools: [part(0), part(215)], bed: part(60), chamber: part(45) };
  expect(reheat(saved)).toEqual([
    'M141 S45',
    'M140 S60',
    'M104 T1 S215',
    'M191 S45',
    'M190 S60',
    'M109 T1 S215',
  ]);
});

test('a printer finds its template by what its firmware says', () => {
  expect(templateFor('Prusa i3 MK3S', 'Prusa-Firmware 3.14.1').id).toBe('prusa-mk3');
  expect(templateFor('Prusa-MK4', undefined).id).toBe('prusa-mk4');
  expect(templateFor('Ender-3 V2', 'Marlin 2.1.2').id).toBe('ender-3');
  expect(templateFor(undefined, 'Klipper').id).toBe('voron-klipper');
  expect(templateFor('3D Printer', 'Marlin 1.1.9').id).toBe('marlin');
});

describe('clearing the bed by script', () => {
  const clearBed = 'G28 X Y\nG1 Y0 F3000\nG1 Y200 F3000';

  test('waits until the bed is cool, then pushes; a print is refused meanwhile', async () => {
    const room = await new Room({}, { scripts: { clearBed } }).connect();
    await room.clock.until(room.host.send('M140 S60'));
    await room.clock.until(room.host.send('M190 S60'));
    const cleared = room.host.clearing.run({ coolToC: 30 });
    await room.clock.pass(60_000);
    expect(room.host.status().clearing).toMatch(/^Waiting for the bed: \d+ °C, to 30 °C$/);
    expect(room.sent).not.toContain('G28 X Y');
    expect(room.host.print(jobOf(square))).toMatchObject({ refusal: { code: 'clearing' } });
    expect(await room.clock.until(cleared)).toEqual({ ok: true, value: undefined });
    expect(room.link.firmware.machine.bed.targetC).toBe(0);
    expect(room.link.firmware.machine.bed.actualC(room.link.firmware.nowMs)).toBeLessThan(31);
    expect(room.sent.slice(-2)).toEqual(['G1 Y200 F3000', 'M400']);
    expect(room.host.status().clearing).toBeUndefined();
  });

  test('is refused without a script, and while it prints', async () => {
    const room = await new Room().connect();
    expect(await room.host.clearing.run()).toMatchObject({ refusal: { code: 'no-script' } });
    void room.begin(square);
    expect(await room.host.clearing.run()).toMatchObject({ refusal: { code: 'not-ready' } });
    await room.clock.until(room.host.cancel());
  });

  test('that is stopped or loses its printer never says clear', async () => {
    const room = await new Room({}, { scripts: { clearBed } }).connect();
    await room.clock.until(room.host.send('M190 S60'));
    const stopped = room.host.clearing.run({ coolToC: 30 });
    await room.clock.pass(20_000);
    room.host.clearing.stop();
    expect(await room.clock.until(stopped)).toMatchObject({ refusal: { code: 'stopped' } });
    const lost = room.host.clearing.run({ coolToC: 30 });
    await room.clock.pass(5_000);
    room.link.unplug();
    expect(await room.clock.until(lost)).toMatchObject({ ok: false });
    expect(room.sent).not.toContain('G28 X Y');
  });
});
