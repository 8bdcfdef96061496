import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/base/index.ts';
import { EntryType, MessageType, emptyConfState, newEntry, newMessage } from '../../lib/raft/index.ts';
import { Agenda } from '../agenda.ts';
import { SimDisk } from '../disk.ts';
import { Ledger } from '../ledger.ts';
import { Site, SiteClock } from '../site.ts';
import { CommittedAgree } from './committed-agree.ts';
import { CommittedDurable } from './committed-durable.ts';
import { Halts } from './halts.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { LogMatching } from './log-matching.ts';
import { OneLeader } from './one-leader.ts';
import { OwnTermCommits } from './own-term-commits.ts';
import { Promises } from './promises.ts';
import { QuorumLog } from './quorum-log.ts';
import { RestoredTold } from './restored.ts';
import { isQuorum } from './quorums.ts';

const text = (data: string) => new TextEncoder().encode(data);
const entry = (term: number, index: number, data = '') => newEntry(term, index, EntryType.Normal, text(data));

/** Three sites that have written and committed the entry 1/1. */
function scene() {
  const agenda = new Agenda();
  const random = seededRandom(1);
  const confState = { ...emptyConfState, voters: [1, 2, 3] };
  const ledger = new Ledger();
  const first = entry(1, 1);
  ledger.chosen.push(first);
  ledger.chosenIn.push(1);
  const all = [1, 2, 3].map((id) => {
    const site = new Site(id, new SimDisk(agenda, random, 0), new SiteClock(agenda), random, confState);
    site.state = 'up';
    site.term = 1;
    site.commit = 1;
    site.log.append([first]);
    site.disk.safe.append([first]);
    return site;
  });
  const [one, two, three] = all;
  if (one === undefined || two === undefined || three === undefined) throw new Error('three sites');
  one.role = 'leader';
  return { one, two, three, ledger, scene: { sites: new Map(all.map((site) => [site.id, site])), ledger } };
}

test('a second leader of one term is noticed, and one that is no voter', () => {
  const world = scene();
  const checker = new OneLeader(world.scene);
  checker.onLeader(world.one);
  checker.onLeader(world.one);
  expect(() => checker.onLeader(world.two)).toThrow('both lead term 1');
  world.three.term = 2;
  world.three.confState = { ...emptyConfState, voters: [1, 2] };
  expect(() => checker.onLeader(world.three)).toThrow('is no voter');
});

test('an entry of the same place and term with other content, or behind another term, is noticed', () => {
  const { one } = scene();
  const checker = new LogMatching();
  const known = { entry: entry(2, 5, 'a'), prevTerm: 1 };
  checker.onEntry(one, entry(2, 5, 'a'), 1, known);
  expect(() => checker.onEntry(one, entry(2, 5, 'b'), 1, known)).toThrow('other content');
  expect(() => checker.onEntry(one, entry(2, 5, 'a'), 2, known)).toThrow('follows term 2');
});

test('a replica that commits something else than others is noticed, and one whose commit index falls', () => {
  const world = scene();
  const checker = new CommittedAgree(world.scene);
  checker.onCommit(world.one, 0);
  expect(() => checker.onCommit(world.one, 2)).toThrow('falls');
  world.two.log.append([entry(2, 1)]);
  expect(() => checker.onCommit(world.two, 0)).toThrow('replica 2 commits 2/1');
});

test('a commit that no quorum has on disk is noticed', () => {
  const world = scene();
  const checker = new CommittedDurable(world.scene);
  checker.onCommit(world.one, 0, true);
  world.one.disk.wipe();
  checker.onCommit(world.one, 0, true);
  world.two.disk.wipe();
  expect(() => checker.onCommit(world.one, 0, true)).toThrow('no quorum has on disk');
});

test('a replica that stops for nothing is noticed, and a disk that was put back and takes part', () => {
  const { one, two } = scene();
  expect(() => new Halts().onHalted(one, 'lost-data')).toThrow('has lost nothing');
  const restored = new RestoredTold();
  restored.onTakesPart(one);
  two.isRestored = true;
  two.witness = 1;
  new Halts().onHalted(two, 'lost-data');
  expect(() => restored.onTakesPart(two)).toThrow('1 knows what it had');
});

test('a quorum that could come together without a committed entry is noticed', () => {
  const world = scene();
  const checker = new QuorumLog(world.scene);
  world.two.disk.wipe();
  checker.onFate();
  world.three.disk.wipe();
  expect(() => checker.onFate()).toThrow('a quorum of voters does not hold');
  world.three.state = 'lost';
  checker.onFate();
});

test('a leader of a later term that lacks a committed entry is noticed', () => {
  const world = scene();
  const checker = new LeaderCompleteness(world.scene);
  world.two.term = 2;
  checker.onLeader(world.two);
  world.two.log.entries = [];
  expect(() => checker.onLeader(world.two)).toThrow('not in the log of 2');
});

test('a leader that commits an entry of an earlier term by counting is noticed', () => {
  const { one } = scene();
  const checker = new OwnTermCommits();
  checker.onCommit(one);
  one.term = 2;
  expect(() => checker.onCommit(one)).toThrow('commits up to 1/1');
});

test('a vote or an acknowledgement that is not on disk is noticed, and a second vote', () => {
  const { one } = scene();
  const checker = new Promises();
  const vote = newMessage(MessageType.VoteResp, 2, 1, 3);
  expect(() => checker.onSend(one, vote)).toThrow('has not written it');
  one.disk.hardState = { term: 3, vote: 2, commit: 0 };
  checker.onSend(one, vote);
  expect(() => checker.onSend(one, newMessage(MessageType.VoteResp, 3, 1, 3))).toThrow(
    'votes for 2 and for 3',
  );
  const acknowledged = newMessage(MessageType.AppResp, 2, 1, 3);
  acknowledged.index = 1;
  checker.onSend(one, acknowledged);
  acknowledged.index = 2;
  expect(() => checker.onSend(one, acknowledged)).toThrow('acknowledges 2');
});

test('a joint quorum needs a majority of both halves', () => {
  const joint = { ...emptyConfState, voters: [1, 2, 3], votersOutgoing: [3, 4, 5] };
  const has =
    (...ids: number[]) =>
    (id: number) =>
      ids.includes(id);
  expect(isQuorum(joint, has(1, 2))).toBe(false);
  expect(isQuorum(joint, has(1, 2, 4))).toBe(false);
  expect(isQuorum(joint, has(1, 3, 4))).toBe(true);
});
