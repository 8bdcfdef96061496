import type { JobId, PeerId, Refusal } from '../base/index.ts';
import type { Role } from './command.ts';

/** What a command can be refused with. Codes are listed in docs/protocols.md, "Refusal codes". */
export type RefusalCode =
  | 'malformed'
  | 'too-large'
  | 'bad-signature'
  | 'wrong-queue'
  | 'session-required'
  | 'session-expired'
  | 'session-window'
  | 'already-settled'
  | 'not-a-member'
  | 'not-allowed'
  | 'access-denied'
  | 'job-not-found'
  | 'set-not-found'
  | 'file-not-found'
  | 'print-not-found'
  | 'printer-not-found'
  | 'member-not-found'
  | 'invitation-not-found'
  | 'invitation-revoked'
  | 'invitation-expired'
  | 'invitation-used-up'
  | 'bad-proof'
  | 'already-member'
  | 'removed-member'
  | 'stale-rejoin'
  | 'last-owner'
  | 'last-voter'
  | 'exists'
  | 'limit'
  | 'rules-version'
  | 'job-is-draft'
  | 'set-quarantined'
  | 'failed-here'
  | 'nothing-left'
  | 'claims-ahead'
  | 'printer-stopped'
  | 'printer-busy'
  | 'bed-not-clear'
  | 'bed-changed'
  | 'print-under-way'
  | 'not-starting'
  | 'not-lost'
  | 'already-finished'
  | 'bad-position';

export function no(code: RefusalCode, text: string): Refusal {
  return { code, text };
}

export function notFound(
  what: 'job' | 'set' | 'file' | 'print' | 'printer' | 'member' | 'invitation',
): Refusal {
  return no(`${what}-not-found`, `${what} not found`);
}

/** PeerPrint's words for a job that another peer holds. */
export function held(author: PeerId, job: JobId, holder: PeerId): Refusal {
  return no('access-denied', `access denied for "${author}"; job ${job} acquired by "${holder}"`);
}

/** PeerPrint's words, for everything else that belongs to someone. */
export function denied(author: PeerId, why: string): Refusal {
  return no('access-denied', `access denied for "${author}"; ${why}`);
}

const roleNames: Record<Role, string> = {
  owner: 'the owner',
  operator: 'an operator',
  printer: 'a printer',
  submitter: 'a guest who submits',
  viewer: 'a viewer',
};

export function notAllowed(role: Role, what: string): Refusal {
  return no(
    'not-allowed',
    `As ${roleNames[role]} of this queue you may not ${what}. Ask its owner or an operator.`,
  );
}
