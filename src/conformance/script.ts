/** Reads scripts in the data-driven format: a command, its input, `----`, the expected output, a blank line. */

export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface Command {
  /** Line of the command in its file, from 1. */
  readonly line: number;
  readonly name: string;
  readonly args: readonly Argument[];
  readonly input: string;
  /** Expected output, each line ended by a newline. */
  readonly expected: string;
}

/** A script that does not follow the format, or asks for what nobody knows. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

export function parseScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const commands: Command[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = at + 1;
    let head = (lines[at++] ?? '').trim();
    if (head === '' || head.startsWith('#')) continue;
    while (head.endsWith('\\') && at < lines.length)
      head = `${head.slice(0, -1).trimEnd()} ${(lines[at++] ?? '').trim()}`;
    const input: string[] = [];
    while (at < lines.length && lines[at] !== '----') input.push(lines[at++] ?? '');
    if (at >= lines.length) throw new ScriptError(`line ${line}: no ---- after the command`);
    at++;
    const expected: string[] = [];
    if (lines[at] === '----') {
      // Output with blank lines in it stands between doubled marks.
      at++;
      while (at < lines.length && !(lines[at] === '----' && lines[at + 1] === '----'))
        expected.push(lines[at++] ?? '');
      if (at >= lines.length) throw new ScriptError(`line ${line}: no end of the fenced output`);
      at += 2;
    } else {
      while (at < lines.length && (lines[at] ?? '').trim() !== '') expected.push(lines[at++] ?? '');
    }
    const [name = '', ...args] = words(head);
    commands.push({
      line,
      name,
      args: args.map(parseArgument),
      input: input.join('\n'),
      expected: expected.map((text) => `${text}\n`).join(''),
    });
  }
  return commands;
}

/** Splits at blanks that are not inside parentheses. */
function words(head: string): string[] {
  return head.match(/[^\s=()]+(=\([^)]*\)|=[^\s]*)?/g) ?? [];
}

function parseArgument(word: string): Argument {
  const at = word.indexOf('=');
  if (at < 0) return { key: word, values: [] };
  const value = word.slice(at + 1);
  const list = value.startsWith('(') && value.endsWith(')') ? value.slice(1, -1).split(',') : [value];
  return { key: word.slice(0, at), values: list.map((item) => item.trim()) };
}

export function integer(text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value))
    throw new ScriptError(`not a number: ${text}`);
  return value;
}

export function boolean(text: string | undefined): boolean {
  if (text === 'true' || text === '1' || text === 't') return true;
  if (text === 'false' || text === '0' || text === 'f') return false;
  throw new ScriptError(`strconv.ParseBool: parsing "${text}": invalid syntax`);
}

const logLine = /^\s*(DEBUG|INFO|WARN|ERROR|FATAL)(\s|$)/;

/**
 * The part of an output that is a contract: without log lines. An output of log lines alone, and none at all (`ok`), are
 * the same then.
 */
export function withoutLog(output: string): string {
  const kept = output.split('\n').filter((line) => !logLine.test(line));
  const text = kept.join('\n');
  return text.trim() === '' ? 'ok\n' : text;
}
