import { describe, expect, it } from 'vitest';
import { hex } from '../base/index.ts';
import { TestQueue, personOf } from './fixture.ts';
import type { Person } from './fixture.ts';
import { QueueState } from './queue-state.ts';
import { invitationRendezvousKey, isLiving, rendezvousKey } from './rendezvous.ts';

const first = new Uint8Array(16).fill(2);
const next = new Uint8Array(16).fill(5);

describe('the secret under which members meet', () => {
  function afterRemoval() {
    const queue = new TestQueue();
    const left = queue.join('viewer');
    const voter = queue.join('viewer');
    const guest = queue.join('submitter');
    queue.must(queue.owner, { type: 'set-member', peer: voter.peer, voter: true });
    expect(queue.state.head).toMatchObject({ rendezvous: first, rendezvousDue: 0 });
    queue.must(queue.owner, { type: 'remove-member', peer: left.peer });
    const after = queue.state.head.rendezvousDue;
    const move = (by: Person, of = after) => {
      const { result } = queue.apply(by, { type: 'set-rendezvous', after: of, rendezvous: next });
      return result.kind === 'refused' ? result.refusal.code : undefined;
    };
    return { queue, voter, guest, after, move };
  }

  it('is due for a change at the index of every removal, whoever removed whom', () => {
    const { queue, guest, after } = afterRemoval();
    expect(after).toBe(queue.state.index);
    queue.must(guest, { type: 'remove-member', peer: guest.peer });
    expect(queue.state.head).toMatchObject({ rendezvous: first, rendezvousDue: queue.state.index });
  });

  it('is changed once by a voter or who operates, and by nobody else', () => {
    const { queue, voter, guest, move } = afterRemoval();
    expect(move(guest)).toBe('not-allowed');
    expect(move(voter)).toBeUndefined();
    expect(queue.state.head).toMatchObject({ rendezvous: next, rendezvousDue: 0 });
    expect(move(queue.owner)).toBe('exists');
  });

  it('is not changed for an older removal than the last, whose replica may still be sent the log', () => {
    const { queue, guest, after, move } = afterRemoval();
    queue.must(queue.owner, { type: 'remove-member', peer: guest.peer });
    expect(move(queue.owner, after)).toBe('exists');
    expect(queue.state.head.rendezvous).toEqual(first);
    expect(move(queue.owner, queue.state.head.rendezvousDue)).toBeUndefined();
  });

  it('is part of the snapshot and of the hash', () => {
    const { queue, move } = afterRemoval();
    const due = queue.state.hash();
    const restored = QueueState.restore(queue.state.snapshot());
    expect(restored.ok && restored.value.head.rendezvousDue).toBe(queue.state.head.rendezvousDue);
    move(queue.owner);
    expect(queue.state.hash()).not.toEqual(due);
    const moved = QueueState.restore(queue.state.snapshot());
    expect(moved.ok && moved.value.head).toMatchObject({ rendezvous: next, rendezvousDue: 0 });
    expect(moved.ok && moved.value.hash()).toEqual(queue.state.hash());
  });
});

describe('rendezvous keys', () => {
  it('are those of the golden vectors, and one secret gives no other’s key', () => {
    expect(hex(rendezvousKey(first))).toMatchInlineSnapshot(
      `"d957eab9ae693ce73a963e302b9dcbff2e51c45cd815c9fe6315fef48d393947"`,
    );
    expect(hex(invitationRendezvousKey(new Uint8Array(32).fill(2)))).toMatchInlineSnapshot(
      `"2f213597206b95631d0b223285d2febda6c548ed302fb3a9f709223fa3d7e2a4"`,
    );
    expect(rendezvousKey(first)).not.toEqual(invitationRendezvousKey(first));
  });
});

describe('an invitation lives', () => {
  function invited(usesMax = 2) {
    const queue = new TestQueue();
    const { publicKey } = personOf(500);
    const terms = { role: 'submitter', voter: false, lifeMs: 1_000, usesMax } as const;
    queue.must(queue.owner, { type: 'invite', invitation: 'link', publicKey, ...terms });
    const lives = () => {
      const { invitations, members, stampMs } = queue.state;
      const invitation = invitations.get('link');
      return invitation !== undefined && isLiving(invitation, members.get(invitation.by), stampMs);
    };
    return { queue, lives };
  }

  it('until its end, which is told as a change', () => {
    const { queue, lives } = invited();
    expect(lives()).toBe(true);
    expect(queue.tick(999).changed).toEqual([]);
    expect(queue.tick(1_000).changed).toEqual([{ kind: 'invitation', id: 'link' }]);
    expect(lives()).toBe(false);
    expect(queue.tick(2_000).changed).toEqual([]);
  });

  it('until it is revoked', () => {
    const { queue, lives } = invited();
    queue.must(queue.owner, { type: 'revoke-invitation', invitation: 'link' });
    expect(lives()).toBe(false);
  });
});
