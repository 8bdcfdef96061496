import type { RoleName } from '../peer/api.ts';

/** Roles of a queue in words. */

export const roleNames: readonly { readonly id: RoleName; readonly name: string; readonly text: string }[] = [
  { id: 'owner', name: 'Owner', text: 'may do everything, also make others owners' },
  { id: 'operator', name: 'Operator', text: 'changes rules, people and everyone’s jobs, and prints' },
  { id: 'printer', name: 'Printer', text: 'adds jobs and prints on own printers' },
  { id: 'submitter', name: 'Submitter', text: 'adds jobs and changes own ones' },
  { id: 'viewer', name: 'Viewer', text: 'looks, and changes nothing' },
];

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
