import type { Bytes, PeerId } from '../base/index.ts';
import { equalBytes, must } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import { checkJoinProof } from './envelope.ts';
import * as limits from './limits.ts';
import { notAllowed, notFound } from './refusals.ts';
import { rendezvousIsDue } from './rendezvous.ts';
import { freeClaim, mustPrint } from './upkeep.ts';
import { loseContact } from './ending.ts';
import type { Answer, StoredInvitation, Tables, Turn, Voucher } from './tables.ts';
import { may, putPrinter, roleMay, roleOf } from './tables.ts';
import { vouch } from './vouchers.ts';

/** Who belongs to the queue, and as what. */

/** Who asks to come in, and when by the time of the log. */
export interface Entrant {
  readonly tables: Tables;
  readonly author: PeerId;
  readonly publicKey: Bytes;
  readonly stampMs: number;
}

/**
 * What stands against a `join`, or the replica id that it gave before; undefined when it may be done. What needs no signature is looked
 * at first, so that a dead link costs next to nothing.
 */
export function judgeJoin(
  { tables, author, publicKey, stampMs }: Entrant,
  command: CommandOf<'join'>,
): Answer {
  const member = tables.members.get(author);
  if (member !== undefined) {
    if (equalBytes(member.incarnation, command.incarnation)) return member.replicaId;
    return { code: 'already-member' };
  }
  const invitation = tables.invitations.get(command.invitation);
  if (invitation === undefined) return notFound('invitation');
  if (invitation.revoked) return { code: 'invitation-revoked', of: 'link' };
  const inviter = tables.members.get(invitation.by);
  // Given back, the right brings the links back: whoever took it by a slip has lost nothing.
  if (inviter !== undefined && !roleMay(inviter.role, 'operate'))
    return { code: 'invitation-revoked', of: 'inviter' };
  if (stampMs >= invitation.expiresMs) {
    return { code: 'invitation-expired' };
  }
  if (invitation.uses >= invitation.usesMax) {
    return { code: 'invitation-used-up' };
  }
  const removed = tables.removed.get(author);
  if (removed !== undefined && removed.index > invitation.index) {
    return { code: 'removed-member' };
  }
  if (!checkJoinProof(invitation.publicKey, tables.genesis.digest, publicKey, command.proof)) {
    return { code: 'bad-proof' };
  }
  if (tables.members.size >= limits.membersMax) {
    return { code: 'limit', what: 'members', max: limits.membersMax };
  }
  return undefined;
}

export function join(turn: Turn, command: CommandOf<'join'>): Answer {
  const { tables, author } = turn;
  const answer = judgeJoin({ ...turn, stampMs: tables.stampMs }, command);
  if (answer !== undefined) return answer;
  const invitation = must(tables.invitations.get(command.invitation), 'an invitation that was looked at');
  const replicaId = tables.nextReplicaId++;
  tables.invitations.set(invitation.id, { ...invitation, uses: invitation.uses + 1 });
  tables.removed.delete(author);
  tables.members.set(author, {
    peer: author,
    name: command.name,
    role: invitation.role,
    voter: invitation.voter,
    replicaId,
    incarnation: command.incarnation,
    joinedMs: tables.stampMs,
  });
  const mine: Voucher = { by: author, envelope: turn.envelope };
  const granted = invitation.envelope;
  vouch(turn, author, granted === undefined ? [mine] : [{ by: invitation.by, envelope: granted }, mine]);
  turn.changed.push({ kind: 'member', id: author }, { kind: 'invitation', id: invitation.id });
  return replicaId;
}

/** The same for a `rejoin`. */
export function judgeRejoin({ tables, author }: Entrant, command: CommandOf<'rejoin'>): Answer {
  const member = tables.members.get(author);
  if (member === undefined) {
    return { code: 'not-a-member' };
  }
  if (equalBytes(member.incarnation, command.incarnation)) return member.replicaId;
  if (member.replicaId !== command.replaces) {
    return { code: 'stale-rejoin' };
  }
  return undefined;
}

export function rejoin(turn: Turn, command: CommandOf<'rejoin'>): Answer {
  const { tables, author } = turn;
  const answer = judgeRejoin({ ...turn, stampMs: tables.stampMs }, command);
  if (answer !== undefined) return answer;
  const member = must(tables.members.get(author), 'a member that was looked at');
  const replicaId = tables.nextReplicaId++;
  tables.members.set(author, { ...member, replicaId, incarnation: command.incarnation });
  turn.changed.push({ kind: 'member', id: author });
  return replicaId;
}

export function invite(turn: Turn, command: CommandOf<'invite'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'invite');
  if (command.role === 'owner') return notAllowed(roleOf(turn), 'invite-owners');
  if (tables.invitations.has(command.invitation)) {
    return { code: 'exists', what: 'invitation' };
  }
  if (tables.invitations.size >= limits.invitationsMax) {
    const spent = spentInvitation(tables);
    if (spent === undefined) {
      return { code: 'limit', what: 'invitations', max: limits.invitationsMax };
    }
    tables.invitations.delete(spent);
    turn.changed.push({ kind: 'invitation', id: spent });
  }
  const invitation: StoredInvitation = {
    id: command.invitation,
    publicKey: command.publicKey,
    role: command.role,
    voter: command.voter,
    by: turn.author,
    createdMs: tables.stampMs,
    expiresMs: tables.stampMs + command.lifeMs,
    usesMax: command.usesMax,
    uses: 0,
    revoked: false,
    note: command.note ?? '',
    index: tables.index,
    envelope: command.voter || roleMay(command.role, 'operate') ? turn.envelope : undefined,
  };
  tables.invitations.set(invitation.id, invitation);
  turn.changed.push({ kind: 'invitation', id: invitation.id });
  return undefined;
}

