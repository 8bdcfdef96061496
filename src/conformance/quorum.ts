import { jointCommitted, jointVote, majorityCommitted, majorityVote, unionIds } from '../lib/raft/index.ts';
import { describeAcks, describeIndex, describeVote } from './describe.ts';
import { type Command, ScriptError, integer } from './script.ts';

/** Answers one command of a quorum script. */
export function runQuorum(command: Command): string {
  const ids: number[] = [];
  const jointIds: number[] = [];
  let joint = false;
  const inputs: string[] = [];
  for (const { key, values } of command.args) {
    if (key === 'cfg') ids.push(...values.map(integer));
    else if (key === 'cfgj') {
      joint = true;
      if (values[0] !== 'zero') jointIds.push(...values.map(integer));
    } else if (key === 'idx' || key === 'votes') inputs.push(...values);
    else throw new ScriptError(`unknown argument ${key}`);
  }
  const first = unionIds(ids);
  const second = unionIds(jointIds);
  const voters = unionIds(first, second);
  if (voters.length !== inputs.length) {
    const shown = voters.map((id) => `${id}:{}`).join(' ');
    return `error: mismatched input (explicit or _) for voters map[${shown}]: [${inputs.map(asNumber).join(' ')}]`;
  }
  // Inputs belong to the voters in the order in which the script names them first.
  const given = new Map<number, string>();
  for (const [i, id] of [...new Set([...ids, ...jointIds])].entries()) given.set(id, inputs[i] ?? '_');

  if (command.name === 'vote') {
    const voteOf = (id: number): boolean | undefined => {
      const vote = given.get(id);
      if (vote === 'y' || vote === 'n') return vote === 'y';
      if (vote === '_' || vote === undefined) return undefined;
      throw new ScriptError(`unknown vote ${vote}`);
    };
    if (!joint) return `${describeVote(majorityVote(first, voteOf))}\n`;
    const result = jointVote(first, second, voteOf);
    const swapped = jointVote(second, first, voteOf);
    return `${swapped === result ? '' : `${describeVote(swapped)} <-- via symmetry\n`}${describeVote(result)}\n`;
  }
  if (command.name !== 'committed') throw new ScriptError(`unknown command ${command.name}`);
  const ackedOf = (id: number): number | undefined => {
    const text = given.get(id);
    return text === undefined || text === '_' ? undefined : integer(text);
  };
  return joint ? describeJoint(first, second, ackedOf) : describeMajority(first, ackedOf);
}

/** How the harness keeps what it is given: nothing is 0, a no is 1, a yes is 2. */
function asNumber(input: string): string {
  return { _: '0', n: '1', y: '2' }[input] ?? input;
}

type Acked = (id: number) => number | undefined;

function describeJoint(first: readonly number[], second: readonly number[], ackedOf: Acked): string {
  const index = jointCommitted(first, second, ackedOf);
  const swapped = jointCommitted(second, first, ackedOf);
  const symmetry = swapped === index ? '' : `${describeIndex(swapped)} <-- via symmetry\n`;
  return `${describeAcks(unionIds(first, second), ackedOf)}${symmetry}${describeIndex(index)}\n`;
}

/** Prints the result, and whatever other way to the same result gives another one. */
function describeMajority(voters: readonly number[], ackedOf: Acked): string {
  const index = majorityCommitted(voters, ackedOf);
  let text = describeAcks(voters, ackedOf);
  const alone = jointCommitted(voters, [], ackedOf);
  if (alone !== index) text += `${describeIndex(alone)} <-- via zero-joint quorum\n`;
  const doubled = jointCommitted(voters, voters, ackedOf);
  if (doubled !== index) text += `${describeIndex(doubled)} <-- via self-joint quorum\n`;
  for (const id of voters) {
    const acked = ackedOf(id) ?? 0;
    if (acked === 0 || acked >= index) continue;
    // A voter behind the result cannot matter, however far behind it is.
    for (const lower of [acked - 1, 0]) {
      const lowered = majorityCommitted(voters, (other) => (other === id ? lower : ackedOf(other)));
      if (lowered !== index)
        text += `${describeIndex(lowered)} <-- overlaying ${id}->${lower === 0 ? 0 : acked}`;
    }
  }
  return `${text}${describeIndex(index)}\n`;
}
