import type { Bytes } from '../base/index.ts';
import { concat, sha256, utf8 } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import { notAllowed } from './refusals.ts';
import type { Invitation, Member } from './state.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { may, roleMay, roleOf } from './tables.ts';

/**
 * Where peers of a queue look for each other: keys of the relays' DHT that only those can name who know a secret. Members meet under a secret of
 * the queue, that changes after somebody was removed; who holds a link looks under the key of its invitation, for as long as that lives.
 */

const queueDomain = utf8('peerprint/rendezvous/1\n');
const invitationDomain = utf8('peerprint/rendezvous-invitation/1\n');

/** The key under which the members of a queue meet, 32 bytes. It does not name the queue. */
export function rendezvousKey(rendezvous: Uint8Array): Bytes {
  return sha256(concat(queueDomain, rendezvous));
}

/** The key under which whoever holds an invitation finds the queue, 32 bytes. The link has its seed, and members its public key. */
export function invitationRendezvousKey(publicKey: Uint8Array): Bytes {
  return sha256(concat(invitationDomain, publicKey));
}

/** Somebody was removed, who knows the secret: another one is due, chosen when nobody sends them the log any more. */
export function rendezvousIsDue(tables: Tables): void {
  if (!tables.genesis.genesis.lan) tables.rendezvousDue = tables.index;
}

/** Takes the next secret from whoever leads, or may change the queue; see `rendezvousIsDue`. */
export function setRendezvous(turn: Turn, { after, rendezvous }: CommandOf<'set-rendezvous'>): Answer {
  const { tables, member } = turn;
  if (member?.voter !== true && !may(turn, 'operate')) return notAllowed(roleOf(turn), 'change-rendezvous');
  // Two leaders may think of it one after the other: one of them is enough, and an older removal is no reason any more.
  if (tables.rendezvousDue === 0 || after !== tables.rendezvousDue)
    return { code: 'exists', what: 'rendezvous' };
  tables.rendezvous = rendezvous;
  tables.rendezvousDue = 0;
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

/** Whether an invitation still lets somebody in: the reason why not is for `judgeJoin` to say. */
export function isLiving(
  { revoked, uses, usesMax, expiresMs }: Invitation,
  inviter: Pick<Member, 'role'> | undefined,
  stampMs: number,
): boolean {
  const mayInvite = inviter === undefined || roleMay(inviter.role, 'operate');
  return !revoked && uses < usesMax && stampMs < expiresMs && mayInvite;
}
