import { type Result, ok, refuse } from '../base/index.ts';
import { stripped } from '../gcode/index.ts';
import { bedTargetMaxC, nozzleTargetMaxC } from './limits.ts';
import type { PrinterScripts, Temperature, Temperatures } from './port.ts';

/** Variables of a script: `{x} {y} {z} {e}` (millimetres, where the print stopped), `{nozzle} {bed}` (targets, °C), `{fan}` (0 to 255), `{tool}`, `{file}`. */
export type ScriptValues = Readonly<Record<string, string | number>>;

/** Scripts that suit most printers with one bed and a nozzle above it. They lift first and park nowhere in particular. */
export const standardScripts: PrinterScripts = {
  connected: '',
  start: '',
  pause: ['M83', 'G1 E-2 F2100 ; keeps the nozzle from oozing', 'G91', 'G1 Z10 F600', 'G90'].join('\n'),
  resume: ['G90', 'G1 X{x} Y{y} F6000', 'G1 Z{z} F600', 'M83', 'G1 E2 F2100'].join('\n'),
  cancel: ['M104 S0', 'M140 S0', 'M107', 'G91', 'G1 Z10 F600', 'G90', 'M84'].join('\n'),
  finish: '',
  coolDown: ['M104 S0', 'M140 S0', 'M107'].join('\n'),
  clearBed: '',
};

/** The commands of a script with its variables filled in: also what a dry run shows. */
export function expand(script: string, values: ScriptValues): Result<string[]> {
  const commands: string[] = [];
  for (const [index, line] of script.split('\n').entries()) {
    const bare = stripped(line);
    if (bare === '') continue;
    let unknown: string | undefined;
    const command = bare.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) unknown = name;
      return String(value ?? '');
    });
    if (unknown !== undefined) {
      return refuse(
        'unknown-variable',
        `Line ${index + 1} of the script uses {${unknown}}, which is not known here.`,
      );
    }
    commands.push(command);
  }
  return ok(commands);
}

/** Commands that switch every heater and the fan off. */
export function heatersOff(temperatures: Temperatures): string[] {
  const tools =
    temperatures.tools.length > 1 ? temperatures.tools.map((_, tool) => `M104 T${tool} S0`) : ['M104 S0'];
  return [...tools, 'M140 S0', ...(temperatures.chamber ? ['M141 S0'] : []), 'M107'];
}

/**
 * Commands that bring back the temperatures of before a pause, all heating at once. A target that no printer has was misread on a noisy
 * line ("/60.0" without its point is 600): it is left out, and the heater keeps the target that the printer has.
 */
export function reheat(told: Temperatures): string[] {
  const sane = (part: Temperature, maxC: number): Temperature =>
    part.targetC <= maxC ? part : { ...part, targetC: 0 };
  const saved: Temperatures = {
    tools: told.tools.map((tool) => sane(tool, nozzleTargetMaxC)),
    ...(told.bed && { bed: sane(told.bed, bedTargetMaxC) }),
  };
  const commands: string[] = [];
  const many = saved.tools.length > 1;
  if (saved.bed !== undefined && saved.bed.targetC > 0) commands.push(`M140 S${saved.bed.targetC}`);
  saved.tools.forEach((tool, index) => {
    if (tool.targetC > 0) commands.push(`M104${many ? ` T${index}` : ''} S${tool.targetC}`);
  });
  if (saved.bed !== undefined && saved.bed.targetC > 0) commands.push(`M190 S${saved.bed.targetC}`);
  saved.tools.forEach((tool, index) => {
    if (tool.targetC > 0) commands.push(`M109${many ? ` T${index}` : ''} S${tool.targetC}`);
  });
  return commands;
}
