import type { Result } from '../lib/base/index.ts';
import { Changer, type ConfChangeStep, type Configured, Tracker, peerStatusOf } from '../lib/raft/index.ts';
import { describeConfig, describeProgress } from './describe.ts';
import { type Command, ScriptError, boolean, integer } from './script.ts';

const kinds = { v: 'add-voter', l: 'add-learner', r: 'remove', u: 'update' } as const;

/** Reads steps like `v1 l2 r3 u4`. */
export function parseSteps(text: string): ConfChangeStep[] {
  const tokens = text.trim().split(' ');
  if (tokens[0] === '') return [];
  return tokens.map((token) => {
    const letter = token[0];
    if (token.length < 2) throw new ScriptError(`unknown token ${token}`);
    if (letter !== 'v' && letter !== 'l' && letter !== 'r' && letter !== 'u') {
      throw new ScriptError(`unknown input: ${token}`);
    }
    return { kind: kinds[letter], id: wholeNumber(token.slice(1)) };
  });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new ScriptError(`strconv.ParseUint: parsing "${text}": invalid syntax`);
  return integer(text);
}

/** Plays a script of configuration changes: each command starts from what the last one left. */
export class ConfChangeScript {
  readonly #tracker = new Tracker(10, 0);
  #lastIndex = 0;

  run(command: Command): string {
    const changer = new Changer(this.#tracker, this.#lastIndex++);
    const next = change(changer, command);
    if (!next.ok) return `${next.refusal.text}\n`;
    this.#tracker.use(next.value.config, next.value.progress);
    const progress = new Map(this.#tracker.members.map((member) => [member.id, peerStatusOf(member)]));
    return `${describeConfig(this.#tracker.config)}\n${describeProgress(progress)}`;
  }
}

function change(changer: Changer, command: Command): Result<Configured> {
  const steps = parseSteps(command.input);
  if (command.name === 'simple') return changer.simple(steps);
  if (command.name === 'leave-joint') return changer.leaveJoint();
  if (command.name !== 'enter-joint') throw new ScriptError(`unknown command ${command.name}`);
  const autoLeave = command.args.find(({ key }) => key === 'autoleave');
  return changer.enterJoint(autoLeave !== undefined && boolean(autoLeave.values[0]), steps);
}
