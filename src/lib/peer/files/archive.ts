import * as v from 'valibot';
import { type Result, messageOf, ok, refuse } from '../../base/index.ts';
import { commandSchemas, importedPrint, queueLimits, settingsChangeSchema } from '../../queue/index.ts';

/**
 * A whole queue as one zip: `queue.json` first, then each file under the name of its hash. Jobs, files and ended prints stand in it in the
 * shape of the commands that bring them into the new queue, so what cannot be imported cannot be read. docs/protocols.md, "Archive".
 */
export const archiveEntry = 'queue.json';
export const fileEntry = (file: string) => `files/${file}.gcode`;

/** Characters of `queue.json`: ten thousand jobs and ended prints take a tenth of it. */
export const archiveTextMax = 64 * 1024 ** 2;
/** Bytes of all files together: what a zip without 64-bit extensions holds, with room for its own lists. */
export const archiveFilesBytesMax = 4 * 1024 ** 3 - 16 * 1024 ** 2;
/** Jobs of one archive. */
export const archiveJobsMax = 10_000;

export const archiveSchema = v.strictObject({
  format: v.literal('peerprint-queue'),
  v: v.literal(1),
  name: commandSchemas['rename-queue'].entries.name,
  lan: v.boolean(),
  /** Wall clock of who exported it. For display. */
  exportedWallMs: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(queueLimits.wallMsMax)),
  settings: settingsChangeSchema,
  files: v.pipe(v.array(commandSchemas['add-file']), v.maxLength(queueLimits.filesMax)),
  /** Jobs with copies to come, in the order of the queue. */
  jobs: v.pipe(v.array(commandSchemas['add-job']), v.maxLength(archiveJobsMax)),
  /** Ended prints, oldest first. */
  history: v.pipe(v.array(importedPrint), v.maxLength(queueLimits.historyMax)),
});
export type Archive = v.InferOutput<typeof archiveSchema>;

/** The same without one of its keys. */
export function without<T extends object, K extends keyof T>(object: T, key: K): Omit<T, K> {
  return Object.fromEntries(Object.entries(object).filter(([each]) => each !== key)) as Omit<T, K>;
}

export function encodeArchive(archive: Archive): string {
  return JSON.stringify(archive, undefined, 1);
}

/** Refused, with the place of the first thing that is wrong, when it is no archive of a queue. */
export function parseArchive(text: string): Result<Archive> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse('archive-damaged', `The list in this archive cannot be read: ${messageOf(error)}`);
  }
  const parsed = v.safeParse(archiveSchema, json);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const place = issue.path?.map((step) => String(step.key)).join('.') ?? '';
  return refuse(
    'archive-unknown',
    `This is no archive of a queue that this version of PeerPrint knows (${place}: ${issue.message})`,
  );
}
