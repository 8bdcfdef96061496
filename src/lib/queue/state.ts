import type { Bytes, FileId, JobId, PeerId, PrintId, PrinterId, QueueId, SetId } from '../base/index.ts';
import type { BedState, FileMeta, Outcome, Role } from './command.ts';
import type { Quarantine, Reason, Stop, Unfit } from './facts.ts';
import type { QueueRefusal } from './refusals.ts';
import type { Material, Requirements, Settings } from './settings.ts';

/**
 * What can be read of a queue. All records are plain data that a message port can clone. Times named `…Ms` without
 * `wall` are virtual: milliseconds of the log's own time since the genesis, which stands still while no leader does.
 */

export interface Member {
  readonly peer: PeerId;
  readonly name: string;
  readonly role: Role;
  /** May vote: the driver makes it a learner, then a voter. */
  readonly voter: boolean;
  /** Given by the queue, never used twice. */
  readonly replicaId: number;
  readonly incarnation: Bytes;
  readonly joinedMs: number;
}

/** What is kept of a member that was removed. */
export interface Removed {
  /** Log index at which. */
  readonly index: number;
  /** The replica that it spoke for, and speaks for until Raft counts it no more. */
  readonly replicaId: number;
}

export interface Invitation {
  readonly id: string;
  readonly publicKey: Bytes;
  readonly role: Role;
  readonly voter: boolean;
  readonly by: PeerId;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly usesMax: number;
  readonly uses: number;
  readonly revoked: boolean;
  readonly note: string;
}

export interface QueueFile {
  readonly id: FileId;
  readonly name: string;
  readonly size: number;
  readonly meta: FileMeta;
  readonly by: PeerId;
  /** Sets that name it. */
  readonly uses: number;
}

export interface Job {
  readonly id: JobId;
  readonly name: string;
  readonly copies: number;
  readonly draft: boolean;
  readonly keepTogether: boolean;
  /** The printer that a kept-together job has begun on. */
  readonly boundTo: PrinterId | undefined;
  readonly notes: string;
  readonly dueMs: number | undefined;
  readonly by: PeerId;
  readonly createdMs: number;
  readonly wallMs: number | undefined;
  readonly sets: readonly SetId[];
  /** True once every set has all its good copies. */
  readonly done: boolean;
}

export interface JobSet {
  readonly id: SetId;
  readonly job: JobId;
  readonly file: FileId;
  /** Log index that made it: a set of the same id made later is another one. */
  readonly madeAt: number;
  /** Prints per copy of the job. */
  readonly count: number;
  readonly requirements: Requirements;
  readonly good: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly unknown: number;
  /** Prints that hold a copy now. */
  readonly active: readonly PrintId[];
  /** The number of the copy that is claimed next when none is to be made again, from 1. */
  readonly nextCopy: number;
  /** Numbers of copies that were claimed, did not come out and are held by nobody, ascending: the lowest is claimed first. */
  readonly again: readonly number[];
  /** Numbers of copies that a person cancelled, ascending: nobody prints them before a person decides about them. */
  readonly onHold: readonly number[];
  /** Copies that a person has taken off since their number was last set: so many fewer are wanted. */
  readonly takenOff: number;
  /** Printers whose own limits it goes beyond. */
  readonly unfitOn: readonly UnfitOn[];
  /** Failures since the last good print or a person's word. */
  readonly failures: number;
  readonly failedOn: readonly PrinterId[];
  /** Why no copy is given out until a person says so. */
  readonly quarantine: Quarantine | undefined;
}

/**
 * `claimed`: may still be freed by its lease · `ahead`: kept for its printer behind another copy, and no longer freed by time alone, because
 * its holder may print it while too few peers are there to hear of it · `starting`: committed before the first line that heats · `started`.
 */
export type Phase = 'claimed' | 'ahead' | 'starting' | 'started';

/** Whether the log says that a print occupies its printer. */
export function isUnderWay(print: Pick<Print, 'phase'>): boolean {
  return print.phase === 'starting' || print.phase === 'started';
}

/**
 * Whether a print under way has lost its printer to another copy that its holder told as begun: it is over, and how it ended is not known
 * here yet. Everything else that is under way lies on its printer's bed.
 */
export function isDisplaced(print: Pick<Print, 'id' | 'phase'>, printer: Pick<Printer, 'bedPrint'>): boolean {
  return isUnderWay(print) && printer.bedPrint !== print.id;
}

/** One copy on one printer, until it ends. */
export interface Print {
  readonly id: PrintId;
  readonly set: SetId;
  readonly job: JobId;
  readonly printer: PrinterId;
  /** Which copy of its set it is, from 1: given when it is claimed, the same for ever. */
  readonly copy: number;
  /** The peer that drives the printer and holds the lease. */
  readonly holder: PeerId;
  readonly phase: Phase;
  readonly claimedMs: number;
  readonly startedMs: number | undefined;
  readonly startedWallMs: number | undefined;
  readonly leaseUntilMs: number;
  /** Since when the holder has not been heard of, of a print that may have begun. With a rule for lost prints a new leader's grace puts it off. */
  readonly lostMs: number | undefined;
  /** A person asked the holder to stop. */
  readonly cancel: { readonly by: PeerId; readonly reason: string } | undefined;
}

