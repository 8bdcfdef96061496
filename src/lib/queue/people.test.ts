import { describe, expect, it } from 'vitest';
import type { Applied } from './state.ts';
import { joinProof } from './envelope.ts';
import { TestQueue, personOf } from './fixture.ts';
import type { Person } from './fixture.ts';

const incarnation = (n: number) => new Uint8Array(16).fill(n);
const codeOf = (applied: Applied) =>
  applied.result.kind === 'refused' ? applied.result.refusal.code : undefined;
const valueOf = (applied: Applied) =>
  applied.result.kind === 'committed' ? applied.result.value : undefined;

function inviting(more: { lifeMs?: number; usesMax?: number } = {}) {
  const queue = new TestQueue();
  const link = personOf(500);
  queue.must(queue.owner, {
    type: 'invite',
    invitation: 'link',
    publicKey: link.publicKey,
    role: 'submitter',
    voter: false,
    lifeMs: 1000,
    usesMax: 2,
    ...more,
  });
  const join = (who: Person, from = link, life = 1) =>
    queue.sessionless(who, {
      type: 'join',
      invitation: 'link',
      proof: joinProof(from.seed, queue.state.digest, who.publicKey),
      name: 'Someone',
      incarnation: incarnation(life),
    });
  return { queue, link, join };
}

describe('joining', () => {
  it('gives each member a replica id, the same when asked again', () => {
    const { queue, join } = inviting();
    expect(valueOf(join(personOf(10)))).toBe(2);
    expect(valueOf(join(personOf(11)))).toBe(3);
    expect(valueOf(join(personOf(10)))).toBe(2);
    expect(queue.state.members.get(personOf(10).peer)).toMatchObject({
      role: 'submitter',
      voter: false,
      replicaId: 2,
    });
    expect(queue.state.invitations.get('link')?.uses).toBe(2);
  });

  it('is refused without the link’s key, after its end, its uses or its revocation', () => {
    const { queue, join } = inviting({ usesMax: 1 });
    expect(codeOf(join(personOf(10), personOf(501)))).toBe('bad-proof');
    join(personOf(10));
    expect(codeOf(join(personOf(11)))).toBe('invitation-used-up');
    const late = inviting();
    expect(late.queue.state.nextDeadlineMs()).toBe(1000);
    late.queue.tick(1000);
    expect(codeOf(late.join(personOf(10)))).toBe('invitation-expired');
    expect(late.queue.state.nextDeadlineMs()).toBeGreaterThan(1000);
    const gone = inviting();
    gone.queue.must(gone.queue.owner, { type: 'revoke-invitation', invitation: 'link' });
    expect(codeOf(gone.join(personOf(10)))).toBe('invitation-revoked');
    expect(queue.refused(queue.owner, { type: 'revoke-invitation', invitation: 'other' })).toBe(
      'invitation-not-found',
    );
  });

  it('does not bring a removed member back by the old link, but by a new one', () => {
    const { queue, join, link } = inviting();
    const someone = personOf(10);
    join(someone);
    queue.must(queue.owner, { type: 'remove-member', peer: someone.peer });
    expect(codeOf(join(someone))).toBe('removed-member');
    queue.must(queue.owner, {
      type: 'invite',
      invitation: 'new',
      publicKey: link.publicKey,
      role: 'viewer',
      voter: false,
      lifeMs: 1000,
      usesMax: 1,
    });
    const proof = joinProof(link.seed, queue.state.digest, someone.publicKey);
    const back = queue.sessionless(someone, {
      type: 'join',
      invitation: 'new',
      proof,
      name: 'Back',
      incarnation: incarnation(1),
    });
    expect(valueOf(back)).toBe(3);
  });

  it('by a link of somebody who was removed or may no longer invite is refused: they do not come back under another name', () => {
    const { queue } = inviting();
    const link = personOf(501);
    const invite = (by: Person, invitation: string) =>
      queue.must(by, {
        type: 'invite',
        invitation,
        publicKey: link.publicKey,
        role: 'operator',
        voter: true,
        lifeMs: 3_600_000,
        usesMax: 2,
      });
    const join = (number: number, invitation: string) => {
      const who = personOf(number);
      const proof = joinProof(link.seed, queue.state.digest, who.publicKey);
      return queue.sessionless(who, {
        type: 'join',
        invitation,
        proof,
        name: 'X',
        incarnation: incarnation(1),
      });
    };
    const [removed, demoted, left] = [queue.join('operator'), queue.join('operator'), queue.join('operator')];
    invite(removed, 'of-removed');
    invite(demoted, 'of-demoted');
    invite(left, 'of-left');
    expect(valueOf(join(600, 'of-removed'))).toBeGreaterThan(1);
    queue.must(queue.owner, { type: 'remove-member', peer: removed.peer });
    queue.must(queue.owner, { type: 'set-member', peer: demoted.peer, role: 'submitter' });
    // Who goes by themselves is trusted as before: a new laptop in place of the old one.
    queue.must(left, { type: 'remove-member', peer: left.peer });
    expect(codeOf(join(601, 'of-removed'))).toBe('invitation-revoked');
    expect(codeOf(join(601, 'of-demoted'))).toBe('invitation-revoked');
    expect(valueOf(join(601, 'of-left'))).toBeGreaterThan(1);
    queue.must(queue.owner, { type: 'set-member', peer: demoted.peer, role: 'operator' });
    expect(valueOf(join(602, 'of-demoted'))).toBeGreaterThan(1);
    expect(queue.state.invitations.get('of-removed')).toMatchObject({ revoked: true, uses: 1 });
    expect(queue.state.invitations.get('link')).toMatchObject({ revoked: false });
  });

  it('again with another copy of the profile needs a rejoin, which is not done twice', () => {
    const { queue, join } = inviting();
    const someone = personOf(10);
    join(someone);
    expect(codeOf(join(someone, undefined, 2))).toBe('already-member');
    const rejoin = (life: number, replaces: number) =>
      queue.sessionless(someone, { type: 'rejoin', incarnation: incarnation(life), replaces });
    expect(valueOf(rejoin(2, 2))).toBe(3);
    expect(valueOf(rejoin(2, 2))).toBe(3);
    expect(valueOf(rejoin(3, 3))).toBe(4);
    expect(codeOf(rejoin(2, 2))).toBe('stale-rejoin');
    expect(
      codeOf(queue.sessionless(personOf(99), { type: 'rejoin', incarnation: incarnation(1), replaces: 1 })),
    ).toBe('not-a-member');
  });
});

