import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import {
  type Bytes,
  type FileId,
  type PeerId,
  type QueueId,
  decode,
  encode,
  hex,
  must,
  peerIdOf,
  publicKeyOf,
  utf8,
} from '../base/index.ts';
import { encodeAsking, parseAnswer } from '../files/frames.ts';
import type { Wire } from '../network/port.ts';
import {
  censusProtocol,
  commandProtocol,
  filesProtocol,
  joinProtocol,
  listenProtocol,
  newsProtocol,
  placeProtocol,
  presenceProtocol,
  snapshotProtocol,
  standingProtocol,
} from '../network/protocols.ts';
import { type Command, joinProof, signCommand } from '../queue/index.ts';
import { parseLink } from '../registry/index.ts';
import { nothingKnown } from './host/place.ts';
import { type Browser, House, granted, threeVoters } from './testing/house.ts';

/** Somebody with a key of their own who is connected to the house's network and speaks as they please. */
class Stranger {
  readonly seed: Bytes;
  readonly peer: PeerId;
  readonly wire: Wire;
  readonly #house: House;

  constructor(house: House, n: number) {
    this.#house = house;
    this.seed = new Uint8Array(32).fill(n);
    this.peer = peerIdOf(publicKeyOf(this.seed));
    this.wire = house.network.join(this.peer);
  }

  sign(queue: Bytes, command: object, place = { session: 0, seq: 0, ack: 0 }): Bytes {
    return signCommand(this.seed, { queue, ...place }, command as Command);
  }

  async ask(to: Browser, protocol: Parameters<Wire['request']>[1], question: object): Promise<string> {
    const { peer } = to.peer.identity;
    const answer = await this.#house.await(this.wire.request(peer, protocol, encode(question), 60_000));
    return JSON.stringify(decode(answer), (_, value: unknown) =>
      value instanceof Uint8Array ? hex(value) : value,
    );
  }

  /** Many join requests at once: how often each answer came. */
  async askToJoin(to: Browser, requests: readonly Bytes[]): Promise<ReadonlyMap<string, number>> {
    const { digest, peer } = leaderOf(to);
    const answers = new Map<string, number>();
    let open = requests.length;
    for (const envelope of requests) {
      const request = this.wire.request(peer, joinProtocol, encode({ v: 1, q: digest, envelope }), 60_000);
      const count = (answer: string) => {
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        open -= 1;
      };
      request.then(
        (bytes) => {
          const reply = decode(bytes) as { kind: string; refusal?: { code: string } };
          count(reply.refusal?.code ?? reply.kind);
        },
        () => count('no answer'),
      );
    }
    await this.#house.until('all are answered', () => open === 0);
    return answers;
  }
}

const leaderOf = (browser: Browser) => {
  const host = must([...browser.peer.hosts.values()][0], 'a queue');
  return { digest: host.digest, peer: browser.peer.identity.peer };
};

function leading(all: readonly Browser[], queue: QueueId): Browser {
  return must(
    all.find((each) => each.host(queue).status().role === 'leader'),
    'a leader',
  );
}

/**
 * Bytes that the process holds in buffers, when everything that nobody needs is gone. V8 lets go of buffers beside other work once
 * they are found to be unused: the next collection waits for that, and what was held by them in turn needs one more.
 */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 4; i++) collect();
  return process.memoryUsage().arrayBuffers;
}

const mib = 2 ** 20;
const indexes = (all: readonly Browser[], queue: QueueId) => all.map((each) => each.host(queue).state.index);

