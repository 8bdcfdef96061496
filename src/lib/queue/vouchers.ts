import type { Bytes, PeerId } from '../base/index.ts';
import { equalBytes } from '../base/index.ts';
import type { Role } from './command.ts';
import type { OpenEnvelope, SignedCommand } from './envelope.ts';
import { checkJoinProof } from './envelope.ts';
import * as limits from './limits.ts';
import type { Tables, Turn, Voucher } from './tables.ts';
import { roleMay } from './tables.ts';

/**
 * Proofs of standing: for everyone who is trusted, the signed commands that made them so. A replica that was away cannot know whom the
 * others have come to trust meanwhile; if they are the majority now, it must be able to find out before its own log can tell.
 */

/** Keeps what made a member trusted, after it was applied. Forgets it when the member is trusted no more. */
export function vouch(turn: Turn, peer: PeerId, vouchers: readonly Voucher[]): void {
  const { tables } = turn;
  const member = tables.members.get(peer);
  if (member === undefined || !(member.voter || roleMay(member.role, 'operate'))) {
    tables.vouchers.delete(peer);
    return;
  }
  if (!tables.vouchers.has(peer) && tables.vouchers.size >= limits.vouchedMembersMax) return;
  tables.vouchers.set(peer, vouchers.slice(-limits.vouchersPerMemberMax));
}

/**
 * The commands that prove that a peer has a vote, those of its sponsors first, so that each is signed by someone whom the ones before prove.
 * Empty when it has none, or when the chain to the queue's first owner is longer than the limits.
 */
export function proofOf(tables: Tables, peer: PeerId): readonly Bytes[] {
  if (tables.members.get(peer)?.voter !== true) return [];
  const found: Bytes[] = [];
  const seen = new Set<PeerId>([tables.genesis.owner]);
  const visit = (who: PeerId, depth: number): void => {
    if (seen.has(who) || depth > limits.proofDepthMax) return;
    seen.add(who);
    const vouchers = tables.vouchers.get(who) ?? [];
    for (const { by } of vouchers) visit(by, depth + 1);
    for (const { envelope } of vouchers) found.push(envelope);
  };
  visit(peer, 0);
  return found.length > limits.proofEnvelopesMax ? [] : found;
}

interface Part {
  readonly role: Role;
  readonly voter: boolean;
}

/**
 * Whether these commands, put on top of what this state knows, give the peer a vote. A command that this state has applied or would not apply any more
 * counts for nothing: about the past the state itself decides, so that who was removed or demoted does not come back by an old promotion.
 */
export function provesVote(
  tables: Tables,
  open: OpenEnvelope,
  peer: PeerId,
  envelopes: readonly Uint8Array[],
): boolean {
  if (envelopes.length > limits.proofEnvelopesMax) return false;
  const beyond = new Beyond(tables);
  for (const bytes of envelopes) {
    const opened = open(bytes);
    if (!opened.ok || !equalBytes(opened.value.queue, tables.genesis.digest)) return false;
    if (!beyond.take(opened.value)) return false;
  }
  return beyond.partOf(peer)?.voter === true;
}

/** What the state would be for a few commands more, as far as trust goes. */
class Beyond {
  readonly #tables: Tables;
  readonly #parts = new Map<PeerId, Part>();
  readonly #invitations = new Map<string, Part & { readonly publicKey: Bytes }>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  partOf(peer: PeerId): Part | undefined {
    return this.#parts.get(peer) ?? this.#tables.members.get(peer);
  }

  /** False when the command is none that could prove anything. */
  take(signed: SignedCommand): boolean {
    const { command, author } = signed;
    switch (command.type) {
      case 'invite': {
        if (!isAhead(this.#tables, signed)) return true;
        const { role, voter, publicKey } = command;
        if (!this.#operates(author) || role === 'owner') return false;
        this.#invitations.set(command.invitation, { role, voter, publicKey });
        return true;
      }
      case 'join': {
        if (this.partOf(author) !== undefined) return true;
        const invitation = this.#invitations.get(command.invitation) ?? this.#openInvitation(signed);
        if (invitation === undefined) return false;
        const { digest } = this.#tables.genesis;
        if (!checkJoinProof(invitation.publicKey, digest, signed.publicKey, command.proof)) return false;
        this.#parts.set(author, { role: invitation.role, voter: invitation.voter });
        return true;
      }
      case 'set-member': {
        if (!isAhead(this.#tables, signed)) return true;
        const known = this.partOf(command.peer);
        // Removed as far as we know: the promotion may have been signed before, so that the log refused it.
        if (known === undefined && this.#tables.removed.has(command.peer)) return false;
        const role = command.role ?? known?.role ?? 'submitter';
        const owns = role === 'owner' || known?.role === 'owner';
        if (!this.#operates(author) || (owns && this.partOf(author)?.role !== 'owner')) return false;
        this.#parts.set(command.peer, { role, voter: command.voter ?? known?.voter ?? false });
        return true;
      }
      default:
        return false;
    }
  }

  #operates(peer: PeerId): boolean {
    const part = this.partOf(peer);
    return part !== undefined && roleMay(part.role, 'operate');
  }

  /** An invitation of our own state that would still let this author in. */
  #openInvitation({ command, author }: SignedCommand) {
    if (command.type !== 'join') return undefined;
    const { invitations, removed, stampMs } = this.#tables;
    const invitation = invitations.get(command.invitation);
    if (invitation === undefined || invitation.revoked || invitation.uses >= invitation.usesMax)
      return undefined;
    if (stampMs >= invitation.expiresMs || (removed.get(author)?.index ?? -1) > invitation.index)
      return undefined;
    return invitation;
  }
}

/** Whether a command is one that this state may still come to apply: of a session opened later, or of a number that is not used yet. */
function isAhead(tables: Tables, { session, seq, author }: SignedCommand): boolean {
  if (session > tables.index) return true;
  const known = tables.sessions.get(session);
  return known?.author === author && seq >= known.low && !known.results.has(seq);
}
