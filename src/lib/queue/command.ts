import * as v from 'valibot';
import type { Bytes, FileId, JobId, PeerId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { keyBytes, publicKeyFromPeerId, signatureBytes } from '../base/index.ts';
import { reasonSchema as endReasonSchema, returnSchema } from './facts.ts';
import * as limits from './limits.ts';
import { materialSchema, requirementsSchema, settingsChangeSchema, surfaceSchema } from './settings.ts';

/**
 * What may be asked of a queue. One shape per command, checked once when an envelope is opened. All shapes are
 * strict: a key that is not named here makes the command malformed, on every replica alike.
 */

const idPattern = new RegExp(`^[A-Za-z0-9_.:-]{1,${limits.idCharsMax}}$`);

function idSchema<Id extends string>() {
  return v.custom<Id>((x) => typeof x === 'string' && idPattern.test(x));
}

function bytesSchema(length: number) {
  return v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length);
}

function whole(least: number, most: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
}

function text(charsMax: number) {
  return v.pipe(v.string(), v.maxLength(charsMax));
}

/** A wall-clock time of the author's machine: for display only. */
const wallMsSchema = whole(0, limits.wallMsMax);
const nameSchema = v.pipe(v.string(), v.maxLength(limits.nameCharsMax), v.regex(/\S/));
const reasonSchema = text(limits.reasonCharsMax);
const jobId = idSchema<JobId>();
const setId = idSchema<SetId>();
const printId = idSchema<PrintId>();
const printerId = idSchema<PrinterId>();
const fileId = idSchema<FileId>();
const invitationId = idSchema<string>();
const peerId = v.custom<PeerId>((x) => typeof x === 'string' && publicKeyFromPeerId(x) !== undefined);
const millimetres = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));

/** What a member may do. The owner may do everything. */
export const roles = ['owner', 'operator', 'printer', 'submitter', 'viewer'] as const;
export type Role = (typeof roles)[number];
const roleSchema = v.picklist(roles);
const incarnationSchema = bytesSchema(16);
/** Of the secret under which the queue's peers meet. */
export const rendezvousBytes = 16;

export const outcomes = ['good', 'failed', 'cancelled', 'unknown'] as const;
export type Outcome = (typeof outcomes)[number];
export const bedStates = ['clear', 'occupied', 'unknown'] as const;
export type BedState = (typeof bedStates)[number];

/** What a file says of itself, as the gcode room found it. Everything may be missing. */
export const fileMetaSchema = v.strictObject({
  kind: v.exactOptional(text(16)),
  slicer: v.exactOptional(text(limits.nameCharsMax)),
  seconds: v.exactOptional(whole(0, 1e9)),
  filamentMm: v.exactOptional(millimetresOfFilament()),
  filamentG: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e6))),
  materials: v.exactOptional(v.pipe(v.array(materialSchema), v.maxLength(limits.materialsMax))),
  printerModel: v.exactOptional(text(limits.nameCharsMax)),
  nozzleMm: v.exactOptional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(10))),
  /** Room that the print takes: greatest coordinates, not the size of the bed. */
  sizeMm: v.exactOptional(v.strictObject({ x: millimetres, y: millimetres, z: millimetres })),
  layers: v.exactOptional(whole(0, 1e7)),
});
export type FileMeta = v.InferOutput<typeof fileMetaSchema>;

function millimetresOfFilament() {
  return v.pipe(v.number(), v.minValue(0), v.maxValue(1e9));
}

/** One file and how often it is printed per copy of the job. */
export const setSpecSchema = v.strictObject({
  set: setId,
  file: fileId,
  count: whole(1, limits.countMax),
  requirements: requirementsSchema,
});
export type SetSpec = v.InferOutput<typeof setSpecSchema>;
const setsSchema = v.pipe(v.array(setSpecSchema), v.minLength(1), v.maxLength(limits.setsPerJobMax));
const copiesSchema = whole(1, limits.countMax);
const dueSchema = wallMsSchema;

/** An ended print as an archive tells of it. */
export const importedPrint = v.strictObject({
  id: printId,
  jobName: nameSchema,
  /** Which copy of its set it was. */
  copy: whole(1, limits.copiesOfSetMax),
  file: fileId,
  fileName: nameSchema,
  printerName: nameSchema,
  material: text(limits.nameCharsMax),
  outcome: v.picklist(outcomes),
  /** As the history of the other queue has it. */
  reason: v.exactOptional(endReasonSchema),
  startedWallMs: v.exactOptional(wallMsSchema),
  endedWallMs: v.exactOptional(wallMsSchema),
  lines: whole(0, 1e12),
  resends: whole(0, 1e12),
  seconds: whole(0, 1e9),
  filamentMm: whole(0, 1e9),
});
export type ImportedPrint = v.InferOutput<typeof importedPrint>;

