import { describe, expect, test } from 'vitest';
import {
  familyOf,
  readArea,
  readCapability,
  readIdentity,
  readPosition,
  readReply,
  readTarget,
  readTemperatures,
  ReplySplitter,
} from './replies.ts';

describe('replies', () => {
  test.each([
    ['ok', { type: 'ok', probe: false }],
    ['ok T:210.0 /210.0 B:60.0 /60.0 @:127', { type: 'ok', probe: true }],
    ['ok N12 P15 B3', { type: 'ok', line: 12, free: 3, probe: false }],
    ['ok P15 B3', { type: 'ok', probe: false }],
    ['Resend: 7', { type: 'resend', line: 7 }],
    ['Resend:N7', { type: 'resend', line: 7 }],
    ['rs 7', { type: 'resend', line: 7 }],
    ['rs N7', { type: 'resend', line: 7 }],
    ['rs N: 7', { type: 'resend', line: 7 }],
    ['Resend: x', { type: 'resend', line: undefined }],
    ['start', { type: 'start' }],
    ['T:20.1 start', { type: 'start' }],
    ['okstart', { type: 'start' }],
    ['Smoothie', { type: 'start' }],
    ['\ufffd\ufffdstart', { type: 'start' }],
    ['echo:autostart', { type: 'other' }],
    ['echo:Please restart', { type: 'other' }],
    ['wait', { type: 'wait' }],
    ['echo:busy: processing', { type: 'busy', needsPerson: false, text: 'processing' }],
    ['busy: paused for user', { type: 'busy', needsPerson: true, text: 'paused for user' }],
    ['echo:busy: paused for input', { type: 'busy', needsPerson: true, text: 'paused for input' }],
    ['//action:pause', { type: 'action', name: 'pause', text: '' }],
    ['// action:notification Layer 3', { type: 'action', name: 'notification', text: 'Layer 3' }],
    ['//action:prompt_begin Nozzle Parked', { type: 'action', name: 'prompt_begin', text: 'Nozzle Parked' }],
    ['// Klipper says hello', { type: 'other' }],
    ['echo:Unknown command: "G999"', { type: 'other' }],
    ['T:20.0 /0.0 B:20.0 /0.0', { type: 'other' }],
    ['ok N12 P15 B3 T:210.0 /210.0', { type: 'ok', line: 12, free: 3, probe: true }],
    ['okay then', { type: 'other' }],
    ['Resend: -1', { type: 'resend', line: -1 }],
    ['resend 7', { type: 'resend', line: 7 }],
    ['echo: External Reset', { type: 'other' }],
    ['kill() called', { type: 'error', kind: 'fatal', text: 'kill() called' }],
    ['fatal: no more', { type: 'error', kind: 'fatal', text: 'fatal: no more' }],
    ['INT4', { type: 'action', name: 'power_panic', text: '' }],
    ['DEBUG_ok', { type: 'other' }],
    ['tmc2130_init(), mode=NORMAL', { type: 'other' }],
  ])('%j is read', (line, reply) => expect(readReply(line)).toEqual(reply));
});