function spentInvitation(tables: Tables): string | undefined {
  for (const [id, invitation] of tables.invitations) {
    if (invitation.revoked || invitation.uses >= invitation.usesMax || tables.stampMs >= invitation.expiresMs)
      return id;
  }
  return undefined;
}

export function revokeInvitation(turn: Turn, command: CommandOf<'revoke-invitation'>): Answer {
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'revoke-invitations');
  const invitation = turn.tables.invitations.get(command.invitation);
  if (invitation === undefined) return notFound('invitation');
  turn.tables.invitations.set(invitation.id, { ...invitation, revoked: true });
  turn.changed.push({ kind: 'invitation', id: invitation.id });
  return undefined;
}

export function setMember(turn: Turn, command: CommandOf<'set-member'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'change-members');
  const member = tables.members.get(command.peer);
  if (member === undefined) return notFound('member');
  const role = command.role ?? member.role;
  const voter = command.voter ?? member.voter;
  if ((role === 'owner' || member.role === 'owner') && role !== member.role && !may(turn, 'own')) {
    return notAllowed(roleOf(turn), 'make-owners');
  }
  if (member.role === 'owner' && role !== 'owner' && isLast(tables, member.peer, 'owner')) {
    return { code: 'last-owner' };
  }
  if (member.voter && !voter && isLast(tables, member.peer, 'voter')) {
    return { code: 'last-voter' };
  }
  tables.members.set(member.peer, { ...member, role, voter });
  // One that sets both says it all; otherwise what was said before counts on.
  const whole = command.role !== undefined && command.voter !== undefined;
  const before = whole ? [] : (tables.vouchers.get(member.peer) ?? []);
  vouch(turn, member.peer, [...before, { by: turn.author, envelope: turn.envelope }]);
  turn.changed.push({ kind: 'member', id: member.peer });
  return undefined;
}

export function renameMember(turn: Turn, command: CommandOf<'rename-member'>): Answer {
  if (command.peer !== turn.author && !may(turn, 'operate')) return notAllowed(roleOf(turn), 'rename-others');
  const member = turn.tables.members.get(command.peer);
  if (member === undefined) return notFound('member');
  turn.tables.members.set(member.peer, { ...member, name: command.name });
  turn.changed.push({ kind: 'member', id: member.peer });
  return undefined;
}

/** Takes a member out. What it had begun to print is 'lost contact': a person decides about it. */
export function removeMember(turn: Turn, command: CommandOf<'remove-member'>): Answer {
  const { tables } = turn;
  if (command.peer !== turn.author && !may(turn, 'operate')) return notAllowed(roleOf(turn), 'remove-others');
  const member = tables.members.get(command.peer);
  if (member === undefined) return notFound('member');
  if (member.role === 'owner' && member.peer !== turn.author && !may(turn, 'own')) {
    return notAllowed(roleOf(turn), 'remove-owners');
  }
  if (member.role === 'owner' && isLast(tables, member.peer, 'owner')) {
    return { code: 'last-owner' };
  }
  if (member.voter && isLast(tables, member.peer, 'voter')) {
    return { code: 'last-voter' };
  }
  tables.members.delete(member.peer);
  tables.vouchers.delete(member.peer);
  tables.removed.delete(member.peer);
  tables.removed.set(member.peer, { index: tables.index, replicaId: member.replicaId });
  const forgotten = tables.removed.size > limits.removedMembersMax ? tables.removed.oldest() : undefined;
  if (forgotten !== undefined) tables.removed.delete(forgotten);
  for (const [id, session] of tables.sessions) {
    if (session.author === member.peer) tables.sessions.delete(id);
  }
  for (const printer of [...tables.printers.values()]) {
    if (printer.peer !== member.peer) continue;
    putPrinter(turn, { ...printer, enabled: false });
    for (const id of printer.prints) {
      const print = mustPrint(tables, id);
      if (print.phase === 'claimed') freeClaim(turn, print);
      else if (print.lostMs === undefined) loseContact(turn, print);
    }
  }
  if (member.peer !== turn.author) revokeLinksOf(turn, member.peer);
  rendezvousIsDue(tables);
  turn.changed.push({ kind: 'member', id: member.peer });
  return undefined;
}

/** Whom others remove does not come back, nor bring others, by a link that was made before. */
function revokeLinksOf(turn: Turn, peer: PeerId): void {
  for (const [id, invitation] of turn.tables.invitations) {
    if (invitation.by !== peer || invitation.revoked) continue;
    turn.tables.invitations.set(id, { ...invitation, revoked: true });
    turn.changed.push({ kind: 'invitation', id });
  }
}

function isLast(tables: Tables, peer: PeerId, what: 'owner' | 'voter'): boolean {
  for (const member of tables.members.values()) {
    if (member.peer !== peer && (what === 'owner' ? member.role === 'owner' : member.voter)) return false;
  }
  return true;
}