describe('roles', () => {
  it('only owners make and unmake owners, and one always remains', () => {
    const queue = new TestQueue();
    const ann = queue.join('operator');
    expect(queue.refused(ann, { type: 'set-member', peer: ann.peer, role: 'owner' })).toBe('not-allowed');
    expect(queue.refused(ann, { type: 'set-member', peer: queue.owner.peer, role: 'viewer' })).toBe(
      'not-allowed',
    );
    expect(queue.refused(ann, { type: 'remove-member', peer: queue.owner.peer })).toBe('not-allowed');
    expect(queue.refused(queue.owner, { type: 'remove-member', peer: queue.owner.peer })).toBe('last-owner');
    expect(queue.refused(queue.owner, { type: 'set-member', peer: queue.owner.peer, role: 'viewer' })).toBe(
      'last-owner',
    );
    queue.must(queue.owner, { type: 'set-member', peer: ann.peer, role: 'owner', voter: true });
    queue.must(ann, { type: 'remove-member', peer: queue.owner.peer });
  });

  it('somebody always keeps the queue', () => {
    const queue = new TestQueue();
    expect(queue.refused(queue.owner, { type: 'set-member', peer: queue.owner.peer, voter: false })).toBe(
      'last-voter',
    );
  });

  it('guests cannot invite, promote, rename others or change the rules; anyone may leave', () => {
    const queue = new TestQueue();
    const [guest, other] = [queue.join('submitter'), queue.join('submitter')];
    expect(queue.refused(guest, { type: 'set-member', peer: guest.peer, role: 'operator' })).toBe(
      'not-allowed',
    );
    expect(queue.refused(guest, { type: 'rename-member', peer: other.peer, name: 'x' })).toBe('not-allowed');
    expect(queue.refused(guest, { type: 'set-settings', settings: { leaseMs: 60_000 } })).toBe('not-allowed');
    expect(queue.refused(guest, { type: 'set-relays', addresses: [] })).toBe('not-allowed');
    expect(queue.refused(guest, { type: 'remove-member', peer: other.peer })).toBe('not-allowed');
    queue.must(guest, { type: 'rename-member', peer: guest.peer, name: 'Gil' });
    queue.must(guest, { type: 'remove-member', peer: guest.peer });
    expect(queue.state.members.has(guest.peer)).toBe(false);
  });

  it('an invitation makes no owner', () => {
    const queue = new TestQueue();
    const key = personOf(500).publicKey;
    const invite = {
      type: 'invite',
      invitation: 'x',
      publicKey: key,
      voter: true,
      lifeMs: 1,
      usesMax: 1,
    } as const;
    expect(queue.refused(queue.owner, { ...invite, role: 'owner' })).toBe('not-allowed');
    const guest = queue.join('submitter');
    expect(queue.refused(guest, { ...invite, role: 'viewer' })).toBe('not-allowed');
  });

  it('drives its own printers only', () => {
    const queue = new TestQueue();
    const [ann, bob] = [queue.join('printer'), queue.join('printer')];
    const printer = queue.printer(ann);
    expect(queue.refused(bob, { type: 'remove-printer', printer })).toBe('access-denied');
    expect(queue.refused(bob, { type: 'set-bed', printer, bed: 'clear' })).toBe('access-denied');
    queue.must(queue.owner, { type: 'set-bed', printer, bed: 'occupied' });
  });
});