describe('values', () => {
  const none = { tools: [] };

  test('temperatures of Marlin, with and without a bed', () => {
    expect(readTemperatures('ok T:201.5 /210.0 B:59.9 /60.0 @:127 B@:10', none)).toEqual({
      tools: [{ actualC: 201.5, targetC: 210 }],
      bed: { actualC: 59.9, targetC: 60 },
    });
    expect(readTemperatures(' T:20.0 /0.0', none)).toEqual({ tools: [{ actualC: 20, targetC: 0 }] });
  });

  test('temperatures of two nozzles and a chamber', () => {
    expect(
      readTemperatures('T:20.0 /0.0 B:21.0 /0.0 C:30.0 /40.0 T0:20.0 /0.0 T1:22.0 /100.0 @:0', none),
    ).toEqual({
      tools: [
        { actualC: 20, targetC: 0 },
        { actualC: 22, targetC: 100 },
      ],
      bed: { actualC: 21, targetC: 0 },
      chamber: { actualC: 30, targetC: 40 },
    });
  });

  test('temperatures of Smoothie, Repetier and Klipper', () => {
    expect(readTemperatures('ok T:23.1 /0.0 @0 B:22.0 /60.0 @0', none)).toMatchObject({
      bed: { targetC: 60 },
    });
    const before = { tools: [{ actualC: 20, targetC: 200 }] };
    expect(readTemperatures('T:150.00 B:20.00 B@:0 @:0', before)).toMatchObject({
      tools: [{ actualC: 150, targetC: 200 }],
    });
    expect(readTemperatures('ok B:60.1 /60.0 T0:210.2 /210.0', none)).toMatchObject({
      tools: [{ actualC: 210.2 }],
    });
  });

  test('a line without temperatures gives none', () => {
    expect(readTemperatures('ok', none)).toBeUndefined();
    expect(readTemperatures('echo:T:', none)).toBeUndefined();
  });

  test('targets of Repetier', () => {
    expect(readTarget('TargetExtr0:200')).toEqual({ tool: 0, targetC: 200 });
    expect(readTarget('TargetBed:60')).toEqual({ tool: 'bed', targetC: 60 });
  });

  test('a position, with and without blanks', () => {
    const position = { x: 10, y: -2.5, z: 0.3, e: 1 };
    expect(readPosition('X:10.00 Y:-2.50 Z:0.30 E:1.00 Count X:800')).toEqual(position);
    expect(readPosition('ok X:10.00Y:-2.50Z:0.30E:1.00')).toEqual(position);
  });

  test.each([
    [
      'FIRMWARE_NAME:Marlin 2.1.2 SOURCE_CODE_URL:x MACHINE_TYPE:Ender-3 V2 EXTRUDER_COUNT:1 UUID:abc',
      'Marlin 2.1.2',
      'marlin',
    ],
    [
      'FIRMWARE_NAME:Prusa-Firmware 3.9.0 based on Marlin MACHINE_TYPE:Prusa i3 MK3S',
      'Prusa-Firmware 3.9.0 based on Marlin',
      'prusa',
    ],
    ['FIRMWARE_NAME:Repetier_1.0.4 MACHINE_TYPE:X', 'Repetier_1.0.4', 'repetier'],
    ['FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12', 'Klipper', 'klipper'],
    ['FIRMWARE_NAME:Smoothieware, FIRMWARE_URL:x', 'Smoothieware,', 'smoothie'],
    ['FIRMWARE_NAME: RepRapFirmware for Duet 2 FIRMWARE_VERSION: 3.4', 'RepRapFirmware for Duet 2', 'reprap'],
    ['NAME. Malyan VER: 3.7 MODEL: M200', 'Malyan', 'malyan'],
  ])('%j is known', (line, name, family) => {
    const words = readIdentity(line);
    expect(words?.get('FIRMWARE_NAME')).toBe(name);
    expect(familyOf(name)).toBe(family);
  });

  test('capabilities and the area', () => {
    expect(readCapability('Cap:AUTOREPORT_TEMP:1')).toEqual({ name: 'AUTOREPORT_TEMP', present: true });
    expect(readCapability('Cap:EEPROM:0')).toEqual({ name: 'EEPROM', present: false });
    expect(
      readArea(
        'area:{full:{min:{x:0.0,y:0.0,z:0.0},max:{x:235.0,y:235.0,z:250.0}},work:{min:{x:5.0,y:0.0,z:0.0},max:{x:220.0,y:220.0,z:250.0}}}',
      ),
    ).toEqual({
      min: { x: 5, y: 0, z: 0 },
      max: { x: 220, y: 220, z: 250 },
    });
  });
});

describe('the stream of replies', () => {
  test('lines come whole however the bytes are cut, with any line end', () => {
    const splitter = new ReplySplitter();
    const lines: string[] = [];
    for (const byte of new TextEncoder().encode('ok\r\nResend: 5\nT:1\r'))
      lines.push(...splitter.push(new Uint8Array([byte])));
    expect(lines).toEqual(['ok', 'Resend: 5', 'T:1']);
  });

  test('bytes of a wrong speed are counted, and a flood without line ends takes no memory', () => {
    const splitter = new ReplySplitter();
    for (let i = 0; i < 50; i++) splitter.push(new Uint8Array(4096).fill(0xf8));
    expect(splitter.garbage).toBeGreaterThan(0.9);
    expect(splitter.push(new Uint8Array([10]))[0]?.length).toBe(4096);
  });
});