export interface Printer {
  readonly id: PrinterId;
  readonly peer: PeerId;
  readonly name: string;
  readonly enabled: boolean;
  readonly autoClear: boolean;
  readonly model: string | undefined;
  readonly nozzleMm: number | undefined;
  readonly sizeMm: { readonly x: number; readonly y: number; readonly z: number } | undefined;
  /** What its bed is covered with; undefined when nobody said. */
  readonly surface: string | undefined;
  readonly materials: readonly Material[];
  readonly kinds: readonly string[] | undefined;
  readonly bed: BedState;
  /** The print that lies on the bed, as far as known. */
  readonly bedPrint: PrintId | undefined;
  /** Counts changes of its model, its nozzle and its size: what did not fit before one of them is tried again. */
  readonly profileRevision: number;
  /** Counts what was said of the bed, and what began on it: a word about how it looked before one of them comes late. */
  readonly bedRevision: number;
  /** Claimed, starting and started prints, in order of their claims. */
  readonly prints: readonly PrintId[];
  /** Sets that failed here since the last good print. */
  readonly failedSets: readonly SetId[];
  /** Why it takes no work until a person says so. */
  readonly stopped: Stop | undefined;
}

/** A printer that found a set beyond its own limits. */
export interface UnfitOn extends Unfit {
  readonly printer: PrinterId;
  /** The printer's `profileRevision` when it found that. */
  readonly profileRevision: number;
}

/** Failures in a row that a good print ended. */
export interface Forgiven {
  /** Good prints of the set, with the one that forgave: no other has come since while it has as many. */
  readonly good: number;
  readonly failures: number;
  readonly failedOn: readonly PrinterId[];
  readonly failedSets: readonly SetId[];
}

/** An ended print. */
export interface HistoryEntry {
  readonly id: PrintId;
  readonly job: JobId;
  readonly jobName: string;
  readonly set: SetId;
  readonly setMadeAt: number;
  /** Which copy of its set it was, from 1. Two have one number when a copy was given away and came out all the same. */
  readonly copy: number;
  readonly file: FileId;
  readonly fileName: string;
  readonly printer: PrinterId;
  readonly printerName: string;
  readonly holder: PeerId;
  readonly submitter: PeerId;
  /** Family of the first material, 'unknown' if nobody said. */
  readonly material: string;
  readonly claimedMs: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number;
  readonly startedWallMs: number | undefined;
  readonly endedWallMs: number | undefined;
  readonly outcome: Outcome;
  readonly reason: Reason | undefined;
  /** Who said so: the holder, a person, or the rule for lost prints. */
  readonly decidedBy: PeerId | 'rule';
  /** The holder has reported; false while only a person or the rule has decided. */
  readonly reported: boolean;
  /** A good copy beyond what the job asked for when it was recorded. */
  readonly surplus: boolean;
  /** The failures that this good print made forgotten: whoever finds it bad when the bed is cleared brings them back. */
  readonly forgave?: Forgiven;
  readonly lines: number;
  readonly resends: number;
  readonly seconds: number;
  readonly filamentMm: number;
}

export interface Totals {
  readonly prints: number;
  readonly good: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly unknown: number;
  readonly surplus: number;
  readonly seconds: number;
  readonly filamentMm: number;
}

export interface AllTotals {
  readonly all: Totals;
  readonly byPrinter: ReadonlyMap<string, Totals>;
  readonly byPerson: ReadonlyMap<string, Totals>;
  readonly byMaterial: ReadonlyMap<string, Totals>;
}

/** What became of a command. */
export type Settled =
  /** `value`: session id of `open-session`, replica id of `join` and `rejoin`. */
  | { readonly kind: 'committed'; readonly value?: number }
  | { readonly kind: 'refused'; readonly refusal: QueueRefusal };

/** Something that a view may show differently now. An id that is no longer found was removed. */
export type Change =
  | { readonly kind: 'job'; readonly id: JobId }
  | { readonly kind: 'print'; readonly id: PrintId }
  | { readonly kind: 'printer'; readonly id: PrinterId }
  | { readonly kind: 'member'; readonly id: PeerId }
  | { readonly kind: 'file'; readonly id: FileId }
  | { readonly kind: 'invitation'; readonly id: string }
  | { readonly kind: 'history'; readonly id: PrintId }
  /** The order of jobs. */
  | { readonly kind: 'order' }
  /** Name, settings, relays, rules. */
  | { readonly kind: 'queue' };

