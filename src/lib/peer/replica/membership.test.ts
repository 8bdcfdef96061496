import { describe, expect, test } from 'vitest';
import type { PeerId } from '../../base/index.ts';
import { defaultSettings, type QueueView } from '../../queue/index.ts';
import type { ConfState } from '../../raft/index.ts';
import { nextMembershipStep } from './membership.ts';
import type { ReplicaStatus } from './replica-port.ts';

interface Scene {
  /** Replica ids that the queue trusts with a vote. */
  readonly trusted: readonly number[];
  /** Members that it does not trust. */
  readonly guests?: readonly number[];
  /** Replica ids of members that were taken out. */
  readonly removed?: readonly number[];
  readonly voters: readonly number[];
  readonly learners?: readonly number[];
  /** Learners that have not caught up. */
  readonly behind?: readonly number[];
  /** Replicas that are not heard, but for this leader. */
  readonly away?: readonly number[];
  readonly leader?: number;
  readonly two?: boolean;
  readonly outgoing?: readonly number[];
  readonly listening?: readonly number[];
}

const commit = 1_000;

/** The next step in words: '+2 +3' lets both vote, '-3' takes a replica out, '~2' makes it a learner, '>2' hands over to it. */
function step(scene: Scene): string {
  const { trusted, guests = [], removed = [], voters, learners = [], behind = [], away = [] } = scene;
  const { leader = 1, two = false, outgoing = [], listening = [] } = scene;
  const peer = (id: number) => `peer-${id}` as PeerId;
  const members = [...trusted, ...guests].map((id) => [
    peer(id),
    { replicaId: id, voter: trusted.includes(id) },
  ]);
  const state = {
    members: new Map(members as never),
    removed: new Map(removed.map((id) => [peer(id), { index: 1, replicaId: id }])),
    head: { settings: { ...defaultSettings, twoVoters: two } },
  } as unknown as QueueView;
  const confState: ConfState = {
    voters: [...voters],
    learners: [...learners],
    votersOutgoing: [...outgoing],
    learnersNext: [],
    autoLeave: outgoing.length > 0,
  };
  const status: ReplicaStatus = {
    replicaId: leader,
    role: 'leader',
    admits: true,
    leader,
    term: 2,
    commit,
    applied: commit,
    confState,
    progress: [...voters, ...learners].map((id) => ({
      id,
      match: behind.includes(id) ? commit - 500 : commit,
      active: !away.includes(id),
    })),
  };
  const next = nextMembershipStep(state, status, {
    listens: (id) => listening.includes(id),
    isHere: (id) => !away.includes(id),
  });
  if (next === undefined) return '';
  if (next.kind === 'hand-over') return `>${next.to}`;
  const signs = { 'add-voter': '+', 'add-learner': '~', remove: '-', update: '!' };
  return next.change.steps.map(({ kind, id }) => `${signs[kind]}${id}`).join(' ');
}

describe('from one voter to three', () => {
  test('whom the queue trusts comes as a learner first', () => {
    expect(step({ trusted: [1, 2], voters: [1] })).toBe('~2');
    expect(step({ trusted: [1, 2, 3], voters: [1], learners: [2] })).toBe('~3');
  });

  test('the second stays a learner that has everything', () => {
    expect(step({ trusted: [1, 2], voters: [1], learners: [2] })).toBe('');
  });

  test('with the third both learners vote by one change, once both are here and have caught up', () => {
    const three = { trusted: [1, 2, 3], voters: [1], learners: [2, 3] };
    expect(step(three)).toBe('+2 +3');
    expect(step({ ...three, behind: [3] })).toBe('');
    expect(step({ ...three, behind: [2] })).toBe('');
    expect(step({ ...three, away: [2] })).toBe('');
    expect(step({ ...three, away: [3] })).toBe('');
  });

  test('of four trusted two that have caught up are enough, and a fourth comes by itself', () => {
    expect(step({ trusted: [1, 2, 3, 4], voters: [1], learners: [2, 3, 4], away: [3] })).toBe('+2 +4');
    expect(step({ trusted: [1, 2, 3, 4], voters: [1, 2, 3], learners: [4] })).toBe('+4');
  });

  test('nothing is asked while a change is under way', () => {
    const joint = { trusted: [1, 2, 3], voters: [1, 2, 3], outgoing: [1] };
    expect(step(joint)).toBe('');
  });
});

describe('where a person chose that two vote', () => {
  test('the second votes once it has caught up, and the third follows', () => {
    expect(step({ trusted: [1, 2], voters: [1], learners: [2], two: true })).toBe('+2');
    expect(step({ trusted: [1, 2], voters: [1], learners: [2], two: true, behind: [2] })).toBe('');
    expect(step({ trusted: [1, 2, 3], voters: [1], learners: [2, 3], two: true, away: [3] })).toBe('+2');
    expect(step({ trusted: [1, 2, 3], voters: [1, 2], learners: [3], two: true })).toBe('+3');
  });

  test('two of three stay voters when one goes', () => {
    expect(step({ trusted: [1, 2], removed: [3], voters: [1, 2, 3], two: true })).toBe('-3');
    expect(step({ trusted: [1, 2], guests: [3], voters: [1, 2, 3], two: true })).toBe('~3');
  });

  test('taken back, who leads votes alone, also while a third one has not caught up', () => {
    expect(step({ trusted: [1, 2], voters: [1, 2] })).toBe('~2');
    expect(step({ trusted: [1, 2], voters: [1, 2], leader: 2 })).toBe('~1');
    expect(step({ trusted: [1, 2, 3], voters: [1, 2], learners: [3], away: [3] })).toBe('~2');
    expect(step({ trusted: [1, 2, 3], voters: [1, 2], learners: [3] })).toBe('+3');
  });
});

