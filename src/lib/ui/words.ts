import type { PeerView, PrintOutcome, PrintView, PrinterView, QueueView, RoleName } from '../peer/api.ts';
import { capital } from './format.ts';
import { roleName } from './roles.ts';

/** Sentences that more than one page says. */

/** What the number of trusted peers means for the queue, and what one more would give. */
export interface TrustAdvice {
  readonly title: string;
  readonly text: string;
  /** Whether it is worth asking for another trusted peer. */
  readonly invite: boolean;
}

/** How many of the trusted peers vote by now, how many have a copy and no vote yet, and whether a person chose that two vote. */
export interface Trusted {
  readonly voters: number;
  readonly learners: number;
  readonly twoVoters: boolean;
}

/** Whether the second trusted peer keeps a copy and waits for a third one. */
export function waitsForThird({ voters, learners, twoVoters }: Trusted): boolean {
  return voters === 1 && learners === 1 && !twoVoters;
}

export function trustAdvice(trusted: Trusted): TrustAdvice {
  const { voters, learners } = trusted;
  const coming =
    learners === 0 ? '' : learners === 1 ? ' One more is catching up.' : ` ${learners} more are catching up.`;
  if (waitsForThird(trusted)) {
    return {
      title: 'One browser decides, another keeps a copy',
      text: 'Changes are saved while the browser that decides is open; the other may be closed. If the one that decides is lost for ever, the other can go on from its copy. With a third trusted peer all three decide, and any one of them can be lost.',
      invite: true,
    };
  }
  if (voters <= 1) {
    return {
      title: 'This queue lives in one browser',
      text: `If its data is lost, the queue is lost. A second trusted peer keeps a copy of everything. With three, any one can be lost and the queue goes on.${coming}`,
      invite: learners < 2,
    };
  }
  if (voters === 2) {
    return {
      title: 'Two trusted peers decide together',
      text: `Nothing that was agreed is lost with one of them, but both must be here for changes to be saved. A third would let any one of them be lost: three or five that are mostly awake serve a queue best.${coming}`,
      invite: learners === 0,
    };
  }
  const mayBeAway = Math.floor((voters - 1) / 2);
  const odd = voters % 2 === 1;
  const away =
    mayBeAway === 1 ? 'Any one of them can be away or lost' : `Any ${mayBeAway} of them can be away or lost`;
  return {
    title: `${capital(numberWord(voters))} trusted peers keep this queue`,
    text: `${away}, and it goes on.${odd ? '' : ` One more would let ${numberWord(mayBeAway + 1)} be away.`}${coming}`,
    invite: false,
  };
}

/** Whether a queue that was joined a moment ago is still on its way here: nothing can be said of it yet. */
export function isComing({ myRole, condition }: Pick<QueueView, 'myRole' | 'condition'>): boolean {
  return myRole === 'none' && (condition === 'opening' || condition === 'joining');
}

/** How many of the trusted are here, in words for a status line. */
export function presence(peers: readonly PeerView[], all = peers.length): string {
  const here = peers.filter((peer) => peer.here).length;
  return here === 1 && all === 1 ? 'only you' : `${here} of ${all} here`;
}

export function outcomeWord(outcome: PrintOutcome | undefined): string {
  switch (outcome) {
    case 'good':
      return 'Good';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    case 'unknown':
      return 'Not known';
    case undefined:
      return 'Under way';
  }
}

export function outcomeTone(outcome: PrintOutcome | undefined): 'good' | 'stop' | 'ask' | '' {
  if (outcome === 'good') return 'good';
  if (outcome === 'failed') return 'stop';
  return outcome === 'unknown' ? 'ask' : '';
}

/** Whether a print is under way on a printer, or may be. */
export function isLive(print: PrintView): boolean {
  return print.phase !== 'ended';
}

/** What a person is asked about a printer's bed; undefined when there is nothing to ask. */
export function bedQuestion(printer: PrinterView): 'how-was-it' | 'is-it-clear' | undefined {
  if (printer.print !== undefined && isLive(printer.print)) return undefined;
  if (printer.bed === 'occupied') return 'how-was-it';
  return printer.bed === 'unknown' ? 'is-it-clear' : undefined;
}

/** Whether nobody has said what a printer is: it takes nothing by itself. */
export function isUndescribed({ coming }: Pick<PrinterView, 'coming'>): boolean {
  return coming.kind === 'wait' && coming.because.code === 'undescribed';
}

const busyStates = new Set([
  'starting',
  'printing',
  'pausing',
  'paused',
  'resuming',
  'cancelling',
  'finishing',
]);

/** Whether a local printer is in the middle of a print, so that the page had better stay. */
export function isBusy(state: string): boolean {
  return busyStates.has(state);
}

/** What a link grants, for the one who is about to join by it. Begins behind "this browser". */
export function linkGrant(role: RoleName, voter: boolean): string {
  const may = {
    owner: 'may do everything in the queue',
    operator: 'sees the queue, adds jobs and prints them, and may change everyone’s jobs, people and rules',
    printer: 'sees the queue, adds jobs, and prints them on its own printers',
    submitter: 'sees the queue, adds jobs and follows them',
    viewer: 'sees the queue and follows it, and changes nothing',
  }[role];
  return voter
    ? `${may}. It keeps the whole queue, and votes on every change where three or more do`
    : `${may}. It has no vote`;
}

/** What a link calls those who join by it: "a trusted operator", "a viewer". */
export function linkRole(role: string, voter: boolean): string {
  const name = roleName(role).toLowerCase();
  if (voter) return `a trusted ${name}`;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function numberWord(count: number): string {
  return (
    ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][count] ?? String(count)
  );
}
