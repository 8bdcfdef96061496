import { Fault, type Refusal } from '../base/index.ts';
import { Changer, type Configured } from './changer.ts';
import type { ConfChange } from './conf-change.ts';
import type { Raft } from './core.ts';
import { broadcastAppend, maybeCommit, sendAppend } from './replication.ts';
import { confStateOf } from './tracker.ts';
import { type ConfState, nobody } from './types.ts';

/** Says why a change cannot be applied to the present configuration, or nothing if it can. */
export function checkConfChange(raft: Raft, change: ConfChange): Refusal | undefined {
  const next = new Changer(raft.tracker, raft.log.lastIndex()).change(change);
  return next.ok ? undefined : next.refusal;
}

/** Takes a committed change into use. A change that does not fit is a fault: the driver checks first. */
export function applyConfChange(raft: Raft, change: ConfChange): ConfState {
  const next = new Changer(raft.tracker, raft.log.lastIndex()).change(change);
  if (!next.ok) throw new Fault(`a change of members cannot be applied: ${next.refusal.text}`);
  return switchTo(raft, next.value);
}

/** Takes a configuration into use and does what follows from it. */
export function switchTo(raft: Raft, next: Configured): ConfState {
  const tracker = raft.tracker;
  tracker.use(next.config, next.progress);
  const state = confStateOf(next.config);
  raft.trace?.info(`${raft.id} switched to configuration ${JSON.stringify(state)}`);
  const self = raft.self();
  raft.isLearner = self?.isLearner ?? false;
  if (raft.role !== 'leader') return state;

  if (self === undefined || raft.isLearner) {
    // Removed or demoted. Unless it steps down it leads on until others take over, as etcd does by default.
    if (raft.stepDownOnRemoval) raft.becomeFollower(raft.term, nobody);
    return state;
  }
  if (state.voters.length === 0) return state;

  if (maybeCommit(raft)) {
    // A smaller quorum may have committed more.
    broadcastAppend(raft);
  } else {
    for (const member of tracker.members) if (member.id !== raft.id) sendAppend(raft, member, false);
  }
  if (raft.transferee !== nobody && !tracker.isVoter(raft.transferee)) raft.transferee = nobody;
  return state;
}
