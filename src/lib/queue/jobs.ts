import type { JobId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { CommandOf, SetSpec } from './command.ts';
import { withDecided } from './copies.ts';
import * as limits from './limits.ts';
import { addFileUse } from './queue-files.ts';
import { held, notAllowed, notFound, owned } from './refusals.ts';
import type { Job, JobSet } from './state.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { may, none, putJob, putSet, roleOf } from './tables.ts';
import {
  dropClaimsOf,
  dropJob,
  dropSurplusClaims,
  mustJob,
  mustPrint,
  mustPrinter,
  mustSet,
  removeSet,
  settleJob,
} from './upkeep.ts';

/** Jobs and their sets: what shall be printed, in which order. */

export function addJob(turn: Turn, command: CommandOf<'add-job'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'submit')) return notAllowed(roleOf(turn), 'add-jobs');
  if (tables.jobs.has(command.job)) return { code: 'exists', what: 'job' };
  if (command.after !== undefined && !may(turn, 'operate')) {
    return notAllowed(roleOf(turn), 'put-before-others');
  }
  if (typeof command.after === 'string' && !tables.jobs.has(command.after)) return notFound('job');
  if (tables.jobs.size >= limits.jobsMax) {
    return { code: 'limit', what: 'jobs', max: limits.jobsMax };
  }
  if (!may(turn, 'operate') && tables.jobs.openOf(turn.author) >= limits.openJobsPerMemberMax) {
    return { code: 'limit', what: 'own-jobs', max: limits.openJobsPerMemberMax };
  }
  const wrong = checkSets(tables, command.sets, undefined);
  if (wrong !== undefined) return wrong;
  const job: Job = {
    id: command.job,
    name: command.name,
    copies: command.copies,
    draft: command.draft,
    keepTogether: command.keepTogether,
    boundTo: undefined,
    notes: command.notes ?? '',
    dueMs: command.dueMs,
    by: turn.author,
    createdMs: tables.stampMs,
    wallMs: command.wallMs,
    sets: command.sets.map((spec) => spec.set),
    done: false,
  };
  for (const spec of command.sets) putNewSet(turn, job.id, spec);
  tellPlace(turn, job.id, tables.jobs.add(job, command.after));
  return undefined;
}

export function editJob(turn: Turn, command: CommandOf<'edit-job'>): Answer {
  const { tables } = turn;
  const job = tables.jobs.get(command.job);
  if (job === undefined) return notFound('job');
  const notMine = checkOwner(turn, job);
  if (notMine !== undefined) return notMine;
  if (command.sets !== undefined) {
    const wrong = checkSets(tables, command.sets, job) ?? checkKeptPrints(turn, job, command.sets);
    if (wrong !== undefined) return wrong;
  }
  const keepTogether = command.keepTogether ?? job.keepTogether;
  putJob(turn, {
    ...job,
    name: command.name ?? job.name,
    copies: command.copies ?? job.copies,
    draft: command.draft ?? job.draft,
    keepTogether,
    boundTo: keepTogether && job.keepTogether ? job.boundTo : undefined,
    notes: command.notes ?? job.notes,
    dueMs: command.dueMs === undefined ? job.dueMs : (command.dueMs ?? undefined),
  });
  // A name or a note changes nothing of what is printed.
  const { sets, copies, draft } = command;
  if (sets === undefined && copies === undefined && draft === undefined && keepTogether === job.keepTogether)
    return undefined;
  if (copies !== undefined && copies !== job.copies) countAnew(turn, job);
  if (command.sets !== undefined) replaceSets(turn, job, command.sets);
  if (command.draft === true) dropClaimsOf(turn, job.id);
  dropSurplusClaims(turn, job.id);
  settleJob(turn, job.id);
  return undefined;
}

export function moveJob(turn: Turn, command: CommandOf<'move-job'>): Answer {
  const { tables } = turn;
  if (!tables.jobs.has(command.job)) return notFound('job');
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'move-jobs');
  if (command.after === command.job) return { code: 'bad-position' };
  if (command.after !== null && !tables.jobs.has(command.after)) return notFound('job');
  tellPlace(turn, command.job, tables.jobs.move(command.job, command.after));
  return undefined;
}

export function deleteJob(turn: Turn, command: CommandOf<'delete-job'>): Answer {
  const { tables } = turn;
  const job = tables.jobs.get(command.job);
  if (job === undefined) return notFound('job');
  const notMine = checkOwner(turn, job);
  if (notMine !== undefined) return notMine;
  for (const id of job.sets) {
    const busy = checkNoPrints(turn, mustSet(tables, id));
    if (busy !== undefined) return busy;
  }
  dropJob(turn, job);
  return undefined;
}

export function releaseSet(turn: Turn, command: CommandOf<'release-set'>): Answer {
  const set = turn.tables.sets.get(command.set);
  if (set === undefined) return notFound('set');
  const notMine = checkOwner(turn, mustJob(turn.tables, set.job));
  if (notMine !== undefined) return notMine;
  putSet(turn, { ...set, quarantine: undefined, failures: 0, failedOn: none, unfitOn: none });
  return undefined;
}

