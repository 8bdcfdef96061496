import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../lib/base/index.ts';
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

function player(kind: ScriptKind): (command: Command) => string {
  if (kind === 'quorum') return runQuorum;
  const script = kind === 'confchange' ? new ConfChangeScript() : new InteractionScript();
  return (command) => script.run(command);
}

/** Plays a script against the core. After the first difference of a cluster script the rest follows from it. */
export function playFile(file: string): FileResult {
  let commands: readonly Command[];
  try {
    commands = parseScript(readFileSync(file, 'utf8'));
  } catch (error) {
    return {
      file,
      commands: 0,
      differences: [{ line: 0, command: '', expected: '', actual: messageOf(error) }],
    };
  }
  const differences: Difference[] = [];
  if (commands.length === 0) {
    differences.push({ line: 0, command: '', expected: 'commands', actual: 'the file has none' });
  }
  const kind = kindOf(file, commands);
  const play = player(kind);
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
  return { file, commands: played, differences };
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
