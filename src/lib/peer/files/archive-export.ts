import { Zip, ZipDeflate } from 'fflate';
import { type Result, ok, refuse, utf8 } from '../../base/index.ts';
import type { FileStore } from '../../files/index.ts';
import {
  type HistoryEntry,
  type Job,
  type JobSet,
  type QueueState,
  queueLimits,
  remainingOf,
  setsOf,
} from '../../queue/index.ts';
import {
  type Archive,
  archiveEntry,
  archiveFilesBytesMax,
  archiveJobsMax,
  encodeArchive,
  fileEntry,
  without,
} from './archive.ts';

/** Parts of the archive kept in memory before they are given to the browser, which keeps large Blobs on disk. */
const partBytes = 4 * 1024 ** 2;
/** G-code shrinks to a third at the fastest level; the next ones cost more time than they save. */
const level = 1;
const { countMax } = queueLimits;

export interface ExportPorts {
  readonly state: QueueState;
  readonly store: FileStore;
  readonly wallMs: number;
  /** Brings a file here that other peers hold. */
  readonly bring: (file: Archive['files'][number]['file']) => Promise<Result<undefined>>;
  /** Whether a file is here or somebody who is here holds it. */
  readonly withinReach: (file: Archive['files'][number]['file']) => boolean;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * What is missing of a job, each print once: whole copies of it where all its sets lack the same number of them, otherwise what each set lacks.
 * A copy that is begun is made again.
 */
function stillToMake(job: Job, sets: readonly JobSet[]) {
  const missing = sets.map((set) => ({ set, count: remainingOf(job, set) })).filter(({ count }) => count > 0);
  const [first] = missing;
  if (first === undefined) return undefined;
  const copies = first.count / first.set.count;
  const whole = missing.length === sets.length && Number.isInteger(copies);
  if (whole && missing.every(({ set, count }) => count === copies * set.count))
    return { copies, sets: missing.map(({ set }) => ({ set, count: set.count })) };
  // More than a set may ask for in one go does not come about by printing.
  return { copies: 1, sets: missing.map(({ set, count }) => ({ set, count: Math.min(count, countMax) })) };
}

/** What `queue.json` says of a queue. */
export function archiveOf(state: QueueState, wallMs: number): Archive {
  const jobs: Archive['jobs'] = [];
  for (const job of state.jobsInOrder()) {
    if (job.done) continue;
    const left = stillToMake(job, setsOf(state, job));
    if (left === undefined) continue;
    jobs.push({
      type: 'add-job',
      job: job.id,
      name: job.name,
      copies: left.copies,
      draft: job.draft,
      keepTogether: job.keepTogether,
      notes: job.notes,
      ...(job.dueMs === undefined ? {} : { dueMs: job.dueMs }),
      ...(job.wallMs === undefined ? {} : { wallMs: job.wallMs }),
      sets: left.sets.map(({ set: { id, file, requirements }, count }) => ({
        set: id,
        file,
        count,
        // Printers are known to their own queue only.
        requirements: without(requirements, 'printers'),
      })),
    });
  }
  return {
    format: 'peerprint-queue',
    v: 1,
    name: state.head.name,
    lan: state.head.lan,
    exportedWallMs: Math.floor(wallMs),
    settings: {
      ...state.head.settings,
      defaultRequirements: without(state.head.settings.defaultRequirements, 'printers'),
    },
    files: [...state.files.values()].map(({ id, name, size, meta }) => ({
      type: 'add-file',
      file: id,
      name,
      size,
      meta,
    })),
    jobs,
    history: [...state.history.values()].map(endedOf),
  };
}

/**
 * The whole queue with its files as one zip, built piece by piece. Refused when a file of a job to come is nowhere to be had; one that no such job needs
 * is left out then: peers need not keep those, and a queue whose people are gone must still be saved.
 */
export async function exportArchive(ports: ExportPorts): Promise<Result<Blob>> {
  const { store, signal } = ports;
  const whole = archiveOf(ports.state, ports.wallMs);
  const needed = new Set(whole.jobs.flatMap((job) => job.sets.map(({ file }) => file)));
  const wanted = whole.files.filter(({ file }) => needed.has(file) || ports.withinReach(file));
  const gone = new Set<string>();
  const totalBytes = wanted.reduce((sum, file) => sum + file.size, 0);
  const { jobs } = whole;
  if (jobs.length > archiveJobsMax) {
    return refuse(
      'archive-too-large',
      `This queue has ${jobs.length} jobs to come, and one archive holds ${archiveJobsMax}. Delete some, or let them be printed, then export again.`,
    );
  }
  if (totalBytes > archiveFilesBytesMax) {
    return refuse(
      'archive-too-large',
      'The files of this queue are more than one archive holds (4 GB). Delete jobs whose files are no longer needed, then export again.',
    );
  }
  for (const { file, name } of wanted) {
    const here = await ports.bring(file);
    if (here.ok) continue;
    if (signal.aborted) return refuse('cancelled', 'The export was cancelled.');
    if (needed.has(file))
      return refuse(
        'file-not-here',
        `“${name}” is not in this browser: ${here.refusal.text} Export again when a peer that holds it is here, or delete the jobs that need it.`,
      );
    gone.add(file);
  }
  const archive = { ...whole, files: wanted.filter(({ file }) => !gone.has(file)) };
  const parts = new Parts();
  let failure: Error | undefined;
  const zip = new Zip((error, data) => {
    if (error !== null) failure = error;
    else parts.add(data);
  });
  const add = (name: string) => {
    const entry = new ZipDeflate(name, { level });
    zip.add(entry);
    return entry;
  };
  add(archiveEntry).push(utf8(encodeArchive(archive)), true);
  let doneBytes = 0;
  for (const { file, name } of archive.files) {
    const open = store.open(file);
    if (open === undefined)
      return refuse('file-not-here', `“${name}” was removed from this browser meanwhile.`);
    const entry = add(fileEntry(file));
    for await (const chunk of open.chunks()) {
      if (signal.aborted) return refuse('cancelled', 'The export was cancelled.');
      entry.push(chunk);
      doneBytes += chunk.length;
      ports.onProgress(doneBytes, totalBytes);
    }
    entry.push(new Uint8Array(), true);
  }
  zip.end();
  if (failure !== undefined) throw failure;
  return ok(parts.blob());
}

/** Collects bytes into Blobs, so that a large archive is not held in this worker's memory. */
class Parts {
  readonly #blobs: Blob[] = [];
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #bytes = 0;

  add(data: Uint8Array): void {
    this.#waiting.push(new Uint8Array(data));
    this.#bytes += data.length;
    if (this.#bytes >= partBytes) this.#flush();
  }

  blob(): Blob {
    this.#flush();
    return new Blob(this.#blobs, { type: 'application/zip' });
  }

  #flush(): void {
    this.#blobs.push(new Blob(this.#waiting));
    this.#waiting = [];
    this.#bytes = 0;
  }
}

function endedOf(entry: HistoryEntry): Archive['history'][number] {
  const { startedWallMs, endedWallMs } = entry;
  return {
    id: entry.id,
    jobName: entry.jobName,
    copy: entry.copy,
    file: entry.file,
    fileName: entry.fileName,
    printerName: entry.printerName,
    material: entry.material,
    outcome: entry.outcome,
    ...(entry.reason !== undefined && { reason: entry.reason }),
    ...(startedWallMs === undefined ? {} : { startedWallMs }),
    ...(endedWallMs === undefined ? {} : { endedWallMs }),
    lines: entry.lines,
    resends: entry.resends,
    seconds: entry.seconds,
    filamentMm: entry.filamentMm,
  };
}
