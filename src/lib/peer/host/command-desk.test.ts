import { describe, expect, test } from 'vitest';
import {
  type Bytes,
  ManualClock,
  type PeerId,
  type Result,
  decode,
  encode,
  must,
  ok,
  peerIdOf,
  publicKeyOf,
} from '../../base/index.ts';
import type { Applied, QueueRefusal, SignedCommand } from '../../queue/index.ts';
import { commandBytesRate, commandRate, wastedCommandRate } from '../limits.ts';
import { CommandDesk } from './command-desk.ts';

const queue = new Uint8Array(32).fill(7);
const seedOf = (n: number) => new Uint8Array(32).fill(n);
const peers = [1, 2, 3, 9].map((n) => [n, peerIdOf(publicKeyOf(seedOf(n)))] as const);
const peerOf = (n: number) => must(new Map(peers).get(n), 'a peer of this test');
const [anna, gil, mallory] = [peerOf(1), peerOf(2), peerOf(3)];

/** A command as its author would sign it. Signing takes a thousand times as long as everything else here, so it is left out. */
function sign(
  n: number,
  seq: number,
  of: { session?: number; type?: string; queue?: Bytes; size?: number } = {},
): Bytes {
  const { session = 4, type = 'rename-queue', size = 0 } = of;
  const parts = { n, seq, session, type, queue: of.queue ?? queue, padding: new Uint8Array(size) };
  return encode(parts);
}

function open(bytes: Uint8Array): Result<SignedCommand, QueueRefusal> {
  const {
    n,
    seq,
    session,
    type,
    queue: of,
  } = decode(bytes) as {
    n: number;
    seq: number;
    session: number;
    type: string;
    queue: Bytes;
  };
  const command = { type } as unknown as SignedCommand['command'];
  const publicKey = seedOf(n);
  return ok({
    bytes: new Uint8Array(bytes),
    queue: of,
    publicKey,
    author: peerOf(n),
    session,
    seq,
    ack: 1,
    command,
  });
}

/** Anna leads; Gil is a member, Mallory is not. */
function desk() {
  const clock = new ManualClock();
  const members = new Set<PeerId>([anna, gil]);
  const led: { term: number | undefined } = { term: 3 };
  const proposed: Uint8Array[] = [];
  let opened = 0;
  const room = new CommandDesk({
    clock,
    self: anna,
    queue,
    opener: () => (bytes) => {
      opened += 1;
      return open(bytes);
    },
    isMember: (peer) => members.has(peer),
    term: () => led.term,
    leader: () => peerOf(9),
    propose: (envelope) => proposed.push(envelope) > 0,
  });
  const apply = (author: PeerId, seq: number, how: Partial<Applied> = {}) =>
    room.applied({
      index: 1,
      stampMs: 0,
      author,
      session: 4,
      seq,
      result: { kind: 'committed' },
      repeated: false,
      changed: [],
      ...how,
    });
  return { room, clock, led, proposed, apply, opened: () => opened };
}

const refused = { kind: 'refused', refusal: { code: 'not-lost' } } as const;

