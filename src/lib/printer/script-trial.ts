import { codeOf, wordOf } from '../gcode/index.ts';
import { hostCommand } from './commands.ts';
import type { PrinterScripts } from './port.ts';
import type { ScriptValues } from './script-values.ts';
import { expand } from './scripts.ts';

/** What a script would send, and what is wrong with it. Nothing is sent. */
export interface ScriptTrial {
  readonly commands: readonly string[];
  /** Sentences for the person who writes it. Empty: nothing was found. */
  readonly problems: readonly string[];
}

/** Values to try a script with: a print in its middle. */
export const sampleValues: ScriptValues = {
  x: 100,
  y: 100,
  z: 12.4,
  e: 345.6,
  nozzle: 210,
  bed: 60,
  fan: 128,
  tool: 0,
  file: 'part.gcode',
};

/** After these the machine is to be cold. */
const mustBeCold: readonly (keyof PrinterScripts)[] = ['cancel', 'coolDown', 'clearBed'];
/** In these the head must know its place afterwards. */
const mustKeepPlace: readonly (keyof PrinterScripts)[] = ['pause', 'resume'];

/** A dry run: fills a script in and looks at what it would do. */
export function tryScript(name: keyof PrinterScripts, script: string, values = sampleValues): ScriptTrial {
  const expanded = expand(script, values);
  if (!expanded.ok) return { commands: [], problems: [expanded.refusal.text] };
  const commands = expanded.value;
  const problems: string[] = [];
  let nozzleOn = name === 'cancel' || name === 'coolDown';
  let bedOn = nozzleOn;
  let relative = false;
  for (const command of commands) {
    const own = hostCommand(command, command);
    if (own?.type === 'skip') problems.push(`“${command}”: ${own.why}.`);
    else if (own !== undefined) problems.push(`“${command}” has no meaning in a script.`);
    const code = codeOf(command);
    const target = wordOf(command, 'S') ?? wordOf(command, 'R');
    if (code === 'M104' || code === 'M109') nozzleOn = target !== 0;
    if (code === 'M140' || code === 'M190') bedOn = (target ?? 0) > 0;
    if (code === 'G90') relative = false;
    if (code === 'G91') relative = true;
    if (mustKeepPlace.includes(name) && ['G28', 'M84', 'M18'].includes(code))
      problems.push(`“${command}” loses the place of the paused print.`);
  }
  if (mustBeCold.includes(name) && nozzleOn) problems.push('The nozzle stays on: add M104 S0.');
  if (mustBeCold.includes(name) && bedOn) problems.push('The bed stays on: add M140 S0.');
  if (relative) problems.push('It ends with relative moves: add G90.');
  return { commands, problems };
}
