import type { Random } from '../lib/base/index.ts';
import {
  type ConfChangeStep,
  type ConfState,
  type ConfTransition,
  EntryType,
  confChange,
  leaveJointChange,
} from '../lib/raft/index.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

const votersMax = 5;
const membersMax = 7;
const sitesMax = 40;

/** Proposes a change of members, chosen by chance, to the leader. Never one that leaves no majority of living voters. */
export function changeMembers(world: World, random: Random): void {
  const leader = world.leader();
  if (leader?.replica?.admits !== true) return;
  const { confState } = leader.replica;
  if (confState.votersOutgoing.length > 0) {
    if (!confState.autoLeave) leader.replica.proposeConfChange(leaveJointChange);
    return;
  }
  const steps: ConfChangeStep[] = [];
  const count = random.below(3) === 0 ? 2 + random.below(2) : 1;
  for (let i = 0; i < count; i++) {
    const step = someStep(world, random, confState);
    if (step !== undefined && steps.every(({ id }) => id !== step.id)) steps.push(step);
  }
  if (steps.length === 0 || !keepsMajority(world, confState, steps)) return;
  if (!othersDecide(world, confState, steps)) {
    const heir = confState.voters.find((id) => id !== leader.id && world.sites.get(id)?.isUp === true);
    if (heir !== undefined) leader.replica.transferLeader(heir);
    return;
  }
  const transitions: readonly ConfTransition[] = ['auto', 'auto', 'implicit', 'explicit'];
  const transition = transitions[random.below(transitions.length)] ?? 'auto';
  world.trace?.(
    `${leader.id} is asked for ${steps.map(({ kind, id }) => `${kind} ${id}`).join(', ')} (${transition})`,
  );
  leader.replica.proposeConfChange(confChange(steps, transition));
}

/** A learner that has all but the newest is made a voter, as the one that makes an even number odd. */
export function promoteLearner(world: World): void {
  const leader = world.leader();
  if (leader?.replica?.admits !== true) return;
  const { voters, learners, votersOutgoing } = leader.replica.confState;
  const [learner] = learners;
  if (learner === undefined || votersOutgoing.length > 0 || voters.length % 2 === 1) return;
  world.trace?.(`${leader.id} is asked to promote ${learner}`);
  leader.replica.proposeConfChange(confChange([{ kind: 'add-voter', id: learner }]));
  // Something stands right behind it, and may count by the new members before they know.
  leader.replica.propose(nonsense);
}

/** No command: it changes nothing when it is applied. */
export const nonsense = new Uint8Array(1);

/**
 * Brings the group into order after the faults: joint configurations are left, lost members removed, removed ones shut down.
 * True when there is nothing left to do.
 */
export function tidyMembers(world: World): boolean {
  const leader = world.leader();
  const replica = leader?.replica;
  if (leader === undefined || replica === undefined || !replica.admits) return false;
  const { confState } = replica;
  if (confState.votersOutgoing.length > 0) {
    if (!confState.autoLeave) replica.proposeConfChange(leaveJointChange);
    return false;
  }
  const members = [...confState.voters, ...confState.learners];
  const lost = members.find((id) => world.sites.get(id)?.isGone === true);
  if (lost !== undefined) {
    replica.proposeConfChange(confChange([{ kind: 'remove', id: lost }]));
    return false;
  }
  // A leader that was removed hands over before it goes.
  if (!confState.voters.includes(leader.id)) return false;
  // One that is about to be made a member stays.
  for (let index = replica.state.index + 1; index <= leader.log.last; index++) {
    if (leader.log.at(index)?.type !== EntryType.Normal) return false;
  }
  for (const site of world.sites.values()) if (site.isUp && !members.includes(site.id)) world.retire(site);
  return true;
}

function someStep(world: World, random: Random, { voters, learners }: ConfState): ConfChangeStep | undefined {
  const members = [...voters, ...learners];
  const lost = members.find((id) => world.sites.get(id)?.isGone === true);
  if (lost !== undefined && random.below(2) === 0) return { kind: 'remove', id: lost };
  const choice = random.below(6);
  if (choice <= 1 && members.length < membersMax) {
    const site = newcomer(world, random, members);
    if (site !== undefined) return { kind: choice === 0 ? 'add-learner' : 'add-voter', id: site.id };
  }
  if (choice === 2) {
    const learner = one(random, learners);
    if (learner !== undefined && voters.length < votersMax) return { kind: 'add-voter', id: learner };
  }
  const member = one(random, choice === 3 ? voters : members);
  if (member === undefined) return undefined;
  return { kind: choice === 3 ? 'add-learner' : 'remove', id: member };
}

/** A running replica that is no member: one that was never, or one that was removed and is asked back. */
function newcomer(world: World, random: Random, members: readonly number[]): Site | undefined {
  const idle = [...world.sites.values()].filter((site) => site.isUp && !members.includes(site.id));
  if (idle.length > 0 && random.below(3) > 0) return idle[random.below(idle.length)];
  return world.sites.size < sitesMax ? world.addSite() : undefined;
}

function keepsMajority(world: World, confState: ConfState, steps: readonly ConfChangeStep[]): boolean {
  const voters = new Set(confState.voters);
  for (const { kind, id } of steps) {
    if (kind === 'add-voter') voters.add(id);
    else voters.delete(id);
  }
  if (voters.size === 0 || voters.size > votersMax) return false;
  const living = [...voters].filter((id) => world.sites.get(id)?.isGone !== true).length;
  return living * 2 > voters.size;
}

/**
 * A voter that stays may not know yet that a change is committed, and then needs a majority of the old voters to be elected; those that
 * leave may refuse it, with a longer log that nobody needs any more (members are taken into use when they are applied, as in etcd). So
 * those that stay must be a majority by themselves. From two voters to one a group goes with this risk.
 */
function othersDecide(world: World, { voters }: ConfState, steps: readonly ConfChangeStep[]): boolean {
  const leaving = new Set(steps.filter(({ kind }) => kind !== 'add-voter').map(({ id }) => id));
  const staying = voters.filter((id) => !leaving.has(id) && world.sites.get(id)?.isGone !== true);
  return staying.length * 2 > voters.length;
}

function one(random: Random, ids: readonly number[]): number | undefined {
  return ids[random.below(Math.max(1, ids.length))];
}
