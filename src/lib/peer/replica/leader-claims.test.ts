import { expect, it } from 'vitest';
import { ManualClock } from '../../base/index.ts';
import { claimDeniedMs, claimWaitMs } from '../limits.ts';
import { LeaderClaims, type VoteTold } from './leader-claims.ts';

/** Replica 1 of so many voters, which has voted for nobody in term 5; `votes` is what the others say. */
function following(voters: number, votes: Readonly<Record<number, VoteTold | undefined>>, own = 0) {
  const clock = new ManualClock();
  const state = { isLed: true };
  const asked: number[] = [];
  const claims = new LeaderClaims({
    clock,
    electorates: () => [Array.from({ length: voters }, (_, at) => at + 1)],
    own: () => ({ replica: 1, term: 5, vote: own, lead: 0 }),
    isLed: () => state.isLed,
    ask: (replica) => {
      asked.push(replica);
      return Promise.resolve(votes[replica]);
    },
  });
  const heard: boolean[] = [];
  const say = async (leader: number, term: number) => {
    claims.judge(leader, term, (isElected) => heard.push(isElected));
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, claims, asked, heard, say, state };
}

it('whom this replica voted for, and who else made a quorum, is believed at once', async () => {
  const { heard, asked, say } = following(3, {}, 3);
  await say(3, 5);
  expect(heard).toEqual([true]);
  expect(asked).toEqual([]);
});

it('whom another voter voted for is believed when that one says so', async () => {
  const { heard, asked, say } = following(3, { 2: { term: 5, vote: 3, lead: 0 } });
  await say(3, 5);
  expect(asked).toEqual([2]);
  expect(heard).toEqual([true]);
  await say(3, 5);
  expect(heard).toEqual([true, true]);
});

it('whom another voter follows is believed: it may have been elected before that one had a vote', async () => {
  const { heard, say } = following(2, { 2: { term: 5, vote: 0, lead: 3 } });
  await say(3, 5);
  expect(heard).toEqual([]);
  const three = following(3, { 2: { term: 5, vote: 0, lead: 3 } });
  await three.say(3, 5);
  expect(three.heard).toEqual([true]);
});

it('whom most did not vote for is not believed while another leads, however long it says so', async () => {
  const { heard, say, clock, state } = following(3, { 2: { term: 5, vote: 1, lead: 1 } });
  for (let ms = 0; ms < 2 * claimDeniedMs; ms += 500) {
    await say(3, 5);
    clock.advance(500);
  }
  expect(heard).toEqual([]);
  state.isLed = false;
  await say(3, 5);
  expect(heard).toEqual([false]);
});

it('a vote of an earlier term is none, one of a later term may have been', async () => {
  const earlier = following(5, {
    2: { term: 4, vote: 3, lead: 3 },
    4: { term: 4, vote: 3, lead: 3 },
    5: undefined,
  });
  await earlier.say(3, 5);
  earlier.clock.advance(claimWaitMs);
  expect(earlier.heard).toEqual([]);
  const later = following(5, {
    2: { term: 6, vote: 2, lead: 2 },
    4: { term: 6, vote: 2, lead: 2 },
    5: undefined,
  });
  await later.say(3, 5);
  expect(later.heard).toEqual([]);
  later.clock.advance(claimWaitMs);
  expect(later.heard).toEqual([false]);
});

it('only the newest message waits for the answer', async () => {
  const { heard, claims, clock } = following(5, {});
  const order: string[] = [];
  claims.judge(3, 5, () => order.push('first'));
  claims.judge(3, 5, () => order.push('second'));
  clock.advance(claimWaitMs);
  expect(order).toEqual(['second']);
  expect(heard).toEqual([]);
});

it('whom this replica voted for is believed after a while, though most that it knows say no: they may vote no more', async () => {
  const no = { term: 5, vote: 0, lead: 0 };
  const { heard, say, clock } = following(5, { 2: no, 4: no, 5: no }, 3);
  await say(3, 5);
  expect(heard).toEqual([]);
  clock.advance(claimWaitMs);
  expect(heard).toEqual([false]);
});
