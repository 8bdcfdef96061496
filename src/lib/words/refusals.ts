import type { Refusal } from '../base/index.ts';
import type { Deed, QueueRefusal, RefusalCode, RefusalOf, Role } from '../queue/index.ts';
import { quarantineText, stopText } from './failures.ts';

/** What each refusal of a queue says to a person. A code without a sentence does not compile. */
const sentences: { readonly [Code in RefusalCode]: (refusal: RefusalOf<Code>) => string } = {
  malformed: ({ part, detail }) => malformed[part](detail === undefined ? '' : ` (${detail})`),
  'too-large': ({ bytes, bytesMax }) =>
    `A message of ${bytes} bytes is larger than the limit of ${bytesMax}.`,
  'bad-signature': ({ of }) =>
    of === 'command'
      ? 'The command is not signed by the peer it names as its author.'
      : 'The queue’s first record is not signed by its owner.',
  'wrong-queue': ({ of }) =>
    of === 'command'
      ? 'The command was signed for another queue.'
      : 'The new queue does not go on from this copy.',
  'session-required': () => 'This command needs a session.',
  'session-expired': () =>
    'Too much time has passed to know whether this was done before, so it is not done again. Look, then repeat it if needed.',
  'session-window': () => 'Too many commands are unsettled at once. Wait for some, then repeat this one.',
  'already-settled': () => 'This command was settled before.',
  'not-a-member': () => 'This peer is no member of the queue. Open an invitation link to join.',
  'not-allowed': ({ role, deed }) =>
    ownersDeeds[deed] ??
    `As ${roleNames[role]} of this queue you may not ${deedNames[deed]}. Ask its owner or an operator.`,
  // PeerPrint’s own words, which other programs look for.
  'access-denied': ({ author, why, id, by }) => `access denied for "${author}"; ${denials[why](id, by)}`,
  'job-not-found': () => 'job not found',
  'set-not-found': () => 'set not found',
  'file-not-found': () => 'file not found',
  'print-not-found': () => 'print not found',
  'printer-not-found': () => 'printer not found',
  'member-not-found': () => 'member not found',
  'invitation-not-found': () => 'invitation not found',
  'invitation-revoked': ({ of }) =>
    of === 'link'
      ? 'This invitation was revoked. Ask for a new link.'
      : 'Who made this invitation may not invite any more. Ask somebody else for a link.',
  'invitation-expired': () => 'This invitation has expired. Ask for a new link.',
  'invitation-used-up': () => 'This invitation was used as often as it may be. Ask for a new link.',
  'bad-proof': () => 'The link does not carry the key of its invitation. Copy the whole link again.',
  'already-member': () =>
    'This peer is a member already, with another copy of the queue. Open the queue again.',
  'removed-member': () => 'This peer was removed from the queue. Ask for a new link to come back.',
  'stale-rejoin': () => 'Another copy of this peer has come back in the meantime. Open the queue again.',
  'last-owner': () => 'This is the queue’s only owner. Make someone else an owner first.',
  'last-voter': () => 'This is the only peer that keeps the queue. Let another one vote first.',
  exists: ({ what }) =>
    what === 'rendezvous'
      ? 'The peers of this queue meet elsewhere already.'
      : `There is ${withArticle[what]} of that id already.`,
  limit: ({ what, max }) => full[what](max),
  'rules-version': ({ of }) => rulesVersions[of],
  'job-is-draft': ({ job }) => `“${job}” is a draft: nothing of it is printed yet.`,
  'set-quarantined': ({ quarantine }) => quarantineText(quarantine),
  'failed-here': ({ printer }) =>
    `It failed on ${printer} before, and is to be tried again on another printer.`,
  'unfit-here': ({ printer }) => `It does not fit on ${printer}, and is left to other printers.`,
  'nothing-left': ({ job, rest }) => nothingLeft[rest](job),
  'claims-ahead': ({ printer }) => `${printer} holds as many copies as it may. It must end one first.`,
  'printer-stopped': ({ stop }) => stopText(stop),
  'printer-busy': ({ printer }) => `${printer} has another print under way.`,
  'bed-not-clear': ({ printer }) => `Nothing starts on ${printer} before someone says that its bed is clear.`,
  'bed-changed': ({ printer }) => `Something else lies on ${printer} by now. Look again, then clear it.`,
  'print-under-way': ({ printer, first }) => underWay[first](printer),
  'not-starting': ({ phase }) =>
    phase === 'claimed' ? 'The print was not cleared to start.' : 'The print has started already.',
  'not-lost': () => 'The printer is in contact and reports by itself. Ask it to cancel instead.',
  'not-on-hold': ({ job }) => `No such copy of “${job}” waits for a decision any more.`,
  'already-finished': ({ outcome }) => `This print was recorded as ${outcome} before.`,
  'bad-position': () => 'A job cannot stand behind itself.',
};

/** The sentence of a refusal. */
export function refusalText(refusal: QueueRefusal): string {
  return say(refusal.code, refusal);
}

function say<Code extends RefusalCode>(code: Code, refusal: QueueRefusal): string {
  // The sentence was chosen by this very code.
  return sentences[code](refusal as RefusalOf<Code>);
}

