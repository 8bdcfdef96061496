import { expect, test } from 'vitest';
import { MessageType } from '../raft/index.ts';
import { summaryOf } from './serving/queue-view.ts';
import { type Browser, House, granted, letTwoVote } from './testing/house.ts';
import { RaftFilter, promotionIn } from './testing/raft-filter.ts';

/**
 * Anna leads, Ben votes as a person chose, Cleo is made a voter by the entry X, behind which stands the command Y. Cleo has both on disk and does not
 * hear that X is committed; Ben has X only. Then Anna's machine is lost for ever, and two of three voters are left.
 * @param benHears whether Ben hears that X is committed
 */
async function promoted(benHears: boolean) {
  const house = new House();
  const anna = await house.browser('Anna').open();
  const ben = await house.browser('Ben').open();
  const cleo = await house.browser('Cleo').open();
  const queue = await anna.createQueue('Shields');
  await letTwoVote(anna, queue);
  await ben.join(anna, queue);
  await house.until('two voters', () =>
    [anna, ben].every((each) => each.host(queue).status().confState.voters.length === 2),
  );
  expect(anna.host(queue).status().role).toBe('leader');
  const benPeer = ben.peer.identity.peer;
  const filter = new RaftFilter(anna, queue);
  let x = Infinity;
  let holdsBen = true;
  filter.rule = (to, message) => {
    x = Math.min(x, promotionIn(message, 3) ?? Infinity);
    if (x === Infinity) return 'pass';
    const tellsOfX = message.commit >= x;
    if (to !== benPeer) return tellsOfX ? 'lose' : 'pass';
    const isBehindX =
      message.type === MessageType.App && (message.entries.at(-1)?.index ?? message.index) > x;
    if (isBehindX || (tellsOfX && !benHears)) return 'lose';
    return holdsBen ? 'hold' : 'pass';
  };
  const options = { role: 'trusted' as const, lifeMs: 3_600_000, origin: 'http://localhost' };
  const link = granted(await house.await(anna.service.makeLink(queue, options)));
  granted(await house.await(cleo.service.joinQueue(link.url)));
  await house.until('Cleo is being promoted', () => x < Infinity);
  let told: string | undefined;
  void anna.service.renameQueue(queue, 'Behind').then(({ kind }) => (told = kind));
  await house.until('Cleo has what is behind', () => cleo.host(queue).part.replica.disk.last > x);
  holdsBen = false;
  filter.release();
  await house.until('Anna knows that Cleo votes', () =>
    anna.host(queue).status().confState.voters.includes(3),
  );
  await house.pass(1_000);
  return { house, anna, ben, cleo, queue, x, told: () => told };
}

const leads = (queue: Parameters<Browser['host']>[0]) => (each: Browser) =>
  each.host(queue).status().role === 'leader';

test('what a voter has that does not know yet that it votes is kept when the leader dies, and counts for no commit before', async () => {
  const { house, anna, ben, cleo, queue, x, told } = await promoted(true);
  expect(ben.host(queue).state.index).toBe(x);
  expect(cleo.host(queue).state.index).toBeLessThan(x);
  // Cleo's word alone does not make it committed, though Anna and Cleo are two of three.
  expect(told()).toBeUndefined();
  anna.kill();
  await house.until('one leads', () => [ben, cleo].some(leads(queue)));
  await house.until('both have it', () =>
    [ben, cleo].every((each) => each.host(queue).state.head.name === 'Behind'),
  );
});

test('when nobody who is left knows of the promotion nothing was told to be committed that could be missed, and the copy with most of it goes on', async () => {
  const { house, anna, ben, cleo, queue, told } = await promoted(false);
  expect(told()).toBeUndefined();
  anna.kill();
  await house.pass(120_000);
  // Of the two voters that they know of one is lost: they wait for a person.
  expect([ben, cleo].some(leads(queue))).toBe(false);
  expect(told()).not.toBe('committed');
  expect(summaryOf(cleo.host(queue), [])).toMatchObject({ mayGoOn: true, keptBehind: 1 });
  const heir = granted(await house.await(cleo.service.goOnFrom(queue)));
  await house.until('the copy goes on', () => cleo.host(heir).condition().condition === 'ready');
  expect(cleo.host(heir).state.head.name).toContain('Behind');
});

test('who hears nothing of Raft asks the voters what they know before it begins to listen', async () => {
  const { house, anna, ben, cleo, queue, x } = await promoted(true);
  const { last } = cleo.host(queue).part.replica.disk;
  expect(last).toBeGreaterThan(x);
  // Ben's own messages of Raft are lost, so that Cleo hears of X only by asking.
  const filter = new RaftFilter(ben, queue);
  filter.rule = () => 'lose';
  anna.kill();
  await house.until('Cleo hears of X', () => cleo.host(queue).state.index >= x, 120_000);
  expect(cleo.host(queue).part.replica.disk.last).toBeGreaterThanOrEqual(last);
  filter.rule = () => 'pass';
  await house.until('both have it', () =>
    [ben, cleo].every((each) => each.host(queue).state.head.name === 'Behind'),
  );
});
