import type { RoleName } from '../peer/api.ts';

/** Roles of a queue in words. */

export const roleNames: readonly { readonly id: RoleName; readonly name: string; readonly text: string }[] = [
  { id: 'owner', name: 'Owner', text: 'may do everything, also make others owners' },
  { id: 'operator', name: 'Operator', text: 'changes rules, people and everyone’s jobs, and prints' },
  { id: 'printer', name: 'Printer', text: 'adds jobs and prints on own printers' },
  { id: 'submitter', name: 'Submitter', text: 'adds jobs and changes own ones' },
  { id: 'viewer', name: 'Viewer', text: 'looks, and changes nothing' },
];

/** What a role that may not invite can do, line by line, and what needs another one. */
export function roleRights(role: string): { readonly may: readonly string[]; readonly needsMore: string } {
  const sees = 'See the queue, its printers and its history, live';
  const adds = 'Add jobs, and change or delete your own';
  switch (role) {
    case 'printer':
      return {
        may: [sees, adds, 'Connect your printers, and print on them'],
        needsMore: 'Inviting, and changing what is not yours, need another role.',
      };
    case 'submitter':
      return {
        may: [sees, adds],
        needsMore: 'Connecting a printer, inviting, and changing what is not yours need another role.',
      };
    case 'viewer':
      return { may: [sees], needsMore: 'Adding jobs, connecting a printer and inviting need another role.' };
    default:
      return { may: [], needsMore: '' };
  }
}

export function roleName(role: string): string {
  return roleNames.find((each) => each.id === role)?.name ?? role;
}

/** How many voters a queue of that many peers does well with: three or five, and PeerPrint's 2 + ⌊ln N⌋ made odd for the large. */
export function votersHint(peers: number): number {
  if (peers <= 2) return peers;
  const hint = 2 + Math.floor(Math.log(peers));
  const odd = hint % 2 === 1 ? hint : hint + 1;
  return Math.max(3, Math.min(odd, peers % 2 === 1 ? peers : peers - 1));
}

/** Why a person may not change something, for a line beside it. */
export function whyNot(role: string, needed: 'owner' | 'operator' | 'printer' | 'submitter'): string {
  const own =
    role === 'none'
      ? 'You are no member of this queue'
      : `You are ${article(roleName(role).toLowerCase())} here`;
  return {
    owner: `${own}: only an owner changes this.`,
    operator: `${own}: owners and operators change this.`,
    printer: `${own}: printers are brought by those with the role printer or operator.`,
    submitter: `${own}, who looks on. To add jobs, ask an operator for another role.`,
  }[needed];
}

function article(word: string): string {
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}
