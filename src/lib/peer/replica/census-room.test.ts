import { expect, test } from 'vitest';
import {
  ManualClock,
  type PeerId,
  must,
  parse,
  peerIdOf,
  publicKeyOf,
  seededRandom,
  silentLog,
} from '../../base/index.ts';
import type { Census, CensusState } from '../../network/census.ts';
import { MemoryNetwork } from '../../network/memory.ts';
import type { Wire } from '../../network/port.ts';
import { censusLimits, censusProtocol } from '../../network/protocols.ts';
import { CensusRoom, doingOf } from './census-room.ts';
import { censusMessage, signQuestion } from './census-words.ts';
import { censusEveryMs, censusWaitMs, listenersPerTopicMax } from '../limits.ts';

const queue = new Uint8Array(32).fill(7);
/** Others that each peer is connected to: gossip needs a handful in each topic. */
const friendsOf = 10;

const topicAt = (place: number) => `room/${Math.floor(place / listenersPerTopicMax)}`;

/** A queue of so many peers, the first few of whom vote; each is connected to the voters and to a few others. */
class Town {
  readonly clock = new ManualClock();
  readonly random = seededRandom(5);
  readonly network = new MemoryNetwork({ clock: this.clock, random: this.random });
  readonly members = new Map<PeerId, { readonly voter: boolean }>();
  readonly rooms: CensusRoom[] = [];
  readonly wires: Wire[] = [];
  readonly peers: PeerId[] = [];
  readonly identities: {
    readonly seed: Uint8Array<ArrayBuffer>;
    readonly publicKey: Uint8Array<ArrayBuffer>;
  }[] = [];
  /** Questions that were put straight to a peer, and answers. */
  readonly said = { question: 0, answer: 0 };

  readonly #voters: number;

  constructor(size: number, voters: number, lan = false) {
    this.#voters = voters;
    for (let i = 0; i < size; i++) this.#move(i, i < voters, lan);
    const listeners = this.peers.slice(voters);
    this.wires.forEach((wire, i) => {
      const friends = Array.from({ length: friendsOf }, () =>
        must(this.peers[this.random.below(size)], 'a peer'),
      );
      wire.want(new Set([...this.peers.slice(0, voters), ...friends].filter((peer) => peer !== wire.self)));
      const place = listeners.indexOf(wire.self);
      if (i >= voters && !lan) wire.hear(new Set([topicAt(place)]));
    });
    this.clock.advance(5_000);
  }

  #move(i: number, voter: boolean, lan: boolean): void {
    const seed = new Uint8Array(32).fill(i & 255).fill(i >> 8, 16);
    const identity = { seed, publicKey: publicKeyOf(seed), peer: peerIdOf(publicKeyOf(seed)), name: `${i}` };
    const wire = this.network.join(identity.peer);
    const room = new CensusRoom({
      clock: this.clock,
      random: this.random,
      log: silentLog,
      wire,
      identity,
      queue,
      members: () => this.members,
      lan: () => lan,
      leader: () => this.peers[0],
      spread: (question) => {
        for (const topic of i === 0 ? this.#topics() : [topicAt(i - this.#voters)])
          wire.publish(topic, question);
      },
      doing: () => this.doing(i),
    });
    wire.onNews((_topic, news) => room.hear(news));
    wire.handleRequests(censusProtocol, censusLimits, (from, bytes) => {
      const message = parse(censusMessage, bytes, censusLimits.frameBytesMax);
      if (!message.ok) throw new Error(message.refusal.text);
      this.said[message.value.kind]++;
      room.receive(from, message.value);
      return Promise.resolve(new Uint8Array());
    });
    this.members.set(identity.peer, { voter });
    this.peers.push(identity.peer);
    this.wires.push(wire);
    this.rooms.push(room);
    this.identities.push(identity);
  }

