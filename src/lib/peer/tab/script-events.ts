import { type Result, must, ok } from '../../base/index.ts';
import { fitted } from '../../gcode/index.ts';
import { tryScript } from '../../printer/script-trial.ts';
import { expand, standardScripts } from '../../printer/scripts.ts';
import { type PrinterTemplate, printerTemplates, templateFor } from '../../printer/templates.ts';
import type { FirmwareInfo, PrinterScripts, PrinterStatus } from '../../printer/port.ts';
import type { DryRun, ScriptEvent, TemplateView } from '../printer-api.ts';

const words: Readonly<Record<keyof PrinterScripts, readonly [title: string, when: string]>> = {
  connected: ['Connect', 'Once, when the printer has been greeted.'],
  start: ['Start', 'Before the first line of a print that heats or moves.'],
  pause: ['Pause', 'When a print pauses, after the head stands still. Heaters stay on.'],
  resume: ['Resume', 'When a paused print goes on, after heating again.'],
  cancel: ['Cancel', 'When a print is cancelled. It should leave the heaters off.'],
  finish: ['Finish', 'After a print’s last move, before the print counts as good.'],
  coolDown: ['Cool down', 'Before the bed is cleared by script: it should switch the heaters off.'],
  clearBed: [
    'Clear the bed',
    'Takes the print off, where the machine can, once the bed is cool. Empty: a person does it.',
  ],
};

/** The events of a printer that have a script, in the order of a print's life. */
export const scriptEvents: readonly ScriptEvent[] = (Object.keys(words) as (keyof PrinterScripts)[]).map(
  (event) => ({ event, title: words[event][0], when: words[event][1], standard: standardScripts[event] }),
);

/** Stand-ins for a dry run while the printer has not told them. */
const examples: Readonly<Record<string, string | number>> = {
  x: 100,
  y: 100,
  z: 20,
  e: 0,
  nozzle: 215,
  bed: 60,
  fan: 255,
  tool: 0,
  file: 'example.gcode',
};

/** What a script would send now, with nothing sent. Refused, with the line, where it could not run. */
export function dryRun(event: ScriptEvent['event'], script: string, status: PrinterStatus): Result<DryRun> {
  const { position, temperatures, pace, print } = status;
  const target = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
  const known: Record<string, string | number | undefined> = {
    ...position,
    nozzle: target(temperatures.tools[0]?.targetC),
    bed: target(temperatures.bed?.targetC),
    fan: pace?.fanPercent === undefined ? undefined : Math.round(pace.fanPercent * 2.55),
    file: print?.fileName,
  };
  const values: Record<string, string | number> = { ...examples };
  const assumed: string[] = [];
  for (const name of Object.keys(examples)) {
    const value = known[name];
    if (value !== undefined) values[name] = value;
    else if (script.includes(`{${name}}`)) assumed.push(name);
  }
  const commands = expand(script, values);
  if (!commands.ok) return commands;
  for (const command of commands.value) {
    const fit = fitted(command);
    if (!fit.ok) return fit;
  }
  return ok({ commands: commands.value, problems: tryScript(event, script, values).problems, assumed });
}

/** A script that could never run must not be kept: it would be found out in the middle of a print. */
export function checkScript(script: string): Result<undefined> {
  const run = dryRun('start', script, { state: 'idle', temperatures: { tools: [] } });
  return run.ok ? ok(undefined) : run;
}

const view = ({
  id,
  name,
  size,
  nozzleMm,
  limits,
  coolToC,
  scripts,
  note,
}: PrinterTemplate): TemplateView => ({
  id,
  name,
  size,
  nozzleMm,
  limits,
  coolToC,
  scripts,
  note,
});

/** Scripts and limits for common printers. The last one suits any. */
export const templates: readonly TemplateView[] = printerTemplates.map(view);

/** The template that fits what a printer says of itself: one of `templates`. */
export function templateOf(firmware: FirmwareInfo | undefined): TemplateView {
  const { id } = templateFor(firmware?.machine, firmware?.name);
  return must(
    templates.find((template) => template.id === id),
    'a template is one of all',
  );
}
