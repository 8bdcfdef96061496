import { expect, test } from 'vitest';
import type { PeerId } from '../../base/index.ts';
import type { ReplicaStatus } from '../replica/replica-port.ts';
import { standing } from './standing.ts';

const [anna, ben, cleo, dan] = ['anna', 'ben', 'cleo', 'dan'] as [PeerId, PeerId, PeerId, PeerId];
const peers = [anna, ben, cleo];

/** How a queue of three voters stands at Anna's, who meets these and has opened it a minute ago. */
function stands(
  here: readonly PeerId[],
  leader = 0,
  doubted: readonly PeerId[] = [],
  openForMs = 60_000,
  voters = [1, 2, 3],
) {
  const confState = {
    voters,
    learners: [1, 2, 3].filter((id) => !voters.includes(id)),
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  const status = { replicaId: 1, leader, confState } as unknown as ReplicaStatus;
  const isHere = (peer: PeerId) => peer === anna || here.includes(peer);
  const peerOf = (id: number) => peers[id - 1];
  const nameOf = (peer: PeerId) => (peer === ben ? 'Ben' : undefined);
  return standing({ status, isEmpty: false, copied: undefined, peerOf, isHere, nameOf, doubted, openForMs });
}

test('a queue is ready where somebody leads, and opens or waits where nobody does', () => {
  expect(stands([ben], 2)).toEqual({ condition: 'ready', text: 'Ready.' });
  expect(stands([ben])).toEqual({ condition: 'opening', text: 'Agreeing on who leads …' });
  expect(stands([], 0, [], 1_000)).toEqual({ condition: 'opening', text: 'Reaching the other peers …' });
  expect(stands([])).toMatchObject({ condition: 'waiting' });
  expect(stands([]).text).toContain('2 of 3 must be here to decide');
});

test('a queue says so where somebody decides who cannot prove to this browser that they may, for as long as they are here', () => {
  expect(stands([dan], 0, [dan])).toMatchObject({ condition: 'waiting' });
  expect(stands([dan], 0, [dan]).text).toContain('does not know yet that they may');
  expect(stands([], 0, [dan]).text).toContain('2 of 3 must be here');
  expect(stands([ben, dan], 2, [dan]).condition).toBe('ready');
});

test('where another browser decides alone, a queue waits for that one, by its name', () => {
  expect(stands([], 0, [], 60_000, [2])).toEqual({
    condition: 'waiting',
    text: 'Waiting for Ben, whose browser decides alone. You can read everything; changes are kept and sent when it is back.',
  });
  expect(stands([ben], 2, [], 60_000, [2]).condition).toBe('ready');
  expect(stands([cleo], 0, [], 60_000, [2]).condition).toBe('waiting');
  expect(stands([], 0, [], 1_000, [2]).text).toBe('Reaching the other peers …');
  expect(stands([], 0, [], 60_000, [3]).text).toContain('another trusted peer, whose browser decides alone');
  // This one decides alone: there is nobody to wait for.
  expect(stands([], 0, [], 60_000, [1])).toEqual({ condition: 'opening', text: 'Opening …' });
});
