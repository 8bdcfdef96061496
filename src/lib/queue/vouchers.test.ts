import { expect, it } from 'vitest';
import type { Bytes } from '../base/index.ts';
import { must, sha256 } from '../base/index.ts';
import { joinProof, openEnvelope } from './envelope.ts';
import { TestQueue, personOf } from './fixture.ts';
import type { Person } from './fixture.ts';
import type { QueueState } from './queue-state.ts';

/** A queue with real signatures, and what somebody knew who left at some point. */
class Story {
  readonly queue = new TestQueue({}, true);
  readonly link = personOf(500);

  /** The state as it is now, for one who is away from now on. */
  away(): QueueState {
    return this.queue.restored(this.queue.state.snapshot());
  }

  invite(by: Person, id: string, role: 'operator' | 'submitter' = 'operator', usesMax = 5): void {
    this.queue.must(by, {
      type: 'invite',
      invitation: id,
      publicKey: this.link.publicKey,
      role,
      voter: role === 'operator',
      lifeMs: 100_000,
      usesMax,
    });
  }

  join(who: Person, id: string): void {
    const proof = joinProof(this.link.seed, this.queue.state.digest, who.publicKey);
    const incarnation = new Uint8Array(16).fill(this.queue.index % 256);
    const applied = this.queue.sessionless(who, {
      type: 'join',
      invitation: id,
      proof,
      name: 'Someone',
      incarnation,
    });
    expect(applied.result.kind).toBe('committed');
    this.queue.openSession(who);
  }

  proof(who: Person): readonly Bytes[] {
    return this.queue.state.proofOf(who.peer);
  }
}

const cleo = personOf(10);
const dan = personOf(11);

it('who was away believes the vote of one that was invited and joined meanwhile, by the signed commands alone', () => {
  const story = new Story();
  const ben = story.away();
  story.invite(story.queue.owner, 'link');
  story.join(cleo, 'link');
  const proof = story.proof(cleo);
  expect(proof.length).toBe(2);
  expect(ben.provesVote(cleo.peer, proof)).toBe(true);
  expect(ben.members.has(cleo.peer)).toBe(false);
});

it('a guest that was promoted meanwhile has its promotion as a proof', () => {
  const story = new Story();
  story.invite(story.queue.owner, 'guests', 'submitter');
  story.join(cleo, 'guests');
  const ben = story.away();
  expect(story.proof(cleo)).toEqual([]);
  story.queue.must(story.queue.owner, { type: 'set-member', peer: cleo.peer, role: 'operator', voter: true });
  expect(ben.provesVote(cleo.peer, story.proof(cleo))).toBe(true);
  expect(ben.provesVote(cleo.peer, [])).toBe(false);
});

it('the proof of one whose operator was made meanwhile too carries the whole chain', () => {
  const story = new Story();
  const ben = story.away();
  story.invite(story.queue.owner, 'first');
  story.join(cleo, 'first');
  story.invite(cleo, 'second');
  story.join(dan, 'second');
  const proof = story.proof(dan);
  expect(proof.length).toBe(4);
  expect(ben.provesVote(dan.peer, proof)).toBe(true);
  expect(ben.provesVote(dan.peer, proof.slice(2))).toBe(false);
});

it('a guest cannot make itself a voter: not by its own word, nor by a link for guests, nor with another’s proof', () => {
  const story = new Story();
  story.invite(story.queue.owner, 'guests', 'submitter');
  story.join(cleo, 'guests');
  const ben = story.away();
  const head = { queue: story.queue.state.digest, session: cleo.session, seq: 1, ack: 1 };
  const forged = story.queue.envelope(cleo, head, {
    type: 'set-member',
    peer: cleo.peer,
    role: 'operator',
    voter: true,
  });
  expect(ben.provesVote(cleo.peer, [forged])).toBe(false);
  story.invite(story.queue.owner, 'trusted');
  story.join(dan, 'trusted');
  expect(ben.provesVote(dan.peer, story.proof(dan))).toBe(true);
  expect(ben.provesVote(cleo.peer, story.proof(dan))).toBe(false);
});

it('a changed byte, or a command of another queue, proves nothing', () => {
  const story = new Story();
  const ben = story.away();
  story.invite(story.queue.owner, 'link');
  story.join(cleo, 'link');
  const [invite, join] = story.proof(cleo);
  const changed = must(join, 'a join').slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  expect(ben.provesVote(cleo.peer, [must(invite, 'an invitation'), changed])).toBe(false);
  const head = { queue: sha256(ben.digest), session: story.queue.owner.session, seq: 99, ack: 90 };
  const elsewhere = story.queue.envelope(story.queue.owner, head, {
    type: 'set-member',
    peer: cleo.peer,
    role: 'operator',
    voter: true,
  });
  expect(openEnvelope(elsewhere).ok).toBe(true);
  expect(ben.provesVote(cleo.peer, [elsewhere])).toBe(false);
});

it('who was removed or demoted does not come back by an old proof, where the removal is known', () => {
  const story = new Story();
  story.invite(story.queue.owner, 'link');
  story.join(cleo, 'link');
  const old = story.proof(cleo);
  story.queue.must(story.queue.owner, {
    type: 'set-member',
    peer: cleo.peer,
    role: 'submitter',
    voter: false,
  });
  expect(story.proof(cleo)).toEqual([]);
  expect(story.away().provesVote(cleo.peer, old)).toBe(false);
  story.queue.must(story.queue.owner, { type: 'set-member', peer: cleo.peer, role: 'operator', voter: true });
  const again = story.proof(cleo);
  expect(story.away().provesVote(cleo.peer, again)).toBe(true);
  story.queue.must(story.queue.owner, { type: 'remove-member', peer: cleo.peer });
  for (const proof of [old, again]) expect(story.away().provesVote(cleo.peer, proof)).toBe(false);
  // An old invitation that is spent or revoked opens nothing either.
  story.queue.must(story.queue.owner, { type: 'revoke-invitation', invitation: 'link' });
  expect(story.away().provesVote(cleo.peer, old)).toBe(false);
  // Invited anew, it is believed again.
  const ben = story.away();
  story.invite(story.queue.owner, 'again');
  story.join(cleo, 'again');
  expect(ben.provesVote(cleo.peer, story.proof(cleo))).toBe(true);
});

it('the proofs are part of a snapshot and go with the member', () => {
  const story = new Story();
  story.invite(story.queue.owner, 'link');
  story.join(cleo, 'link');
  expect(story.away().proofOf(cleo.peer)).toEqual(story.proof(cleo));
  story.queue.must(story.queue.owner, { type: 'remove-member', peer: cleo.peer });
  expect(story.proof(cleo)).toEqual([]);
});

it('a chain longer than the limit is not told, and one that is too long is not read', () => {
  const story = new Story();
  const ben = story.away();
  let by = story.queue.owner;
  for (let n = 0; n < 12; n++) {
    story.invite(by, `link${n}`);
    const next = personOf(20 + n);
    story.join(next, `link${n}`);
    by = next;
  }
  expect(ben.provesVote(by.peer, story.proof(by))).toBe(false);
  const one = must(story.proof(personOf(20))[0], 'an envelope');
  expect(
    ben.provesVote(
      personOf(20).peer,
      Array.from({ length: 33 }, () => one),
    ),
  ).toBe(false);
});
