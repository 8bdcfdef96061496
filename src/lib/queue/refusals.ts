import * as v from 'valibot';
import type { JobId, PeerId, PrinterId, UnfitRefusal } from '../base/index.ts';
import type { Role } from './command.ts';
import { outcomes, roles } from './command.ts';
import { quarantineSchema, stopSchema } from './facts.ts';
import { idCharsMax, nameCharsMax } from './limits.ts';

/**
 * What a command can be refused with: a code, and the data that a sentence about it needs. The code determines the data. Results of
 * sessions are kept in this form and hashed, so no wording is part of it; the room `words` has the sentences. Codes are
 * listed in docs/protocols.md, “Refusal codes”.
 */

const nameOf = v.pipe(v.string(), v.maxLength(nameCharsMax));
const idOf = v.pipe(v.string(), v.minLength(1), v.maxLength(idCharsMax));
const peer = v.custom<PeerId>((x) => typeof x === 'string' && x.length > 0 && x.length <= idCharsMax);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a role may or may not do. */
export const deeds = [
  'add-files',
  'add-jobs',
  'put-before-others',
  'change-jobs',
  'move-jobs',
  'print',
  'add-printers',
  'invite',
  'invite-owners',
  'revoke-invitations',
  'change-members',
  'make-owners',
  'rename-others',
  'remove-others',
  'remove-owners',
  'rename-queue',
  'change-rules',
  'decide-lost-prints',
  'change-relays',
  'change-rendezvous',
  'raise-rules',
  'import-history',
] as const;
export type Deed = (typeof deeds)[number];

/** A code that says everything. */
function plain<const Code extends string>(code: Code) {
  return v.strictObject({ code: v.literal(code) });
}

/** A code about one printer, by the name that it had then. */
function ofPrinter<const Code extends string>(code: Code) {
  return v.strictObject({ code: v.literal(code), printer: nameOf });
}

export const refusalSchema = v.variant('code', [
  v.strictObject({
    code: v.literal('malformed'),
    /** `bytes`: they cannot be read · `shape`: a field is not as it must be · the others name the part that is wrong. */
    part: v.picklist(['bytes', 'shape', 'type', 'numbers', 'session', 'copy', 'join', 'author', 'protocol']),
    /** Path of the field, or what was found, for whoever looks for the slip in a program. */
    detail: v.exactOptional(nameOf),
  }),
  v.strictObject({ code: v.literal('too-large'), bytes: count, bytesMax: count }),
  v.strictObject({ code: v.literal('bad-signature'), of: v.picklist(['command', 'genesis']) }),
  /** `command`: signed for another queue · `copy`: a genesis that does not go on from this copy. */
  v.strictObject({ code: v.literal('wrong-queue'), of: v.picklist(['command', 'copy']) }),
  plain('session-required'),
  plain('session-expired'),
  plain('session-window'),
  plain('already-settled'),
  plain('not-a-member'),
  v.strictObject({ code: v.literal('not-allowed'), role: v.picklist(roles), deed: v.picklist(deeds) }),
  /** `held`: by a print of that peer · `owned`: the job is that peer's · `driven`: the printer is. */
  v.strictObject({
    code: v.literal('access-denied'),
    author: peer,
    why: v.picklist(['held', 'owned', 'driven']),
    id: idOf,
    by: peer,
  }),
  plain('job-not-found'),
  plain('set-not-found'),
  plain('file-not-found'),
  plain('print-not-found'),
  plain('printer-not-found'),
  plain('member-not-found'),
  plain('invitation-not-found'),
  /** `link`: this one was revoked · `inviter`: who made it may not invite any more. */
  v.strictObject({ code: v.literal('invitation-revoked'), of: v.picklist(['link', 'inviter']) }),
  plain('invitation-expired'),
  plain('invitation-used-up'),
  plain('bad-proof'),
  plain('already-member'),
  plain('removed-member'),
  plain('stale-rejoin'),
  plain('last-owner'),
  plain('last-voter'),
  v.strictObject({
    code: v.literal('exists'),
    what: v.picklist(['job', 'set', 'print', 'invitation', 'rendezvous']),
  }),
  v.strictObject({
    code: v.literal('limit'),
    /** `own-…`: of one member, who may not operate. */
    what: v.picklist(['jobs', 'files', 'printers', 'members', 'invitations', 'own-jobs', 'own-files']),
    max: count,
  }),
  /** `older`: rules do not go back · `queue`, `copy`: they are of newer rules than this build knows. */
  v.strictObject({ code: v.literal('rules-version'), of: v.picklist(['older', 'queue', 'copy']) }),
  v.strictObject({ code: v.literal('job-is-draft'), job: nameOf }),
  v.strictObject({ code: v.literal('set-quarantined'), quarantine: quarantineSchema }),
  ofPrinter('failed-here'),
  /** It goes beyond that printer's own limits. */
  ofPrinter('unfit-here'),
  /** `none`: each is printed · `under-way`: those that are not are being printed · `on-hold`: or wait for a person. */
  v.strictObject({
    code: v.literal('nothing-left'),
    job: nameOf,
    rest: v.picklist(['none', 'under-way', 'on-hold']),
  }),
  ofPrinter('claims-ahead'),
  v.strictObject({ code: v.literal('printer-stopped'), stop: stopSchema }),
  ofPrinter('printer-busy'),
  ofPrinter('bed-not-clear'),
  ofPrinter('bed-changed'),
  /** What must come first: `cancel` it · its holder says how it `end`ed · a person `decide`s · its holder `report`s. */
  v.strictObject({
    code: v.literal('print-under-way'),
    printer: nameOf,
    first: v.picklist(['cancel', 'end', 'decide', 'report']),
  }),
  v.strictObject({ code: v.literal('not-starting'), phase: v.picklist(['claimed', 'started']) }),
  plain('not-lost'),
  v.strictObject({ code: v.literal('not-on-hold'), job: nameOf }),
  v.strictObject({ code: v.literal('already-finished'), outcome: v.picklist(outcomes) }),
  plain('bad-position'),
]);