describe('who is no member writes nothing', () => {
  test('2,000 attempts to join by links that are dead, unknown or without their key put nothing into the log', async () => {
    const house = new House(21);
    const { anna, all, queue } = await threeVoters(house);
    const leader = leading(all, queue);
    const link = async (options: { lifeMs?: number }) => {
      const made = { role: 'guest', lifeMs: 3_600_000, origin: '', ...options } as const;
      const { text } = granted(await house.await(anna.service.makeLink(queue, made)));
      return must(parseLink(text).ok ? granted(parseLink(text)) : undefined, 'a link').invitation;
    };
    const revoked = await link({});
    const expired = await link({ lifeMs: 60_000 });
    const good = await link({});
    expect(await house.await(anna.service.revokeInvitation(queue, hex(revoked.id)))).toMatchObject({
      kind: 'committed',
    });
    await house.pass(61_000, 50);
    const { digest } = leader.host(queue);
    const stranger = new Stranger(house, 9);
    await house.pass(3_000);
    const before = indexes(all, queue);
    const join = (invitation: { id: Bytes; seed: Bytes }) =>
      stranger.sign(digest, {
        type: 'join',
        invitation: hex(invitation.id),
        proof: joinProof(invitation.seed, digest, publicKeyOf(stranger.seed)),
        name: 'X'.repeat(100),
        incarnation: new Uint8Array(16),
      });
    const withoutKey = { id: good.id, seed: new Uint8Array(32).fill(1) };
    const unknown = { id: new Uint8Array(16).fill(1), seed: good.seed };
    const forged = join(good);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const rejoin = stranger.sign(digest, {
      type: 'rejoin',
      incarnation: new Uint8Array(16),
      replaces: 1,
    });
    const garbage = new Uint8Array(1_000).fill(7);
    const kinds = [
      ['invitation-revoked', join(revoked)],
      ['invitation-expired', join(expired)],
      ['invitation-not-found', join(unknown)],
      ['bad-proof', join(withoutKey)],
      ['bad-signature', forged],
      ['not-a-member', rejoin],
      ['malformed', garbage],
    ] as const;
    for (const [code, envelope] of kinds)
      expect([...(await stranger.askToJoin(leader, [envelope])).keys()]).toEqual([code]);
    const flood = Array.from({ length: 2_000 }, (_, i) => (kinds[i % kinds.length] ?? kinds[0])[1]);
    await stranger.askToJoin(leader, flood);
    await house.pass(3_000);
    expect(indexes(all, queue)).toEqual(before);
    // The link that lives still does.
    const dora = await house.browser('Dora').open();
    await dora.join(anna, queue, 'guest');
  });

  test('who comes in by one link at the same time, or asks twice, does not use it more often than it may be', async () => {
    const house = new House(22);
    const { anna, all, queue } = await threeVoters(house);
    const leader = leading(all, queue);
    const options = {
      role: 'submitter',
      voter: false,
      lifeMs: 3_600_000,
      usesMax: 2,
      note: '',
      origin: '',
    } as const;
    const { text } = granted(await house.await(anna.service.invite(queue, options)));
    const { invitation } = granted(parseLink(text));
    const { digest } = leader.host(queue);
    await house.pass(3_000);
    const [before = 0] = indexes(all, queue);
    const strangers = Array.from({ length: 5 }, (_, i) => new Stranger(house, 30 + i));
    const asked = strangers.map(async (stranger) => {
      const envelope = stranger.sign(digest, {
        type: 'join',
        invitation: hex(invitation.id),
        proof: joinProof(invitation.seed, digest, publicKeyOf(stranger.seed)),
        name: 'Guest',
        incarnation: new Uint8Array(16),
      });
      return stranger.askToJoin(
        leader,
        Array.from({ length: 20 }, () => envelope),
      );
    });
    const answers = await house.await(Promise.all(asked));
    const joined = answers.filter((each) => each.get('joined') === 20);
    expect(joined.length).toBe(2);
    await house.pass(3_000);
    // The two who came in, and nothing of who was too late.
    expect(leader.host(queue).state.index - before).toBe(2);
    expect(leader.host(queue).state.members.size).toBe(5);
  });

  test('what strangers send does not stay in memory', async () => {
    const house = new House(23);
    const { all, queue } = await threeVoters(house);
    const leader = leading(all, queue);
    const { digest } = leader.host(queue);
    const stranger = new Stranger(house, 9);
    await house.pass(3_000);
    const before = indexes(all, queue);
    const held = heldBytes();
    const { peer } = leader.peer.identity;
    for (let i = 0; i < 1_000; i++) {
      const padding = crypto.getRandomValues(new Uint8Array(48 * 1024));
      const envelope =
        i % 2 === 0
          ? padding
          : stranger.sign(
              digest,
              { type: 'rename-queue', name: 'Mine', padding },
              { session: 1, seq: i + 1, ack: 1 },
            );
      for (const protocol of [commandProtocol, joinProtocol])
        stranger.wire
          .request(peer, protocol, encode({ v: 1, q: digest, envelope }), 5_000)
          .catch(() => undefined);
      stranger.wire.send(peer, newsProtocol, encode({ v: 1, q: digest, news: padding }));
      if (i % 16 === 15) await house.pass(20);
    }
    await house.pass(6_000);
    expect((heldBytes() - held) / mib).toBeLessThan(16);
    expect(indexes(all, queue)).toEqual(before);
  });

  test('a stranger who knows a file’s id does not get it, nor whether it is here', async () => {
    const house = new House(25);
    const { anna, queue } = await threeVoters(house);
    const file = await anna.addFile(queue, 'part.gcode', 'G28\nG1 X1 Y1 E1\n');
    const bytes = utf8('G28\n');
    const stray = granted(
      await house.await(anna.peer.files.store.add('stray.gcode', new Blob([bytes]).stream(), bytes.length)),
    ).id;
    const stranger = new Stranger(house, 9);
    await house.pass(3_000);
    const answerFor = async (id: FileId) => {
      const to = anna.peer.identity.peer;
      const stream = await house.await(stranger.wire.openStream(to, filesProtocol, 5_000));
      const talk = async () => {
        await stream.write(encodeAsking({ kind: 'open', id, needManifest: true }));
        return stream.read();
      };
      const frame = must(await house.await(talk()), 'an answer');
      return granted(parseAnswer(frame));
    };
    const denied = { kind: 'refused', code: 'denied' };
    // One of the queue, one that is here without a queue, and one that is nowhere.
    const nowhere = file.replace(/.$/, (last) => (last === 'a' ? 'q' : 'a')) as FileId;
    expect(await Promise.all([file, stray, nowhere].map(answerFor))).toEqual([denied, denied, denied]);
  });

  test('a stranger who knows the queue’s id learns nothing of it, from who leads and from who follows', async () => {
    const house = new House(24);
    const { anna, all, queue } = await threeVoters(house);
    const gil = await house.browser('Gil').open();
    await gil.join(anna, queue, 'guest');
    const { digest } = anna.host(queue);
    const stranger = new Stranger(house, 9);
    await house.pass(3_000);
    const ask = { v: 1, q: digest };
    const place = { replica: 1, epoch: 1, life: 1 };
    const join = stranger.sign(digest, {
      type: 'join',
      invitation: 'x',
      proof: new Uint8Array(64),
      name: 'X',
      incarnation: new Uint8Array(16),
    });
    const leader = leading(all, queue);
    const known = [...anna.host(queue).state.members.keys()];
    for (const to of [...all, gil]) {
      const leads = to === leader;
      const answers = {
        command: await stranger.ask(to, commandProtocol, { ...ask, envelope: join }),
        place: await stranger.ask(to, placeProtocol, { ...ask, ...place, term: 1, last: 1 }),
        listen: await stranger.ask(to, listenProtocol, { ...ask, ...place, after: 0 }),
        snapshot: await stranger.ask(to, snapshotProtocol, { ...ask, s: digest, i: 0 }),
        standing: await stranger.ask(to, standingProtocol, ask),
        census: await stranger.ask(to, censusProtocol, { ...ask, kind: 'answer', i: 1, state: 'idle' }),
      };
      expect(answers).toMatchObject({
        place: JSON.stringify(decode(encode(nothingKnown))),
        listen: leads ? '{"kind":"denied"}' : '{"kind":"elsewhere","peers":[]}',
        snapshot: '{"kind":"denied"}',
        standing: '{"kind":"none"}',
        census: '{"kind":"heard"}',
      });
      const joining = await stranger.ask(to, joinProtocol, { ...ask, envelope: join });
      // Only who might have a newer link than is known here is told whom to ask: one peer, who leads.
      const named = known.filter(
        (peer) => joining.includes(peer) || Object.values(answers).join().includes(peer),
      );
      expect(named).toEqual(leads ? [] : [leader.peer.identity.peer]);
      expect(Object.values(answers).join()).not.toContain('Anna');
    }
    const said = { printers: [], files: [], fetching: [] };
    stranger.wire.send(anna.peer.identity.peer, presenceProtocol, encode({ ...ask, n: 1, ...said }));
    await house.pass(100);
    expect(anna.host(queue).presence.of(stranger.peer)).toBeUndefined();
  });
});