  /** Where the leader, which is the first peer, tells news. */
  #topics(): Set<string> {
    return new Set(this.peers.slice(this.#voters).map((_peer, place) => topicAt(place)));
  }

  /** Half of them print, a tenth is paused. */
  doing(i: number): CensusState {
    return i % 2 === 0 ? 'busy' : i % 10 === 1 ? 'paused' : 'idle';
  }

  at(i: number): CensusRoom {
    return must(this.rooms[i], 'a room');
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      this.clock.advance(50);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  async poll(i: number): Promise<Census> {
    const polled = this.at(i).poll();
    await this.pass(censusWaitMs + 50);
    return must(await polled, 'a census');
  }
}

const within = (estimate: { readonly peers: number; readonly deviation: number }, truth: number) =>
  Math.abs(estimate.peers - truth) <= 3 * estimate.deviation + 0.5;

test('of 100 peers about fifty answer, and the census lands within three deviations, also after half of them have gone', async () => {
  const size = 100;
  const town = new Town(size, 3);
  const polls: Census[] = [];
  for (let round = 0; round < 4; round++) polls.push(await town.poll(17));
  for (const census of polls) {
    expect(census.answers).toBeGreaterThan(25);
    expect(census.answers).toBeLessThan(80);
    expect(within(census, size)).toBe(true);
    expect(within(census.byState.busy, size / 2)).toBe(true);
  }
  // Only the voters are asked straight, who leads by the asker and the others by who leads; everyone else hears it by gossip.
  expect(town.said.question).toBe(3 * polls.length);
  for (let i = size / 2; i < size; i++) town.network.crash(must(town.peers[i], 'a peer'));
  let last = await town.poll(17);
  expect(within(last, size / 2)).toBe(true);
  // The next ones are asked with another chance: half of the peers are fewer than fifty, so that all answer.
  for (let round = 0; round < 2; round++) last = await town.poll(17);
  expect(last).toMatchObject({ peers: size / 2, deviation: 0 });
}, 60_000);

test('of a few peers all are asked, and the number is exact: also on a local network, which has no topics', async () => {
  for (const lan of [false, true]) {
    const town = new Town(9, 3, lan);
    for (const wire of town.wires) wire.want(new Set(town.peers.filter((peer) => peer !== wire.self)));
    await town.pass(5_000);
    const census = await town.poll(5);
    expect(census).toMatchObject({ peers: 9, deviation: 0, answers: 8 });
    expect(census.byState.busy.peers).toBe(5);
    expect(census.byState.paused.peers).toBe(1);
    expect(census.byState.idle.peers).toBe(3);
  }
});

test('who asks without a pause, is no member, or asks in another’s name gets no answer', async () => {
  const town = new Town(4, 1);
  const all = { id: 1, chance: 2 ** 32 };
  const asker = must(town.identities[1], 'a peer');
  const room = town.at(2);
  expect(room.hear(signQuestion(asker, queue, all))).toBe(true);
  // The same by another way is passed on and not answered again; another one comes too soon.
  expect(room.hear(signQuestion(asker, queue, all))).toBe(true);
  expect(room.hear(signQuestion(asker, queue, { ...all, id: 2 }))).toBe(false);
  await town.pass(censusEveryMs);
  expect(town.said.answer).toBe(1);
  expect(room.hear(signQuestion(asker, queue, { ...all, id: 3 }))).toBe(true);
  const seed = new Uint8Array(32).fill(99);
  expect(room.hear(signQuestion({ seed, publicKey: publicKeyOf(seed) }, queue, all))).toBe(false);
  expect(room.hear(signQuestion({ seed, publicKey: asker.publicKey }, queue, all))).toBe(false);
  expect(room.hear(signQuestion(asker, new Uint8Array(32), all))).toBe(false);
  expect(room.hear(new Uint8Array(40))).toBe(false);
});

test('a queue that is closed in the middle of a census ends it', async () => {
  const town = new Town(3, 1);
  const polled = town.at(0).poll();
  town.at(0).close();
  expect(await polled).toBeUndefined();
  expect(await town.at(0).poll()).toBeUndefined();
});

test('a peer counts by what its printers do', () => {
  expect(doingOf([])).toBe('idle');
  expect(doingOf([{ state: 'ready' }, { state: 'paused' }])).toBe('paused');
  expect(doingOf([{ state: 'paused' }, { state: 'printing' }])).toBe('busy');
});