describe('what a leader takes from one member', () => {
  test.each<[string, Partial<Applied>]>([
    ['are refused', { result: refused }],
    ['were applied before', { repeated: true }],
  ])('commands that %s are held to a rate, told to wait, and cost nobody else anything', (_, how) => {
    const { room, clock, proposed, apply } = desk();
    const flood = (first: number, count: number) => {
      const kinds = new Set<string>();
      for (let seq = first; seq < first + count; seq++) {
        const reply = room.admit(gil, sign(2, seq));
        kinds.add(reply.kind);
        if (reply.kind === 'accepted') apply(gil, seq, how);
      }
      return kinds;
    };
    expect(flood(1, wastedCommandRate.burst)).toEqual(new Set(['accepted']));
    expect(flood(1_001, 100)).toEqual(new Set(['later']));
    expect(room.admit(gil, sign(2, 2_000))).toEqual({
      kind: 'later',
      afterMs: 1_000 / wastedCommandRate.perSecond,
    });
    expect(room.admit(anna, sign(1, 1))).toEqual({ kind: 'accepted' });
    clock.advance(10_000);
    const before = proposed.length;
    flood(3_001, 1_000);
    expect(proposed.length - before).toBe(10 * wastedCommandRate.perSecond);
  });

  test('a member’s useful commands are held to the rate of all, whatever a person imports', () => {
    const { room, proposed, apply } = desk();
    let later = 0;
    for (let seq = 1; seq <= commandRate.burst + 50; seq++) {
      const reply = room.admit(gil, sign(2, seq));
      if (reply.kind === 'accepted') apply(gil, seq);
      else later += 1;
    }
    expect([proposed.length, later]).toEqual([commandRate.burst, 50]);
  });

  test('and to a rate of bytes, that waits for as long as a command needs', () => {
    const { room, clock, proposed, apply } = desk();
    const large = (seq: number) => sign(2, seq, { size: 60_000 });
    const size = large(1).length;
    let seq = 0;
    let reply = room.admit(gil, large(++seq));
    for (; reply.kind === 'accepted'; reply = room.admit(gil, large(++seq))) apply(gil, seq);
    expect(proposed.length).toBe(Math.floor(commandBytesRate.burst / size));
    expect(reply).toMatchObject({ kind: 'later', afterMs: expect.any(Number) as number });
    clock.advance(reply.kind === 'later' ? reply.afterMs : 0);
    expect(room.admit(gil, large(seq))).toEqual({ kind: 'accepted' });
  });

  test('what is under way already is not put into the log again, and is no waste', () => {
    const { room, led, proposed, apply } = desk();
    const envelope = sign(2, 1);
    for (let i = 0; i < 10 * wastedCommandRate.burst; i++)
      expect(room.admit(gil, envelope)).toEqual({ kind: 'accepted' });
    expect(proposed.length).toBe(1);
    // Another term may have cut it off.
    led.term = 4;
    room.admit(gil, envelope);
    expect(proposed.length).toBe(2);
    apply(gil, 1);
    room.admit(gil, envelope);
    expect(proposed.length).toBe(3);
  });

  test('every session that is opened counts as one that came to nothing: each pushes out an older one', () => {
    const { room, proposed, apply } = desk();
    for (let i = 0; i < 2 * wastedCommandRate.burst; i++) {
      const reply = room.admit(gil, sign(2, i, { session: 0, type: 'open-session' }));
      if (reply.kind === 'accepted') apply(gil, 0, { session: 0 });
    }
    expect(proposed.length).toBe(wastedCommandRate.burst);
  });

  test('nothing is read of who is no member, nor taken for anybody else', () => {
    const { room, led, proposed, opened } = desk();
    expect(room.admit(mallory, sign(3, 1))).toMatchObject({ refusal: { code: 'not-a-member' } });
    expect(room.admit(mallory, sign(2, 1))).toMatchObject({ refusal: { code: 'not-a-member' } });
    expect(opened()).toBe(0);
    expect(room.admit(gil, sign(1, 1))).toMatchObject({ refusal: { code: 'malformed' } });
    for (const type of ['join', 'rejoin'])
      expect(room.admit(gil, sign(2, 0, { session: 0, type }))).toMatchObject({
        refusal: { code: 'malformed' },
      });
    const elsewhere = sign(2, 1, { queue: new Uint8Array(32) });
    expect(room.admit(gil, elsewhere)).toMatchObject({ refusal: { code: 'wrong-queue' } });
    expect(proposed).toEqual([]);
    led.term = undefined;
    expect(room.admit(mallory, sign(3, 1))).toEqual({ kind: 'not-leader', leader: null });
    expect(room.admit(gil, sign(2, 1))).toEqual({ kind: 'not-leader', leader: peerOf(9) });
    expect(opened()).toBe(4);
  });
});
