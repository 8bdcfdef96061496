import { type Result, ok, refuse } from '../base/index.ts';
import { stripped } from '../gcode/index.ts';
import type { PrinterScripts, Temperatures } from './port.ts';
import { filledIn, type ScriptValues } from './script-values.ts';

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

/**
 * The commands of a script with its variables filled in, each fit to be sent: also what a dry run shows. Refused at the first line that
 * cannot be sent.
 */
export function expand(script: string, values: ScriptValues): Result<string[]> {
  const commands: string[] = [];
  for (const [index, line] of script.split('\n').entries()) {
    const bare = stripped(line);
    if (bare === '') continue;
    const command = filledIn(bare, values);
    if (!command.ok)
      return refuse(command.refusal.code, `Line ${index + 1} of the script: ${command.refusal.text}`);
    commands.push(command.value);
  }
  return ok(commands);
}

/** Commands that switch every heater and the fan off. */
export function heatersOff(temperatures: Temperatures): string[] {
  const tools =
    temperatures.tools.length > 1 ? temperatures.tools.map((_, tool) => `M104 T${tool} S0`) : ['M104 S0'];
  return [...tools, 'M140 S0', ...(temperatures.chamber ? ['M141 S0'] : []), 'M107'];
}

/** Commands that bring back the temperatures of before a pause, all heating at once. */
export function reheat(saved: Temperatures): string[] {
  const heat: string[] = [];
  const wait: string[] = [];
  const add = (start: string, until: string, targetC: number | undefined): void => {
    if (targetC === undefined || targetC <= 0) return;
    heat.push(`${start} S${targetC}`);
    wait.push(`${until} S${targetC}`);
  };
  const many = saved.tools.length > 1;
  add('M141', 'M191', saved.chamber?.targetC);
  add('M140', 'M190', saved.bed?.targetC);
  for (const [index, { targetC }] of saved.tools.entries()) {
    const tool = many ? ` T${index}` : '';
    add(`M104${tool}`, `M109${tool}`, targetC);
  }
  return [...heat, ...wait];
}