/** A refusal with its sentence, for whoever takes both. */
export function spoken(refusal: QueueRefusal): QueueRefusal & { readonly text: string } {
  return { ...refusal, text: refusalText(refusal) };
}

/** The same, of one that may have its sentence already. */
export function worded(refusal: QueueRefusal | Refusal): Refusal {
  return 'text' in refusal ? refusal : spoken(refusal);
}

const malformed: { readonly [Part in RefusalOf<'malformed'>['part']]: (detail: string) => string } = {
  bytes: (detail) => `The bytes are not a message of this protocol${detail}.`,
  shape: (detail) => `The queue takes no such thing${detail}.`,
  type: (detail) => `The queue takes no such command${detail}.`,
  numbers: () => 'The numbers of the command contradict.',
  session: () => 'This command belongs to no session.',
  copy: (detail) => `The copy of the queue is damaged${detail}. Fetch it again.`,
  join: () => 'This is no request to join this queue.',
  author: () => 'A command is brought by its author.',
  protocol: () => 'Who asks to join asks so by the protocol for it.',
};

const roleNames: Record<Role, string> = {
  owner: 'the owner',
  operator: 'an operator',
  printer: 'a printer',
  submitter: 'a guest who submits',
  viewer: 'a viewer',
};

/** What some role may do, and another may ask for. */
const deedNames: Record<Deed, string> = {
  'add-files': 'add files',
  'add-jobs': 'add jobs',
  'put-before-others': 'put a job before those of others',
  'change-jobs': 'change jobs',
  'move-jobs': 'change the order of jobs',
  print: 'print',
  'add-printers': 'add printers',
  invite: 'invite others',
  'invite-owners': 'invite owners',
  'revoke-invitations': 'revoke invitations',
  'change-members': 'change what others may do',
  'make-owners': 'make or unmake owners',
  'rename-others': 'rename others',
  'remove-others': 'remove others',
  'remove-owners': 'remove owners',
  'rename-queue': 'rename it',
  'change-rules': 'change its rules',
  'decide-lost-prints': 'decide when a print that lost contact may be printed again',
  'change-relays': 'change its relays',
  'change-rendezvous': 'change where its peers meet',
  'raise-rules': 'move it to newer rules',
  'import-history': 'import a history',
};

/** What no operator may do either. */
const ownersDeeds: Partial<Record<Deed, string>> = {
  'invite-owners': 'A link cannot make an owner. Invite first, then change the role.',
  'make-owners': 'Only an owner makes or unmakes an owner.',
  'remove-owners': 'Only an owner removes an owner.',
  'decide-lost-prints': 'Only the owner decides when a print that lost contact may be printed again.',
};

const denials: Record<RefusalOf<'access-denied'>['why'], (id: string, by: string) => string> = {
  held: (id, by) => `job ${id} acquired by "${by}"`,
  owned: (id, by) => `job ${id} belongs to "${by}"`,
  driven: (id, by) => `printer ${id} is driven by "${by}"`,
};

const withArticle: Record<Exclude<RefusalOf<'exists'>['what'], 'rendezvous'>, string> = {
  job: 'a job',
  set: 'a set',
  print: 'a print',
  invitation: 'an invitation',
};

const full: Record<RefusalOf<'limit'>['what'], (max: number) => string> = {
  jobs: (max) => `The queue holds ${max} jobs, which is the most it can hold. Delete some first.`,
  files: (max) => `The queue knows ${max} files, which is the most it can. Delete some jobs first.`,
  printers: (max) => `The queue has ${max} printers, which is the most it can have.`,
  members: (max) => `The queue has ${max} members, which is the most it can have.`,
  invitations: (max) => `The queue has ${max} open invitations. Revoke some first.`,
  'own-jobs': (max) =>
    `You have ${max} jobs in this queue that are not done, which is the most that one member can. Delete some first.`,
  'own-files': (max) =>
    `You have ${max} files in this queue, which is the most that one member can. Delete some of your jobs first.`,
};

const rulesVersions: Record<RefusalOf<'rules-version'>['of'], string> = {
  older: 'Rules do not go back to an older version.',
  queue: 'This queue follows newer rules than this app knows. Update the app, then open it.',
  copy: 'This copy of the queue is of a newer app. Update the app, then open it.',
};

const nothingLeft: Record<RefusalOf<'nothing-left'>['rest'], (job: string) => string> = {
  none: (job) => `Every copy of “${job}” is printed.`,
  'under-way': (job) => `Every copy of “${job}” is printed or being printed.`,
  'on-hold': (job) => `What is left of “${job}” was cancelled. Print it again, or take it off.`,
};

const underWay: Record<RefusalOf<'print-under-way'>['first'], (printer: string) => string> = {
  cancel: () => 'A copy is being printed. Cancel it at the printer first, then repeat this.',
  end: () => 'The print has started: say how it ended instead.',
  decide: (printer) => `A print is under way on ${printer}. Cancel or resolve it first.`,
  report: (printer) => `The print is under way on ${printer} and reports by itself.`,
};
