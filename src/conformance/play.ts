import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../lib/base/index.ts';
import { Chance } from './chance.ts';
import { ConfChangeScript } from './conf-change.ts';
import { InteractionScript } from './interaction.ts';
import { runQuorum } from './quorum.ts';
import { type Command, parseScript, withoutLog } from './script.ts';

export type ScriptKind = 'quorum' | 'confchange' | 'interaction';

export interface Difference {
  /** Line of the command, from 1; 0 for the file as a whole. */
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

export interface FileResult {
  readonly file: string;
  readonly commands: number;
  /** Election timeouts that the script leaves to chance and that mattered. */
  readonly draws: number;
  readonly differences: readonly Difference[];
}

/** All scripts below a folder, sorted. */
export function findScripts(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .map((name) => join(folder, name))
    .sort();
}

/** Told by the nearest folder with a telling name, otherwise by the commands. */
function kindOf(file: string, commands: readonly Command[]): ScriptKind {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const name = basename(folder);
    if (name === 'quorum' || name === 'confchange' || name === 'interaction') return name;
  }
  const names = new Set(commands.map(({ name }) => name));
  if (names.has('committed') || names.has('vote')) return 'quorum';
  return names.has('simple') || names.has('enter-joint') || names.has('leave-joint')
    ? 'confchange'
    : 'interaction';
}

/** Runs of one script with other draws, before it counts as different. */
const runsMax = 5000;

function player(kind: ScriptKind, chance: Chance): (command: Command) => string {
  if (kind === 'quorum') return runQuorum;
  const script = kind === 'confchange' ? new ConfChangeScript() : new InteractionScript(chance);
  return (command) => script.run(command);
}

/** Plays a script against the core, with other draws of chance until one fits or none is left. */
export function playFile(file: string): FileResult {
  let commands: readonly Command[];
  try {
    commands = parseScript(readFileSync(file, 'utf8'));
  } catch (error) {
    return whole(file, 'a script', messageOf(error));
  }
  if (commands.length === 0) return whole(file, 'commands', 'the file has none');
  const kind = kindOf(file, commands);
  const chance = new Chance();
  let best = playOnce(file, kind, commands, chance);
  for (let run = 1; best.differences.length > 0 && run < runsMax && chance.next(); run++) {
    const result = playOnce(file, kind, commands, chance);
    // Of the runs that differ, the one that came furthest tells most.
    if (result.differences.length === 0 || result.commands > best.commands) best = result;
  }
  return best;
}

function whole(file: string, expected: string, actual: string): FileResult {
  return { file, commands: 0, draws: 0, differences: [{ line: 0, command: '', expected, actual }] };
}

/** In a cluster script everything after the first difference follows from it. */
function playOnce(file: string, kind: ScriptKind, commands: readonly Command[], chance: Chance): FileResult {
  const play = player(kind, chance);
  const differences: Difference[] = [];
  let played = 0;
  for (const command of commands) {
    let actual: string;
    let broken = false;
    try {
      actual = play(command);
    } catch (error) {
      actual = `the core stopped: ${messageOf(error)}`;
      broken = true;
    }
    played++;
    const expected = withoutLog(command.expected);
    actual = withoutLog(actual.endsWith('\n') ? actual : `${actual}\n`);
    if (actual !== expected)
      differences.push({ line: command.line, command: command.name, expected, actual });
    if (broken || (kind === 'interaction' && actual !== expected)) break;
  }
  return { file, commands: played, draws: chance.count, differences };
}

/** A difference as a person wants to read it: what is missing, what is too much. */
export function showDifference({ line, command, expected, actual }: Difference): string {
  const want = expected.split('\n');
  const have = actual.split('\n');
  let same = 0;
  while (same < want.length && same < have.length && want[same] === have[same]) same++;
  const from = Math.max(0, same - 3);
  const shown = 12;
  const part = (lines: readonly string[], mark: string): string[] =>
    lines.slice(same, same + shown).map((text) => `    ${mark} ${text}`);
  return [
    `  line ${line}: ${command}, output differs at its line ${same + 1}`,
    ...want.slice(from, same).map((text) => `      ${text}`),
    ...part(want, '-'),
    ...part(have, '+'),
  ].join('\n');
}
