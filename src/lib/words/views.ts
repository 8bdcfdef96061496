import type { AlertCause, Coming, Decider, NotKnown, PrintNow, SetWait } from '../peer/api-facts.ts';
import { stopText } from './failures.ts';
import { askText, doingText } from './printer.ts';
import { findingText, idleText, nextText, waitText } from './schedule.ts';

/** What a row of a list says. */

/** Sentences on what does not quite fit, or is not known to, behind what a printer does next: more are in the way. */
const warningsShown = 2;

/** Why no copy of a set is given out now. */
export function setWaitText(wait: SetWait): string {
  return wait.code === 'nobody-has-file'
    ? `Nobody who is here has ${wait.file}: it waits for a peer that holds it.`
    : waitText(wait);
}

/** "cube.gcode, because …", or why nothing; with what does not quite fit, unless that is not wanted. */
export function comingText(coming: Coming, withWarnings = true): string {
  if (coming.kind === 'wait') return idleText(coming.because);
  const warnings = withWarnings ? coming.warnings.slice(0, warningsShown).map(findingText) : [];
  return [nextText(coming.file, coming.because), ...warnings].join(' ');
}

/** How a print stands. */
export function printText(now: PrintNow): string {
  switch (now.code) {
    case 'live':
      return doingText(now);
    case 'kept':
      return `Kept for ${now.printer}, after the copy before it`;
    case 'kept-away':
      return `Kept for ${now.printer}, which is away. It may be printing it.`;
    case 'cancelling':
      return 'Cancelling';
    case 'cancelling-later':
      return `Cancelling, once ${now.printer} is heard of`;
    case 'lost':
      return `Lost contact with ${now.printer}. It may still be printing.`;
    case 'getting-ready':
      return 'Getting ready';
    case 'starting':
      return 'Starting';
    case 'was-printing':
      return 'Was printing when last heard of';
    case 'ended':
      return { good: 'Good', failed: 'Failed', cancelled: 'Cancelled', unknown: 'Nobody knows' }[now.outcome];
  }
}

/** Why it is not known yet how a command ended. */
export const notKnownTexts: Readonly<Record<NotKnown, string>> = {
  'too-few-peers': 'Too few peers are here to decide this. It is kept, and goes to them when they are back.',
  closed:
    'The queue was closed here before this was decided. It is kept, and goes on when the queue is open again.',
  forgotten:
    'This was sent long ago and the queue no longer knows whether it was done. Look, and repeat it if it is missing.',
  'not-kept': 'This browser could not write it down, so that it was not sent.',
  'worker-ended':
    'PeerPrint’s worker ended before it could answer. If the change was kept, it is sent on by the next one.',
};

/** Who said how a print ended. */
export function deciderText(decider: Decider): string {
  return decider.by === 'rule' ? 'the queue’s rule' : decider.name;
}

/** What waits for a person at a printer. */
export function alertText(printer: string, cause: AlertCause): string {
  switch (cause.kind) {
    case 'question':
      return `${printer}: ${askText(cause.ask)}`;
    case 'failed':
      return `${printer}: ${doingText({ state: 'failed', doing: cause.doing })}`;
    case 'lost':
      return `Contact with ${printer} is lost in the middle of “${cause.job}”.`;
    case 'stopped':
      return `${printer} takes no work: ${stopText(cause.stop)}`;
    case 'bed':
      return cause.bed === 'occupied'
        ? `Clear the bed of ${printer}.`
        : `Look whether the bed of ${printer} is clear.`;
  }
}

/** How a peer takes part, and how it is reached. */
export function peerText(peer: {
  readonly part: 'voter' | 'learner' | 'listener';
  readonly path: 'direct' | 'relayed' | 'self' | 'none';
  readonly ofTwo: boolean;
  readonly leads: boolean;
}): string {
  const parts = {
    voter: peer.ofTwo ? 'decides alone' : 'votes',
    learner: peer.ofTwo
      ? 'keeps a copy of everything; takes part in deciding when a third trusted peer comes'
      : 'is catching up, then votes',
    listener: 'follows, does not vote',
  };
  const paths = {
    self: 'this browser',
    none: 'away',
    direct: 'connected straight',
    relayed: 'connected through the relay',
  };
  return `${peer.leads ? 'leads, ' : ''}${parts[peer.part]}, ${paths[peer.path]}`;
}

/** Whether a file would survive the loss of a browser. */
export function fileText(holders: number, isHere: boolean): string {
  if (holders === 0) return 'Nobody who is here has it. It comes when a peer that holds it is back.';
  if (holders > 1) return `Safe on ${holders} peers.`;
  return isHere
    ? 'Only in this browser: keep it open until another peer has it.'
    : 'Only on one peer so far.';
}
