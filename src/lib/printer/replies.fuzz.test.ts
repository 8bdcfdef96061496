import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileText, mutated } from '../base/testing/arbitrary.ts';
import { fuzzRuns } from '../base/testing/fuzz.ts';
import {
  ReplySplitter,
  familyOf,
  isErrorHead,
  readArea,
  readCapability,
  readIdentity,
  readPosition,
  readReply,
  readTarget,
  readTemperatures,
} from './replies.ts';

/** What firmwares say, from their sources and from printers. */
const lines = [
  'ok',
  'ok N12 P15 B3',
  'ok T:201.3 /210.0 B:60.1 /60.0 @:64 B@:30',
  ' T:20.00 /0.00 B:20.00 /0.00 T0:20.00 /0.00 T1:21.00 /0.00 @:0 B@:0',
  'T:150.0/200.0 B:50.0/60.0 C:30.0/0.0',
  'Resend: 12',
  'rs 12',
  'Error:checksum mismatch, Last Line: 11',
  'Error:Heating failed, system stopped! Heater_ID: 0',
  '!! Shutdown due to webhooks request',
  'echo:busy: processing',
  'X:10.00 Y:20.00 Z:0.30 E:1.50 Count X:800 Y:1600 Z:120',
  'FIRMWARE_NAME:Marlin 2.1.2 (Jan 1 2024) SOURCE_CODE_URL:x PROTOCOL_VERSION:1.0 MACHINE_TYPE:Ender-3 EXTRUDER_COUNT:1 UUID:cede2a2f',
  'Cap:EEPROM:1',
  'Cap:AUTOREPORT_TEMP:1',
  'area:{full:{min:{x:0.0000,y:0.0000,z:0.0000},max:{x:220.0000,y:220.0000,z:250.0000}},work:{min:{x:0,y:0,z:0},max:{x:220,y:220,z:250}}}',
  '//action:notification Hello',
  'start',
  'wait',
] as const;

const text = fc.oneof(
  fc.constantFrom(...lines),
  mutated(fc.constantFrom(...lines).map((line) => new TextEncoder().encode(line))).map((bytes) =>
    String.fromCharCode(...bytes),
  ),
  hostileText(120),
  fc
    .tuple(fc.constantFrom(...lines), fc.constantFrom('9', '-', '.', ' ', 'e', ':', '/'), fc.nat(400))
    .map(([line, filler, times]) => line + filler.repeat(times)),
);

/** Every number in it is one that can be shown and compared. */
function expectFinite(value: unknown): void {
  if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  else if (value instanceof Map) for (const each of value.values()) expectFinite(each);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectFinite);
}

test('whatever a printer says is read, and no number in it is none', () => {
  fc.assert(
    fc.property(text, (line) => {
      expectFinite(readReply(line));
      expectFinite(readTemperatures(line, { tools: [] }));
      expectFinite(readPosition(line));
      expectFinite(readIdentity(line));
      expectFinite(readCapability(line));
      expectFinite(readArea(line));
      expectFinite(readTarget(line));
      expect(typeof isErrorHead(line)).toBe('boolean');
      expect(typeof familyOf(line)).toBe('string');
    }),
    { numRuns: 2 * fuzzRuns },
  );
});

test('bytes of a printer are cut into lines, however they come, and none grows without end', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (parts) => {
      const splitter = new ReplySplitter();
      for (const part of parts) for (const line of splitter.push(part)) expect(line).not.toContain('\n');
    }),
    { numRuns: fuzzRuns },
  );
});
