import { expect, it } from 'vitest';
import { ManualClock, type PeerId, silentLog } from '../../base/index.ts';
import { returnWaitMs } from '../limits.ts';
import { Return } from './return.ts';

const ben = 'ben' as PeerId;
const cleo = 'cleo' as PeerId;

function returning(epoch: number, voters: readonly PeerId[]) {
  const clock = new ManualClock();
  const here = new Set<PeerId>();
  const asked: PeerId[] = [];
  const answers = new Map<PeerId, (() => void)[]>();
  const wait = new Return({
    clock,
    log: silentLog,
    epoch,
    voters: () => voters,
    isConnected: (peer) => here.has(peer),
    ask: (peer) => {
      asked.push(peer);
      return new Promise((resolve) => answers.set(peer, [...(answers.get(peer) ?? []), resolve]));
    },
  });
  let over = 0;
  const come = (peer: PeerId) => {
    here.add(peer);
    wait.look();
  };
  const answer = async (peer: PeerId) => {
    for (const resolve of answers.get(peer) ?? []) resolve();
    await Promise.resolve();
    await Promise.resolve();
  };
  wait.whenOver(() => over++);
  return { wait, clock, asked, come, answer, over: () => over };
}

it('a replica whose log was never opened before, and one that votes alone, take part at once', () => {
  expect(returning(1, [ben, cleo]).over()).toBe(1);
  expect(returning(7, []).over()).toBe(1);
});

it('who comes back takes part once all other voters have said what it acknowledged', async () => {
  const { asked, come, answer, over } = returning(2, [ben, cleo]);
  come(ben);
  await answer(ben);
  expect(over()).toBe(0);
  come(cleo);
  expect(asked).toEqual([ben, cleo]);
  await answer(cleo);
  expect(over()).toBe(1);
});

it('it does not wait for ever for those who are away', async () => {
  const { clock, come, answer, over, wait } = returning(2, [ben, cleo]);
  come(ben);
  await answer(ben);
  clock.advance(returnWaitMs - 1);
  expect(over()).toBe(0);
  clock.advance(1);
  expect(over()).toBe(1);
  let again = 0;
  wait.whenOver(() => again++);
  expect(again).toBe(1);
});
