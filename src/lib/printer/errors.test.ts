import { expect, test } from 'vitest';
import { errorKind, knownErrors } from './errors.ts';
import { readReply } from './replies.ts';

/** Lines of firmware, one at least for each of `knownErrors`. */
const lines = [
  ['Error:No Line Number with checksum, Last Line: 5', 'no-resend'],
  ['Error:missing linenumber', 'no-resend'],
  ['Error:Line Number is not Last Line Number+1, Last Line: 5', 'harmless'],
  ['Error:No Checksum with line number, Last Line: 5', 'harmless'],
  ['Error:checksum mismatch', 'harmless'],
  ['Error:wrong checksum', 'harmless'],
  ['Error:Format error', 'harmless'],
  ['Error:expected line 5 got 7', 'harmless'],
  ['Error:Printer halted. kill() called!', 'fatal'],
  ['!! Printer halted', 'fatal'],
  ['fatal: no more', 'fatal'],
  ['Error:MINTEMP triggered, system stopped! Heater_ID: 0', 'fatal'],
  ['Error:MAXTEMP triggered, system stopped! Heater_ID: bed', 'fatal'],
  ['Error:Thermal Runaway, system stopped! Heater_ID: E0', 'fatal'],
  ['Error:THERMAL_RUNAWAY', 'fatal'],
  ['Error:Heating failed, system stopped! Heater_ID: bed', 'fatal'],
  ['!! Heater extruder heater fault', 'fatal'],
  ['Error:heater fault on 0', 'fatal'],
  ['Error:Heater 0 decoupled', 'fatal'],
  ['!! Emergency stop', 'fatal'],
  ["!! MCU 'mcu' shutdown: Timer too close", 'fatal'],
  ['!! Printer was shut down', 'fatal'],
  ['Error:E0 fan failed, system stopped', 'fatal'],
  ['Error:Printer stopped due to errors. Fix the error and use M999 to restart.', 'fatal'],
  ['Error:M112 received', 'fatal'],
  ['Error:Restarted by watchdog', 'fatal'],
  ["!! Lost communication with MCU 'mcu'", 'fatal'],
  ['Error:SD card not inserted', 'harmless'],
  ['Error:volume.init failed', 'harmless'],
  ['Error:openRoot failed', 'harmless'],
  ['Error:Cannot open subdir', 'harmless'],
  ['Error:No media', 'harmless'],
  ['Error:Unknown command: "G999"', 'harmless'],
  ['Error:Unknown G-code', 'harmless'],
  ['error:Unsupported command', 'harmless'],
  ['Error: M999: Command is not supported', 'harmless'],
  ['Error:workDir open failed', 'harmless'],
  ['Error:M29 without M28', 'harmless'],
  ['!! Must home axis first: 0.000 0.000', 'pausing'],
  ['Error:Probing failed', 'pausing'],
  ['Error:Homing Failed', 'pausing'],
] as const;

test.each(lines)('%j is %s', (line, kind) => {
  expect(readReply(line)).toMatchObject({ type: 'error', kind });
  expect(errorKind(line)).toBe(kind);
});

test('there is an example of each error that is known, for which no other one counts first', () => {
  const shown = new Set(lines.map(([line]) => knownErrors.find(({ pattern }) => pattern.test(line))));
  expect(knownErrors.filter((known) => !shown.has(known)).map(({ pattern }) => pattern.source)).toEqual([]);
});