/** What applying one entry did. */
export interface Applied {
  readonly index: number;
  readonly stampMs: number;
  /** Who signed the command; undefined for ticks and for bytes that are no valid envelope. */
  readonly author: PeerId | undefined;
  readonly session: number;
  readonly seq: number;
  readonly result: Settled;
  /** True when the result is the stored one of a command applied before. */
  readonly repeated: boolean;
  readonly changed: readonly Change[];
  /** Set when this build must not go on: the state is as it was before the entry. */
  readonly stopped?: 'rules-version';
}

/** The head of a queue, for lists and pages. */
export interface QueueHead {
  readonly id: QueueId;
  readonly name: string;
  readonly owner: PeerId;
  readonly createdWallMs: number;
  readonly lan: boolean;
  /** The queue whose copy this one went on from. */
  readonly continues: QueueId | undefined;
  /** The secret under which members meet; see `rendezvousKey`. */
  readonly rendezvous: Bytes;
  /** Log index of the last removal that no new secret has followed; 0 when there is none. */
  readonly rendezvousDue: number;
  readonly rules: number;
  readonly settings: Settings;
  readonly relays: readonly string[];
}

/** Everything that may be read of a queue's state. `QueueState` is one. */
export interface QueueView {
  readonly head: QueueHead;
  /** Log index of the last applied entry. */
  readonly index: number;
  /** Virtual time of the last applied entry. */
  readonly stampMs: number;
  readonly members: ReadonlyMap<PeerId, Member>;
  /** Members of before, longest gone first, the newest `removedMembersMax` of them. Who came back is not among them. */
  readonly removed: ReadonlyMap<PeerId, Removed>;
  readonly invitations: ReadonlyMap<string, Invitation>;
  readonly files: ReadonlyMap<FileId, QueueFile>;
  readonly jobs: ReadonlyMap<JobId, Job>;
  readonly sets: ReadonlyMap<SetId, JobSet>;
  /** Prints that have not ended. */
  readonly prints: ReadonlyMap<PrintId, Print>;
  readonly printers: ReadonlyMap<PrinterId, Printer>;
  /** Oldest first. */
  readonly history: ReadonlyMap<PrintId, HistoryEntry>;
  readonly totals: AllTotals;
  /** Jobs in the order of the queue. `from` starts there (that job included), or at the front. */
  jobsInOrder(from?: JobId): IterableIterator<Job>;
  /** Every job in the order of the queue, with its label and its sets: what lists are made from when a queue is opened. */
  eachJob(visit: (job: Job, label: number, sets: readonly JobSet[]) => void): void;
  /** The job before this one, in the order of the queue: what `move-job` takes as `after`. */
  jobBefore(job: JobId): JobId | undefined;
  /** A number that ascends along the order of jobs. It may change whenever the job is named in `changed`. */
  jobLabel(job: JobId): number;
}

/** The sets of a job. */
export function setsOf(view: Pick<QueueView, 'sets'>, job: Job): readonly JobSet[] {
  return job.sets.flatMap((id) => view.sets.get(id) ?? []);
}

/** Copies of a set: what is wanted, and what is neither good nor under way. */
export function wantedOf(job: Job, set: JobSet): number {
  return Math.max(0, job.copies * set.count - set.takenOff);
}

/** Copies that are still missing; only good prints count. */
export function remainingOf(job: Job, set: JobSet): number {
  return Math.max(0, wantedOf(job, set) - set.good);
}

/** The number that the next copy of a set gets when it is claimed, from 1. */
export function nextCopyOf({ again, nextCopy }: Pick<JobSet, 'again' | 'nextCopy'>): number {
  return again[0] ?? nextCopy;
}

/** Copies that nobody holds and that wait for nobody's word: what may be claimed, if nothing else stands against it. */
export function freeOf(job: Job, set: JobSet): number {
  return Math.max(0, wantedOf(job, set) - set.good - set.active.length - set.onHold.length);
}

/** Why a set does not fit on a printer, by that printer's own limits as they still are; undefined when it is not known not to. */
export function unfitOf(
  set: Pick<JobSet, 'unfitOn'>,
  printer: Pick<Printer, 'id' | 'profileRevision'>,
): UnfitOn | undefined {
  return set.unfitOn.find(
    (each) => each.printer === printer.id && each.profileRevision === printer.profileRevision,
  );
}

/** Whether a copy that is held and has not begun is still one to print, if all that is under way comes out good. */
export function isToPrint(
  job: Job,
  set: JobSet,
  prints: ReadonlyMap<PrintId, Pick<Print, 'phase'>>,
  copy: PrintId,
): boolean {
  let coming = set.good + set.onHold.length;
  for (const id of set.active) {
    const print = prints.get(id);
    if (id !== copy && print !== undefined && isUnderWay(print)) coming++;
  }
  return coming < wantedOf(job, set);
}