const command = {
  // Sessions and people.
  'open-session': v.strictObject({ type: v.literal('open-session'), nonce: bytesSchema(16) }),
  join: v.strictObject({
    type: v.literal('join'),
    invitation: invitationId,
    /** The invitation key's signature, see `joinProof`. */
    proof: bytesSchema(signatureBytes),
    name: nameSchema,
    incarnation: incarnationSchema,
  }),
  rejoin: v.strictObject({
    type: v.literal('rejoin'),
    incarnation: incarnationSchema,
    /** The replica id that gives way: makes an old `rejoin`, sent again, a refusal. */
    replaces: whole(1, limits.replicaIdMax),
  }),
  invite: v.strictObject({
    type: v.literal('invite'),
    invitation: invitationId,
    publicKey: bytesSchema(keyBytes),
    role: roleSchema,
    voter: v.boolean(),
    /** Virtual ms until it expires. */
    lifeMs: whole(1, limits.invitationLifeMsMax),
    usesMax: whole(1, limits.invitationUsesMax),
    note: v.exactOptional(text(limits.nameCharsMax)),
  }),
  'revoke-invitation': v.strictObject({ type: v.literal('revoke-invitation'), invitation: invitationId }),
  'set-member': v.strictObject({
    type: v.literal('set-member'),
    peer: peerId,
    role: v.exactOptional(roleSchema),
    voter: v.exactOptional(v.boolean()),
  }),
  'rename-member': v.strictObject({ type: v.literal('rename-member'), peer: peerId, name: nameSchema }),
  'remove-member': v.strictObject({ type: v.literal('remove-member'), peer: peerId }),

  // The queue itself.
  'rename-queue': v.strictObject({ type: v.literal('rename-queue'), name: nameSchema }),
  'set-settings': v.strictObject({ type: v.literal('set-settings'), settings: settingsChangeSchema }),
  'set-relays': v.strictObject({
    type: v.literal('set-relays'),
    addresses: v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.addressCharsMax))),
      v.maxLength(limits.relaysMax),
    ),
  }),
  'set-rendezvous': v.strictObject({
    type: v.literal('set-rendezvous'),
    /** Log index of the removal that it follows. */
    after: whole(1, limits.counterMax),
    rendezvous: bytesSchema(rendezvousBytes),
  }),
  'set-rules': v.strictObject({ type: v.literal('set-rules'), rules: whole(1, limits.rulesNumberMax) }),

  // Files and jobs.
  'add-file': v.strictObject({
    type: v.literal('add-file'),
    file: fileId,
    name: nameSchema,
    size: whole(1, limits.fileBytesMax),
    meta: fileMetaSchema,
  }),
  'add-job': v.strictObject({
    type: v.literal('add-job'),
    job: jobId,
    name: nameSchema,
    copies: copiesSchema,
    draft: v.boolean(),
    keepTogether: v.boolean(),
    sets: setsSchema,
    notes: v.exactOptional(text(limits.notesCharsMax)),
    /** Wall-clock time, shown and sorted by, never waited for. */
    dueMs: v.exactOptional(dueSchema),
    /** Behind this job; null is the front; absent is the end. */
    after: v.exactOptional(v.nullable(jobId)),
    wallMs: v.exactOptional(wallMsSchema),
  }),
  'edit-job': v.strictObject({
    type: v.literal('edit-job'),
    job: jobId,
    name: v.exactOptional(nameSchema),
    copies: v.exactOptional(copiesSchema),
    draft: v.exactOptional(v.boolean()),
    keepTogether: v.exactOptional(v.boolean()),
    notes: v.exactOptional(text(limits.notesCharsMax)),
    dueMs: v.exactOptional(v.nullable(dueSchema)),
    /** The whole new list: sets not named are removed, known ids are changed, new ids are added. */
    sets: v.exactOptional(setsSchema),
  }),
  'move-job': v.strictObject({ type: v.literal('move-job'), job: jobId, after: v.nullable(jobId) }),
  'delete-job': v.strictObject({ type: v.literal('delete-job'), job: jobId }),
  /** Overrules a quarantine: the set's failures are forgotten, and printers that it did not fit on try it again. */
  'release-set': v.strictObject({ type: v.literal('release-set'), set: setId }),
  /** A person's word on copies that a person cancelled: they are printed again, or are not wanted any more. */
  'decide-copies': v.strictObject({
    type: v.literal('decide-copies'),
    set: setId,
    copies: v.pipe(
      v.array(whole(1, limits.copiesOfSetMax)),
      v.minLength(1),
      v.maxLength(limits.decideCopiesMax),
    ),
    verdict: v.picklist(['print-again', 'take-off']),
  }),

  // Printers.
  'set-printer': v.strictObject({
    type: v.literal('set-printer'),
    printer: printerId,
    name: nameSchema,
    /** Takes work by itself. */
    enabled: v.boolean(),
    /** Nothing sticks to this bed (virtual printers, belts, ejectors): a good print leaves it clear. */
    autoClear: v.boolean(),
    model: v.exactOptional(text(limits.nameCharsMax)),
    nozzleMm: v.exactOptional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(10))),
    sizeMm: v.exactOptional(v.strictObject({ x: millimetres, y: millimetres, z: millimetres })),
    /** What its bed is covered with. */
    surface: v.exactOptional(surfaceSchema),
    /** What is loaded, one per tool. */
    materials: v.pipe(v.array(materialSchema), v.maxLength(limits.materialsMax)),
    kinds: v.exactOptional(v.pipe(v.array(text(16)), v.maxLength(8))),
  }),
  'remove-printer': v.strictObject({ type: v.literal('remove-printer'), printer: printerId }),
  /** Overrules a stop: the printer's failures are forgotten. */
  'resume-printer': v.strictObject({ type: v.literal('resume-printer'), printer: printerId }),
  'set-bed': v.strictObject({
    type: v.literal('set-bed'),
    printer: printerId,
    bed: v.picklist(bedStates),
    /** What lies on the bed, be it of another queue that the printer serves. To be named as the queue names it when the bed is cleared. */
    print: v.exactOptional(printId),
    /** The bed's revision, as whoever clears it knew it. Left out by the peer whose own words about the bed are still under way. */
    revision: v.exactOptional(whole(0, limits.counterMax)),
    /** What the person says of it. */
    verdict: v.exactOptional(v.picklist(['good', 'failed'])),
  }),

  // Prints.
  claim: v.strictObject({ type: v.literal('claim'), print: printId, set: setId, printer: printerId }),
  renew: v.strictObject({
    type: v.literal('renew'),
    prints: v.pipe(v.array(printId), v.minLength(1), v.maxLength(limits.renewPrintsMax)),
  }),
  /** Gives a copy back of which nothing was printed. */
  release: v.strictObject({
    type: v.literal('release'),
    print: printId,
    why: v.exactOptional(returnSchema),
  }),
  starting: v.strictObject({ type: v.literal('starting'), print: printId }),
  started: v.strictObject({
    type: v.literal('started'),
    print: printId,
    wallMs: v.exactOptional(wallMsSchema),
  }),
  finish: v.strictObject({
    type: v.literal('finish'),
    print: printId,
    outcome: v.picklist(outcomes),
    reason: v.exactOptional(reasonSchema),
    lines: whole(0, 1e12),
    resends: whole(0, 1e12),
    seconds: whole(0, 1e9),
    filamentMm: v.exactOptional(whole(0, 1e9)),
    wallMs: v.exactOptional(wallMsSchema),
    /** Its holder does not trust that this bed cleared itself: what was to push the part off failed. */
    bed: v.exactOptional(v.literal('occupied')),
  }),
  /** A person's word on a print that lost contact, or a correction of an ended one. */
  resolve: v.strictObject({
    type: v.literal('resolve'),
    print: printId,
    verdict: v.picklist(['good', 'failed', 'unknown']),
    reason: v.exactOptional(reasonSchema),
  }),
  /** Asks the holder to stop. A claim that has not begun to start is freed at once. */
  'cancel-print': v.strictObject({
    type: v.literal('cancel-print'),
    print: printId,
    reason: v.exactOptional(reasonSchema),
  }),
  /** Ended prints of another queue, taken over for the record with an archive. */
  'import-history': v.strictObject({
    type: v.literal('import-history'),
    prints: v.pipe(v.array(importedPrint), v.minLength(1), v.maxLength(limits.importPrintsMax)),
  }),
} as const;

/** Shapes of all commands of rules version 1, by type. */
export const commandSchemas = command;
export type CommandType = keyof typeof command;
export type CommandOf<Type extends CommandType> = v.InferOutput<(typeof command)[Type]>;
export type Command = { [Type in CommandType]: CommandOf<Type> }[CommandType];

/** Commands that carry no session: they say themselves whether they were applied before. */
export const sessionless: ReadonlySet<CommandType> = new Set(['open-session', 'join', 'rejoin']);

/** What the two kinds of link grant. */
export const grants = {
  trusted: { role: 'operator', voter: true },
  guest: { role: 'submitter', voter: false },
} as const satisfies Record<string, { role: Role; voter: boolean }>;
