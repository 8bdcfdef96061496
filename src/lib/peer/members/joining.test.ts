import { expect, test } from 'vitest';
import { type Bytes, ManualClock, type PeerId, encode, seededRandom, silentLog } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { queueIdOf } from '../../queue/index.ts';
import { genesisOf, personOf } from '../../queue/fixture.ts';
import { askToJoin } from './joining.ts';
import type { QueueRefusal } from '../../queue/index.ts';

const owner = personOf(1);
const genesis = genesisOf(owner);
const me = personOf(2);
const refused = (refusal: QueueRefusal) => ({ kind: 'refused', refusal });

/** Asks peers that answer like that, each with what comes next in its list, and the last for ever. */
async function ask(answers: Readonly<Record<string, readonly object[]>>) {
  const clock = new ManualClock();
  const left = new Map(Object.entries(answers).map(([peer, list]) => [peer as PeerId, [...list]]));
  const asked: PeerId[] = [];
  const request = (to: PeerId): Promise<Bytes> => {
    asked.push(to);
    const list = left.get(to) ?? [];
    const answer = list.length > 1 ? list.shift() : list[0];
    return Promise.resolve(encode(answer ?? { kind: 'elsewhere', peers: [] }));
  };
  const abort = new AbortController();
  const end = askToJoin(
    {
      clock,
      random: seededRandom(1),
      log: silentLog,
      wire: { request } as unknown as Wire,
      identity: { ...me, name: 'Me' },
      found: () => [],
    },
    {
      link: {
        queue: queueIdOf(genesis),
        name: 'Q',
        relays: [],
        peers: [...left.keys()],
        rendezvousKey: undefined,
      },
      text: '',
      incarnation: new Uint8Array(16),
      by: { kind: 'invitation', id: new Uint8Array(16), seed: new Uint8Array(32) },
    },
    abort.signal,
  );
  let done = false;
  end.finally(() => (done = true)).catch(() => undefined);
  for (let i = 0; i < 50 && !done; i++) {
    for (let j = 0; j < 5; j++) await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advance(500);
  }
  abort.abort(new Error('it is over'));
  return { end: await end, asked };
}

const joined = { kind: 'joined', genesis, replicaId: 7, book: [] };

test('an invitation that a leader does not know may be newer than what that one knows: the others are asked before it counts', async () => {
  const { end } = await ask({ stale: [refused({ code: 'invitation-not-found' })], leading: [joined] });
  expect(end).toMatchObject({ kind: 'joined', record: { replicaId: 7 } });
});

test('when nobody knows it, that is the answer', async () => {
  const { end, asked } = await ask({
    one: [refused({ code: 'invitation-not-found' })],
    two: [refused({ code: 'invitation-not-found' })],
  });
  expect(end).toMatchObject({ kind: 'refused', refusal: { code: 'invitation-not-found' } });
  expect(asked).toEqual(['one', 'two']);
});

test('what cannot change any more counts at once, and who is too busy is asked again', async () => {
  const { asked } = await ask({ one: [refused({ code: 'invitation-revoked', of: 'link' })], two: [joined] });
  expect(asked).toEqual(['one']);
  const later = { kind: 'elsewhere', peers: [] };
  const { end, asked: often } = await ask({ one: [later, later, joined] });
  expect(end.kind).toBe('joined');
  expect(often).toEqual(['one', 'one', 'one']);
});