/** A person's word on copies that wait for it. Those that do not (any more) are passed over, so that a word told twice counts once. */
export function decideCopies(turn: Turn, command: CommandOf<'decide-copies'>): Answer {
  const { tables } = turn;
  const before = tables.sets.get(command.set);
  if (before === undefined) return notFound('set');
  const job = mustJob(tables, before.job);
  // Who drives a printer may say no at its display, and so may take it back.
  const notMine = may(turn, 'print') ? undefined : checkOwner(turn, job);
  if (notMine !== undefined) return notMine;
  const waiting = new Set(command.copies.filter((copy) => before.onHold.includes(copy)));
  if (waiting.size === 0) return { code: 'not-on-hold', job: job.name };
  let set = before;
  for (const copy of waiting) set = withDecided(set, copy, command.verdict);
  putSet(turn, set);
  dropSurplusClaims(turn, job.id);
  settleJob(turn, job.id);
  return undefined;
}

function checkOwner(turn: Turn, job: Job): (Answer & object) | undefined {
  if (may(turn, 'operate') || (may(turn, 'submit') && job.by === turn.author)) return undefined;
  if (!may(turn, 'submit')) return notAllowed(roleOf(turn), 'change-jobs');
  return owned(turn.author, job.id, job.by);
}

/** Known files, and set ids that are new or this job's own. */
function checkSets(
  tables: Tables,
  specs: readonly SetSpec[],
  job: Job | undefined,
): (Answer & object) | undefined {
  const seen = new Set<SetId>();
  for (const spec of specs) {
    const known = tables.sets.get(spec.set);
    if (seen.has(spec.set) || (known !== undefined && known.job !== job?.id)) {
      return { code: 'exists', what: 'set' };
    }
    seen.add(spec.set);
    if (!tables.files.has(spec.file)) return notFound('file');
  }
  return undefined;
}

/** A set with prints under way keeps its file and its place in the job. */
function checkKeptPrints(turn: Turn, job: Job, specs: readonly SetSpec[]): (Answer & object) | undefined {
  const wanted = new Map(specs.map((spec) => [spec.set, spec]));
  for (const id of job.sets) {
    const set = mustSet(turn.tables, id);
    if (wanted.get(id)?.file === set.file) continue;
    const busy = checkNoPrints(turn, set);
    if (busy !== undefined) return busy;
  }
  return undefined;
}

/** One's own claims may be dropped on the way; everything else that is held stands against it. */
function checkNoPrints(turn: Turn, set: JobSet): (Answer & object) | undefined {
  for (const id of set.active) {
    const print = mustPrint(turn.tables, id);
    if (print.holder !== turn.author) return held(turn.author, set.job, print.holder);
    if (print.phase !== 'claimed') {
      const printer = mustPrinter(turn.tables, print.printer).name;
      return { code: 'print-under-way', printer, first: 'cancel' };
    }
  }
  return undefined;
}

/** How many copies there shall be is said anew: what was taken off before is in that number. */
function countAnew(turn: Turn, job: Job): void {
  for (const id of job.sets) {
    const set = mustSet(turn.tables, id);
    if (set.takenOff > 0) putSet(turn, { ...set, takenOff: 0 });
  }
}

function replaceSets(turn: Turn, job: Job, specs: readonly SetSpec[]): void {
  const { tables } = turn;
  const kept = new Set(specs.map((spec) => spec.set));
  for (const id of job.sets) if (!kept.has(id)) removeSet(turn, id);
  for (const spec of specs) {
    const set = tables.sets.get(spec.set);
    if (set === undefined) {
      putNewSet(turn, job.id, spec);
    } else if (set.file === spec.file) {
      const takenOff = spec.count === set.count ? set.takenOff : 0;
      putSet(turn, { ...set, count: spec.count, requirements: spec.requirements, takenOff });
    } else {
      // Another file is another thing: what was printed of the old one does not count.
      removeSet(turn, spec.set);
      putNewSet(turn, job.id, spec);
    }
  }
  const now = must(tables.jobs.get(job.id), 'an edited job is there');
  putJob(turn, { ...now, sets: specs.map((spec) => spec.set) });
}

function putNewSet(turn: Turn, job: JobId, spec: SetSpec): void {
  addFileUse(turn, spec.file);
  turn.tables.sets.set(spec.set, {
    id: spec.set,
    job,
    file: spec.file,
    madeAt: turn.tables.index,
    count: spec.count,
    requirements: spec.requirements,
    good: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
    active: none,
    nextCopy: 1,
    again: none,
    onHold: none,
    takenOff: 0,
    unfitOn: none,
    failures: 0,
    failedOn: none,
    quarantine: undefined,
  });
}

/** A job came to a place, and others got new labels by that. */
function tellPlace({ changed }: Turn, job: JobId, relabelled: readonly JobId[]): void {
  for (const id of relabelled) changed.push({ kind: 'job', id });
  changed.push({ kind: 'order' }, { kind: 'job', id: job });
}
