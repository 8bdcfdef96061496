import type { Bytes, FileId, JobId, PeerId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { Deadlines } from './deadlines.ts';
import type { OpenedGenesis } from './genesis.ts';
import type { Role } from './command.ts';
import { FileTable } from './file-table.ts';
import { JobTable } from './job-table.ts';
import type { Noting } from './rows.ts';
import type { QueueRefusal } from './refusals.ts';
import { Rows } from './rows.ts';
import type { Settings } from './settings.ts';
import type {
  Change,
  HistoryEntry,
  Invitation,
  Job,
  JobSet,
  Member,
  Print,
  Printer,
  Removed,
  Settled,
  Totals,
} from './state.ts';

/** An invitation with the log index that made it: one that is older than a member's removal lets nobody back in. */
export interface StoredInvitation extends Invitation {
  readonly index: number;
  /** As it was signed, when it gives a vote or the right to operate: it vouches for who joins by it. */
  readonly envelope: Bytes | undefined;
}

/** A signed command that gave somebody a vote or the right to operate, and who signed it. */
export interface Voucher {
  readonly by: PeerId;
  readonly envelope: Bytes;
}

export interface Session {
  /** Log index of the entry that opened it. */
  readonly id: number;
  readonly author: PeerId;
  readonly nonce: Bytes;
  /** Virtual time of its last command. */
  usedMs: number;
  /** Results below this number are settled for the client and forgotten here. */
  low: number;
  readonly results: Map<number, Settled>;
}

export interface MutableTotals {
  all: Totals;
  readonly byPrinter: Rows<string, Totals>;
  readonly byPerson: Rows<string, Totals>;
  readonly byMaterial: Rows<string, Totals>;
}

/**
 * The replicated state. Records are replaced, never changed in place, so that what a view holds stays as it was. Maps
 * keep the order of their commands, which is the same on every replica.
 */
export interface Tables {
  readonly genesis: OpenedGenesis;
  index: number;
  stampMs: number;
  rules: number;
  name: string;
  settings: Settings;
  relays: readonly string[];
  nextReplicaId: number;
  /** The secret under which members meet. */
  rendezvous: Bytes;
  /** Log index of the last removal that no new secret has followed; 0 when there is none. */
  rendezvousDue: number;
  readonly members: Rows<PeerId, Member>;
  readonly removed: Rows<PeerId, Removed>;
  readonly invitations: Rows<string, StoredInvitation>;
  /** What made those who are trusted so. */
  readonly vouchers: Rows<PeerId, readonly Voucher[]>;
  /** Least recently used first. */
  readonly sessions: Rows<number, Session>;
  readonly files: FileTable;
  /** Files that no set names, oldest first. */
  readonly idleFiles: Rows<FileId, true>;
  readonly jobs: JobTable;
  /** Finished jobs, oldest first. */
  readonly doneJobs: Rows<JobId, true>;
  readonly sets: Rows<SetId, JobSet>;
  readonly prints: Rows<PrintId, Print>;
  readonly printers: Rows<PrinterId, Printer>;
  readonly history: Rows<PrintId, HistoryEntry>;
  /** Ended prints beyond the history whose holder has not reported yet. */
  readonly awaited: Rows<PrintId, HistoryEntry>;
  readonly totals: MutableTotals;
  /** Derived from `prints`; not part of a snapshot. */
  readonly deadlines: Deadlines<PrintId>;
  readonly noting: Noting;
}

/** Most lists of a large queue are empty: one stands for all, which leaves less memory to wait for. */
export const none: readonly never[] = [];

export const noTotals: Totals = {
  prints: 0,
  good: 0,
  failed: 0,
  cancelled: 0,
  unknown: 0,
  surplus: 0,
  seconds: 0,
  filamentMm: 0,
};

export function emptyTables(
  genesis: OpenedGenesis,
  settings: Settings,
  noting: Noting = { on: false },
): Tables {
  return {
    genesis,
    index: 0,
    stampMs: 0,
    rules: genesis.genesis.rules,
    name: genesis.genesis.name,
    settings,
    relays: [],
    nextReplicaId: 2,
    rendezvous: genesis.genesis.rendezvous,
    rendezvousDue: 0,
    members: new Rows(noting),
    removed: new Rows(noting),
    invitations: new Rows(noting),
    vouchers: new Rows(noting),
    sessions: new Rows(noting, (_id, session) => ({ ...session, results: new Map(session.results) })),
    files: new FileTable(noting),
    idleFiles: new Rows(noting),
    jobs: new JobTable(noting),
    doneJobs: new Rows(noting),
    sets: new Rows(noting),
    prints: new Rows(noting),
    printers: new Rows(noting),
    history: new Rows(noting),
    awaited: new Rows(noting),
    totals: {
      all: noTotals,
      byPrinter: new Rows(noting),
      byPerson: new Rows(noting),
      byMaterial: new Rows(noting),
    },
    deadlines: new Deadlines(),
    noting,
  };
}

/** One command being applied: who asks, and what has changed so far. */
export interface Turn {
  readonly tables: Tables;
  readonly author: PeerId;
  readonly publicKey: Bytes;
  /** The command as it was signed. */
  readonly envelope: Bytes;
  /** The author's membership; only `join` comes without. */
  readonly member: Member | undefined;
  readonly changed: Change[];
}

/** A refusal (nothing was changed), a value to hand back, or plain success. */
export type Answer = QueueRefusal | number | undefined;

export type Right = 'own' | 'operate' | 'print' | 'submit';

const rights: Record<Role, ReadonlySet<Right>> = {
  owner: new Set<Right>(['own', 'operate', 'print', 'submit']),
  operator: new Set<Right>(['operate', 'print', 'submit']),
  printer: new Set<Right>(['print', 'submit']),
  submitter: new Set<Right>(['submit']),
  viewer: new Set<Right>(),
};

/** Whether a role includes a right. Views use it to show only what may be done. */
export function roleMay(role: Role, right: Right): boolean {
  return rights[role].has(right);
}

export function may(turn: Turn, right: Right): boolean {
  return turn.member !== undefined && roleMay(turn.member.role, right);
}

export function roleOf(turn: Turn): Role {
  return must(turn.member, 'only members send commands in a session').role;
}

export function putJob(turn: Pick<Turn, 'tables' | 'changed'>, job: Job): void {
  turn.tables.jobs.replace(job);
  turn.changed.push({ kind: 'job', id: job.id });
}

/** Says anew what lies on a bed: words about how it was known before do not count any more. */
export function putBed(
  turn: Pick<Turn, 'tables' | 'changed'>,
  printer: Printer,
  bed: Printer['bed'],
  bedPrint: Printer['bedPrint'],
): void {
  putPrinter(turn, { ...printer, bed, bedPrint, bedRevision: printer.bedRevision + 1 });
}

export function putPrinter(turn: Pick<Turn, 'tables' | 'changed'>, printer: Printer): void {
  turn.tables.printers.set(printer.id, printer);
  turn.changed.push({ kind: 'printer', id: printer.id });
}

export function putPrint(turn: Pick<Turn, 'tables' | 'changed'>, print: Print): void {
  turn.tables.prints.set(print.id, print);
  turn.changed.push({ kind: 'print', id: print.id });
}

export function putSet(turn: Pick<Turn, 'tables' | 'changed'>, set: JobSet): void {
  turn.tables.sets.set(set.id, set);
  turn.changed.push({ kind: 'job', id: set.job });
}

/** When a print must be looked at: its lease, or the owner's rule once contact is lost. */
export function deadlineOf(tables: Tables, id: PrintId): number | undefined {
  const print = tables.prints.get(id);
  if (print === undefined) return undefined;
  if (print.lostMs === undefined) return print.leaseUntilMs;
  return tables.settings.lostAfterMs === null ? undefined : print.lostMs + tables.settings.lostAfterMs;
}

export function isRefusal(answer: Answer): answer is QueueRefusal {
  return typeof answer === 'object';
}