/** Why a command was refused. */
export type QueueRefusal = v.InferOutput<typeof refusalSchema>;
export type RefusalCode = QueueRefusal['code'];
/** The refusal of one code. */
export type RefusalOf<Code extends RefusalCode> = Extract<QueueRefusal, { readonly code: Code }>;

/** All codes, for tests and tables that must know each. */
export const refusalCodes: readonly RefusalCode[] = refusalSchema.options.map(
  (option) => option.entries.code.literal,
);

export function notFound(
  what: 'job' | 'set' | 'file' | 'print' | 'printer' | 'member' | 'invitation',
): QueueRefusal {
  return { code: `${what}-not-found` };
}

/** A job that another peer holds. */
export function held(author: PeerId, job: JobId, holder: PeerId): QueueRefusal {
  return { code: 'access-denied', author, why: 'held', id: job, by: holder };
}

/** A job that another peer brought. */
export function owned(author: PeerId, job: JobId, owner: PeerId): QueueRefusal {
  return { code: 'access-denied', author, why: 'owned', id: job, by: owner };
}

/** A printer that another peer drives. */
export function driven(author: PeerId, printer: PrinterId, driver: PeerId): QueueRefusal {
  return { code: 'access-denied', author, why: 'driven', id: printer, by: driver };
}

export function notAllowed(role: Role, deed: Deed): QueueRefusal {
  return { code: 'not-allowed', role, deed };
}

/** What base says of bytes that it cannot read, in the queue's own form. */
export function unfit(refusal: UnfitRefusal): QueueRefusal {
  if (refusal.code === 'too-large') {
    const { code, bytes, bytesMax } = refusal;
    return { code, bytes, bytesMax };
  }
  return refusal.field === undefined ? malformed('bytes') : malformed('shape', refusal.field);
}

type Part = RefusalOf<'malformed'>['part'];

/** @param detail whatever it is, as much of it as fits */
export function malformed(part: Part, detail?: string): QueueRefusal {
  return detail === undefined
    ? { code: 'malformed', part }
    : { code: 'malformed', part, detail: detail.slice(0, nameCharsMax).toWellFormed() };
}
