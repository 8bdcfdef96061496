import * as v from 'valibot';
import type { FileId, JobId, PeerId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { Outcome } from './command.ts';
import { bedStates, commandSchemas, fileMetaSchema, outcomes } from './command.ts';
import { quarantineSchema, reasonSchema, stopSchema, unfitSchema } from './facts.ts';
import type { Reader, Writer } from './pack.ts';
import { Unreadable, array, list, pick, repeat } from './pack.ts';
import { requirementsSchema } from './settings.ts';
import type {
  Forgiven,
  HistoryEntry,
  Job,
  JobSet,
  Phase,
  Print,
  Printer,
  QueueFile,
  Totals,
} from './state.ts';
import type { Tables } from './tables.ts';

/** Files, jobs, printers, prints and history in a snapshot. */

const phases: readonly Phase[] = ['claimed', 'starting', 'started', 'ahead'];

export function writeWork(w: Writer, tables: Tables): void {
  list(w, tables.files.values(), tables.files.size, (file) => writeFile(w, file));
  list(w, tables.idleFiles.keys(), tables.idleFiles.size, (id) => w.name(id));
  list(w, tables.jobs.from(), tables.jobs.size, (job) => {
    writeJob(w, job);
    list(w, job.sets, job.sets.length, (set) =>
      writeSet(w, must(tables.sets.get(set), 'a job names sets that are there')),
    );
  });
  list(w, tables.doneJobs.keys(), tables.doneJobs.size, (id) => w.text(id));
  list(w, tables.printers.values(), tables.printers.size, (printer) => writePrinter(w, printer));
  list(w, tables.prints.values(), tables.prints.size, (print) => writePrint(w, print));
}

export function writeFile(w: Writer, file: QueueFile): void {
  w.name(file.id);
  w.text(file.name);
  w.uint(file.size);
  w.value(file.meta);
  w.name(file.by);
}

export function writePrint(w: Writer, print: Print): void {
  w.text(print.id);
  w.text(print.set);
  w.name(print.printer);
  w.uint(print.copy);
  w.name(print.holder);
  w.uint(phases.indexOf(print.phase));
  w.uint(print.claimedMs);
  w.maybe(print.startedMs);
  w.maybe(print.startedWallMs);
  w.uint(print.leaseUntilMs);
  w.maybe(print.lostMs);
  w.maybeName(print.cancel?.by);
  w.maybeName(print.cancel?.reason);
}

export function readWork(r: Reader, tables: Tables): void {
  repeat(r, tables.files, () => {
    const id = r.name() as FileId;
    const file = { name: r.text(), size: r.uint(), meta: r.value(fileMetaSchema), by: r.name() as PeerId };
    tables.files.set(id, { id, ...file, uses: 0 });
  });
  repeat(r, tables.idleFiles, () => tables.idleFiles.set(r.name() as FileId, true));
  const uses = new Map<FileId, number>();
  repeat(r, tables.jobs, () => readJob(r, tables, uses));
  for (const [id, count] of uses) {
    const file = tables.files.get(id);
    if (file === undefined) throw new Unreadable('a set of no file');
    tables.files.set(id, { ...file, uses: count });
  }
  for (const id of tables.idleFiles.keys())
    if (!tables.files.has(id) || uses.has(id)) throw new Unreadable('an idle file that is none');
  repeat(r, tables.doneJobs, () => {
    const id = r.text() as JobId;
    if (tables.jobs.get(id)?.done !== true) throw new Unreadable('a finished job that is not there');
    tables.doneJobs.set(id, true);
  });
  repeat(r, tables.printers, () => readPrinter(r, tables));
  repeat(r, tables.prints, () => {
    const id = r.text() as PrintId;
    const set = r.text() as SetId;
    const printer = r.name() as PrinterId;
    const copy = r.uint();
    const job = tables.sets.get(set)?.job;
    if (job === undefined || !tables.printers.has(printer))
      throw new Unreadable('a print of nothing or nowhere');
    const head = { id, set, job, printer, copy, holder: r.name() as PeerId, phase: pick(r, phases) };
    const times = {
      claimedMs: r.uint(),
      startedMs: r.maybe(),
      startedWallMs: r.maybe(),
      leaseUntilMs: r.uint(),
      lostMs: r.maybe(),
    };
    const by = r.maybeName() as PeerId | undefined;
    const reason = r.maybeName();
    if ((by === undefined) !== (reason === undefined)) throw new Unreadable('a wish of nobody');
    tables.prints.set(id, {
      ...head,
      ...times,
      cancel: by === undefined || reason === undefined ? undefined : { by, reason },
    });
  });
  checkPrints(tables);
}

/** What names a print must name one that is there: the rest of the room relies on it. */
function checkPrints(tables: Tables): void {
  let held = 0;
  let mounted = 0;
  for (const set of tables.sets.values()) {
    if ((set.again.at(-1) ?? 0) >= set.nextCopy) throw new Unreadable('a copy that was never given');
    for (const id of set.active) {
      held++;
      const print = tables.prints.get(id);
      if (print?.set !== set.id) throw new Unreadable('a set holds a print that is not there');
      if (print.copy < 1 || print.copy >= set.nextCopy) throw new Unreadable('a copy that was never given');
    }
  }
  for (const printer of tables.printers.values()) {
    for (const id of printer.prints) {
      mounted++;
      if (tables.prints.get(id)?.printer !== printer.id)
        throw new Unreadable('a printer has a print that is not there');
    }
  }
  if (held !== tables.prints.size || mounted !== tables.prints.size)
    throw new Unreadable('a print that nobody holds');
}

export function writeJob(w: Writer, job: Job): void {
  w.text(job.id);
  w.text(job.name);
  w.uint(job.copies);
  w.uint((job.draft ? 1 : 0) + (job.keepTogether ? 2 : 0) + (job.done ? 4 : 0));
  w.maybeName(job.boundTo);
  w.text(job.notes);
  w.maybe(job.dueMs);
  w.name(job.by);
  w.uint(job.createdMs);
  w.maybe(job.wallMs);
}

function readJob(r: Reader, tables: Tables, uses: Map<FileId, number>): void {
  const id = r.text() as JobId;
  const name = r.text();
  const copies = r.uint();
  const flags = r.uint();
  const boundTo = r.maybeName() as PrinterId | undefined;
  const notes = r.text();
  const dueMs = r.maybe();
  const by = r.name() as PeerId;
  const createdMs = r.uint();
  const wallMs = r.maybe();
  const sets = array(r, () => readSet(r, tables, id, uses));
  if (flags > 7 || tables.jobs.has(id)) throw new Unreadable('a job that cannot be');
  const job: Job = {
    id,
    name,
    copies,
    draft: (flags & 1) !== 0,
    keepTogether: (flags & 2) !== 0,
    boundTo,
    notes,
    dueMs,
    by,
    createdMs,
    wallMs,
    sets,
    done: (flags & 4) !== 0,
  };
  tables.jobs.add(job, undefined);
}

export function writeSet(w: Writer, set: JobSet): void {
  w.text(set.id);
  w.name(set.file);
  w.uint(set.madeAt);
  w.uint(set.count);
  w.value(set.requirements);
  w.uint(set.good);
  w.uint(set.failed);
  w.uint(set.cancelled);
  w.uint(set.unknown);
  list(w, set.active, set.active.length, (print) => w.text(print));
  w.uint(set.nextCopy);
  list(w, set.again, set.again.length, (copy) => w.uint(copy));
  list(w, set.onHold, set.onHold.length, (copy) => w.uint(copy));
  w.uint(set.takenOff);
  list(w, set.unfitOn, set.unfitOn.length, ({ printer, profileRevision, code, text }) => {
    w.name(printer);
    w.uint(profileRevision);
    w.value({ code, text });
  });
  w.uint(set.failures);
  list(w, set.failedOn, set.failedOn.length, (printer) => w.name(printer));
  writeFact(w, set.quarantine);
}

function readSet(r: Reader, tables: Tables, job: JobId, uses: Map<FileId, number>): SetId {
  const id = r.text() as SetId;
  const file = r.name() as FileId;
  const before = tables.sets.size;
  uses.set(file, (uses.get(file) ?? 0) + 1);
  tables.sets.set(id, {
    id,
    job,
    file,
    madeAt: r.uint(),
    count: r.uint(),
    requirements: r.value(requirementsSchema),
    good: r.uint(),
    failed: r.uint(),
    cancelled: r.uint(),
    unknown: r.uint(),
    active: array(r, () => r.text() as PrintId),
    nextCopy: r.uint(),
    again: ascending(r),
    onHold: ascending(r),
    takenOff: r.uint(),
    unfitOn: array(r, () => {
      const printer = r.name() as PrinterId;
      return { printer, profileRevision: r.uint(), ...r.value(unfitSchema) };
    }),
    failures: r.uint(),
    failedOn: array(r, () => r.name() as PrinterId),
    quarantine: readFact(r, quarantineSchema),
  });
  if (tables.sets.size === before) throw new Unreadable('a set that cannot be');
  return id;
}

/** Numbers of copies, each larger than the one before. */
function ascending(r: Reader): readonly number[] {
  let before = 0;
  return array(r, () => {
    const copy = r.uint();
    if (copy <= before) throw new Unreadable('copies out of order');
    before = copy;
    return copy;
  });
}

export function writePrinter(w: Writer, printer: Printer): void {
  w.name(printer.id);
  w.name(printer.peer);
  w.text(printer.name);
  w.uint((printer.enabled ? 1 : 0) + (printer.autoClear ? 2 : 0));
  w.maybeName(printer.model);
  w.value([printer.nozzleMm ?? null, printer.sizeMm ?? null, printer.kinds ?? null, printer.surface ?? null]);
  w.value(printer.materials);
  w.uint(bedStates.indexOf(printer.bed));
  w.maybeName(printer.bedPrint);
  w.uint(printer.profileRevision);
  w.uint(printer.bedRevision);
  list(w, printer.prints, printer.prints.length, (id) => w.text(id));
  list(w, printer.failedSets, printer.failedSets.length, (id) => w.text(id));
  writeFact(w, printer.stopped);
}

const printerEntries = commandSchemas['set-printer'].entries;
/** What a printer may leave unsaid: written as one value, because many printers of a queue are alike. */
const printerBodySchema = v.strictTuple([
  v.nullable(printerEntries.nozzleMm.wrapped),
  v.nullable(printerEntries.sizeMm.wrapped),
  v.nullable(printerEntries.kinds.wrapped),
  v.nullable(printerEntries.surface.wrapped),
]);

function readPrinter(r: Reader, tables: Tables): void {
  const id = r.name() as PrinterId;
  const peer = r.name() as PeerId;
  const name = r.text();
  const flags = r.uint();
  if (flags > 3 || tables.printers.has(id)) throw new Unreadable('a printer that cannot be');
  const model = r.maybeName();
  const [nozzleMm, sizeMm, kinds, surface] = r.value(printerBodySchema);
  tables.printers.set(id, {
    id,
    peer,
    name,
    enabled: (flags & 1) !== 0,
    autoClear: (flags & 2) !== 0,
    model,
    nozzleMm: nozzleMm ?? undefined,
    sizeMm: sizeMm ?? undefined,
    kinds: kinds ?? undefined,
    surface: surface ?? undefined,
    materials: r.value(printerEntries.materials),
    bed: pick(r, bedStates),
    bedPrint: r.maybeName() as PrintId | undefined,
    profileRevision: r.uint(),
    bedRevision: r.uint(),
    prints: array(r, () => r.text() as PrintId),
    failedSets: array(r, () => r.text() as SetId),
    stopped: readFact(r, stopSchema),
  });
}

/** A fact that may be missing. */
function writeFact(w: Writer, fact: object | undefined): void {
  w.bool(fact !== undefined);
  if (fact !== undefined) w.value(fact);
}

function readFact<Schema extends v.GenericSchema>(
  r: Reader,
  schema: Schema,
): v.InferOutput<Schema> | undefined {
  return r.bool() ? r.value(schema) : undefined;
}

export function writeEnded(w: Writer, entry: HistoryEntry): void {
  w.text(entry.id);
  w.name(entry.job);
  w.name(entry.jobName);
  w.name(entry.set);
  w.uint(entry.setMadeAt);
  w.uint(entry.copy);
  w.name(entry.file);
  w.name(entry.fileName);
  w.name(entry.printer);
  w.name(entry.printerName);
  w.name(entry.holder);
  w.name(entry.submitter);
  w.name(entry.material);
  w.uint(entry.claimedMs);
  w.maybe(entry.startedMs);
  w.uint(entry.endedMs);
  w.maybe(entry.startedWallMs);
  w.maybe(entry.endedWallMs);
  w.uint(outcomes.indexOf(entry.outcome));
  writeFact(w, entry.reason);
  w.name(entry.decidedBy);
  const { forgave } = entry;
  w.uint((entry.reported ? 1 : 0) + (entry.surplus ? 2 : 0) + (forgave === undefined ? 0 : 4));
  w.uint(entry.lines);
  w.uint(entry.resends);
  w.uint(entry.seconds);
  w.uint(entry.filamentMm);
  if (forgave === undefined) return;
  w.uint(forgave.good);
  w.uint(forgave.failures);
  list(w, forgave.failedOn, forgave.failedOn.length, (printer) => w.name(printer));
  list(w, forgave.failedSets, forgave.failedSets.length, (set) => w.text(set));
}

function readForgiven(r: Reader): Forgiven {
  return {
    good: r.uint(),
    failures: r.uint(),
    failedOn: array(r, () => r.name() as PrinterId),
    failedSets: array(r, () => r.text() as SetId),
  };
}

export function readEnded(r: Reader): HistoryEntry {
  const names = {
    id: r.text() as PrintId,
    job: r.name() as JobId,
    jobName: r.name(),
    set: r.name() as SetId,
    setMadeAt: r.uint(),
    copy: r.uint(),
    file: r.name() as FileId,
    fileName: r.name(),
    printer: r.name() as PrinterId,
    printerName: r.name(),
    holder: r.name() as PeerId,
    submitter: r.name() as PeerId,
    material: r.name(),
  };
  const times = {
    claimedMs: r.uint(),
    startedMs: r.maybe(),
    endedMs: r.uint(),
    startedWallMs: r.maybe(),
    endedWallMs: r.maybe(),
  };
  const outcome: Outcome = pick(r, outcomes);
  const reason = readFact(r, reasonSchema);
  const decidedBy = r.name() as PeerId | 'rule';
  const flags = r.uint();
  if (flags > 7) throw new Unreadable('an end that cannot be');
  const figures = { lines: r.uint(), resends: r.uint(), seconds: r.uint(), filamentMm: r.uint() };
  const forgave = (flags & 4) === 0 ? undefined : readForgiven(r);
  return {
    ...names,
    ...times,
    outcome,
    reason,
    decidedBy,
    reported: (flags & 1) !== 0,
    surplus: (flags & 2) !== 0,
    ...(forgave !== undefined && { forgave }),
    ...figures,
  };
}

export function writeTotals(w: Writer, totals: Totals): void {
  for (const key of totalsKeys) w.int(totals[key]);
}

export function readTotals(r: Reader): Totals {
  const out = {
    prints: 0,
    good: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
    surplus: 0,
    seconds: 0,
    filamentMm: 0,
  };
  for (const key of totalsKeys) out[key] = r.int();
  return out;
}

const totalsKeys = [
  'prints',
  'good',
  'failed',
  'cancelled',
  'unknown',
  'surplus',
  'seconds',
  'filamentMm',
] as const satisfies readonly (keyof Totals)[];