describe('from three voters to one', () => {
  test('when one goes, alive or not, who leads votes alone by one change', () => {
    expect(step({ trusted: [1, 2], removed: [3], voters: [1, 2, 3] })).toBe('~2 -3');
    expect(step({ trusted: [1, 2], removed: [3], voters: [1, 2, 3], away: [3] })).toBe('~2 -3');
    expect(step({ trusted: [1, 2], removed: [3], voters: [1, 2, 3], away: [2] })).toBe('~2 -3');
    expect(step({ trusted: [1, 2], guests: [3], voters: [1, 2, 3], leader: 2 })).toBe('~1 ~3');
  });

  test('when two go at once there is no step that leaves two voters', () => {
    expect(step({ trusted: [1], removed: [2, 3], voters: [1, 2, 3] })).toBe('-2 -3');
    expect(step({ trusted: [1, 2], removed: [3, 4], voters: [1, 2, 3, 4] })).toBe('~2 -3 -4');
  });

  test('a retired one leaves Raft once it is known to listen', () => {
    const retired = { trusted: [1, 2], guests: [3], voters: [1], learners: [2, 3] };
    expect(step(retired)).toBe('');
    expect(step({ ...retired, listening: [3] })).toBe('-3');
  });

  test('from four and five the rest goes on as three', () => {
    expect(step({ trusted: [1, 2, 3], removed: [4], voters: [1, 2, 3, 4] })).toBe('-4');
    expect(step({ trusted: [1, 2, 3], removed: [4, 5], voters: [1, 2, 3, 4, 5] })).toBe('-4 -5');
  });
});

describe('a leader that is to lose its vote', () => {
  test('hands over to one that stays and is heard, who then votes alone', () => {
    expect(step({ trusted: [2, 3], removed: [1], voters: [1, 2, 3] })).toBe('>2');
    expect(step({ trusted: [2, 3], removed: [1], voters: [1, 2, 3], away: [2] })).toBe('>3');
    expect(step({ trusted: [2, 3], removed: [1], voters: [1, 2, 3], leader: 3 })).toBe('-1 ~2');
    expect(step({ trusted: [2], removed: [1, 3], voters: [1, 2, 3] })).toBe('>2');
  });

  test('lets one that has caught up vote first, where nobody that stays votes or is heard', () => {
    expect(step({ trusted: [2], removed: [1], voters: [1], learners: [2] })).toBe('+2');
    expect(step({ trusted: [2], removed: [1], voters: [1, 2] })).toBe('>2');
    expect(step({ trusted: [2], removed: [1], voters: [1, 2], leader: 2 })).toBe('-1');
    expect(step({ trusted: [2, 3], removed: [1], voters: [1], learners: [2, 3] })).toBe('+2');
    expect(step({ trusted: [2, 3, 4], guests: [1], voters: [1], learners: [2, 3, 4] })).toBe('+2');
    expect(step({ trusted: [2, 4], removed: [1], voters: [1, 2, 3], learners: [4], away: [2] })).toBe('+4');
    expect(step({ trusted: [2, 4], removed: [1], voters: [1, 2, 3, 4], leader: 4, away: [2] })).toBe(
      '-1 ~2 -3',
    );
  });

  test('waits where nobody that stays is here: it votes on', () => {
    expect(step({ trusted: [2], removed: [1], voters: [1], learners: [2], away: [2] })).toBe('');
    expect(step({ trusted: [2], removed: [1], voters: [1], learners: [2], behind: [2] })).toBe('');
    expect(step({ trusted: [2, 3], removed: [1], voters: [1, 2, 3], away: [2, 3] })).toBe('');
  });

  test('is not given its vote back when it was elected while it lost it', () => {
    expect(step({ trusted: [1, 2, 3], voters: [1], learners: [2, 3], leader: 2 })).toBe('');
  });
});

describe('a replica that gave way to its next incarnation', () => {
  test('counts until the new one of three has caught up, and both change in one step', () => {
    expect(step({ trusted: [1, 2, 4], voters: [1, 2, 3], away: [3] })).toBe('~4');
    expect(step({ trusted: [1, 2, 4], voters: [1, 2, 3], learners: [4], away: [3], behind: [4] })).toBe('');
    expect(step({ trusted: [1, 2, 4], voters: [1, 2, 3], learners: [4], away: [3] })).toBe('+4 -3');
  });

  test('that was a learner is let go at once', () => {
    expect(step({ trusted: [1, 3], voters: [1], learners: [2, 3] })).toBe('-2');
  });

  test('of five goes at once: three that are left are enough', () => {
    expect(step({ trusted: [1, 2, 3, 6, 7], voters: [1, 2, 3, 4, 5], learners: [6, 7], away: [6, 7] })).toBe(
      '-4 -5',
    );
  });

  test('does not stay counted where a person took one out besides, or the new one too', () => {
    expect(step({ trusted: [1, 2], removed: [4], voters: [1, 2, 3], learners: [4] })).toBe('~2 -3');
    const other = { trusted: [1, 2, 4], voters: [1, 2, 3], learners: [4], behind: [4] };
    expect(step({ ...other, removed: [3] })).toBe('~2 -3');
    expect(step({ ...other, guests: [3] })).toBe('~2 ~3');
  });
});
