import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { type Message, MessageType } from '../../raft/index.ts';
import { Replica, logOf, message } from '../../raft/testing.ts';
import { maySay } from './membership.ts';
import { StrandedVoters } from './stranded.ts';
import { stand } from './succession.ts';

const config = { preVote: true, checkQuorum: true };

/** A leader in term 6 that has retired replica 3, and replica 3, which stood for election in term 7 and knows of neither. */
function parted() {
  const leader = new Replica(
    { voters: [1], learners: [3], log: logOf(1, 1), hardState: { term: 5, vote: 1, commit: 2 } },
    { ...config, id: 1 },
  );
  leader.node.campaign();
  leader.take();
  const stuck = new Replica(
    { voters: [1, 2, 3], log: logOf(1), hardState: { term: 7, vote: 3, commit: 1 } },
    { ...config, id: 3 },
  );
  return { leader, stuck, stranded: new StrandedVoters(new ManualClock()) };
}

/** Carries messages between the two for a while; what replica 3 says counts only as far as a guest may speak. */
function talk(of: ReturnType<typeof parted>, givesWay: boolean): void {
  const { leader, stuck, stranded } = of;
  for (let round = 0; round < 40; round++) {
    const said = leader.tick(1).filter(({ to }) => to === 3);
    const answers = [...stuck.step(...said), ...stuck.tick(1)].filter(({ to }) => to === 1);
    for (const answer of answers) hear(answer);
  }

  function hear(answer: Message): void {
    const { node } = leader;
    if (maySay(answer, node.term)) node.step(answer);
    else if (givesWay && stranded.givesWay(answer, node, { ...conf, learners: [3] })) {
      node.step(answer);
      node.step(stand(1, 3, node.term));
    }
  }
}

const conf = { voters: [1], learners: [3], votersOutgoing: [], learnersNext: [], autoLeave: false };

describe('a voter that was retired while it stood in a later term', () => {
  it('hears nothing for ever where the leader keeps to its term', () => {
    const of = parted();
    talk(of, false);
    expect(of.leader.node.term).toBe(6);
    expect(of.stuck.terms().length).toBe(1);
  });

  it('is reached after the leader has given way to that term once', () => {
    const of = parted();
    talk(of, true);
    expect(of.leader.node.role).toBe('leader');
    expect(of.leader.node.term).toBe(8);
    expect(of.stuck.node.role).toBe('follower');
    expect(of.stuck.terms().slice(0, 2)).toEqual([1, 1]);
  });

  it('does not make the leader stand again and again, nor run out of terms', () => {
    const clock = new ManualClock();
    const stranded = new StrandedVoters(clock);
    const self = { role: 'leader', term: 6 };
    const answer = (term: number) => message(MessageType.AppResp, 3, term);
    expect(stranded.givesWay(answer(6), self, conf)).toBe(false);
    expect(stranded.givesWay(answer(2 ** 40), self, conf)).toBe(false);
    expect(stranded.givesWay(message(MessageType.Vote, 3, 7), self, conf)).toBe(false);
    expect(stranded.givesWay(answer(7), { role: 'follower', term: 6 }, conf)).toBe(false);
    // Whom Raft does not have as a learner: any guest.
    expect(stranded.givesWay(message(MessageType.AppResp, 9, 7), self, conf)).toBe(false);
    expect(stranded.givesWay(answer(7), self, conf)).toBe(true);
    expect(stranded.givesWay(answer(9), { ...self, term: 8 }, conf)).toBe(false);
    clock.advance(60_000);
    expect(stranded.givesWay(answer(9), { ...self, term: 8 }, conf)).toBe(true);
  });
});
