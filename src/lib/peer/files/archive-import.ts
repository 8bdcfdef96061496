import { Unzip, UnzipInflate, UnzipPassThrough } from 'fflate';
import {
  type FileId,
  type JobId,
  type Random,
  type Result,
  type SetId,
  hex,
  messageOf,
  ok,
  refuse,
} from '../../base/index.ts';
import type { FileStore } from '../../files/index.ts';
import { type Command, queueLimits } from '../../queue/index.ts';
import { type Archive, archiveEntry, archiveTextMax, fileEntry, parseArchive, without } from './archive.ts';
import { type Pause, takeIn } from './file-intake.ts';

/** Bytes of the zip unpacked at a time: deflate makes at most a thousandfold of them, so memory stays bounded whatever is in it. */
const stepBytes = 32 * 1024;
const partBytes = 4 * 1024 ** 2;
/** What one step may unpack of entries that follow the list in it. */
const earlyBytesMax = 64 * 1024 ** 2;

export interface ImportPorts {
  readonly archive: Blob;
  readonly store: FileStore;
  readonly random: Random;
  /** Called with the list once it is read and found good; gives what takes commands of the new queue. */
  readonly begin: (archive: Archive) => Promise<Result<(command: Command) => Promise<Result<undefined>>>>;
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
  readonly signal: AbortSignal;
  readonly pause: Pause;
  /** The file is this browser's own from now on. */
  readonly own: (file: FileId) => void;
}

/** Reads an archive piece by piece into a new queue. Every file must be what its name says, byte for byte. */
export async function importArchive(ports: ImportPorts): Promise<Result<Archive>> {
  const { archive: blob, signal } = ports;
  const unpacking = new Unpacking();
  let list: Archive | undefined;
  let submit: ((command: Command) => Promise<Result<undefined>>) | undefined;
  const missing = new Map<string, Archive['files'][number]>();
  for (let at = 0; at < blob.size; at += stepBytes) {
    if (signal.aborted) return refuse('cancelled', 'The import was cancelled.');
    const bytes = new Uint8Array(await blob.slice(at, at + stepBytes).arrayBuffer());
    const damage = unpacking.push(bytes, at + stepBytes >= blob.size);
    if (damage !== undefined) return refuse('archive-damaged', damage);
    for (const { name, content } of unpacking.take()) {
      if (list === undefined || submit === undefined) {
        if (name !== archiveEntry) return notAnArchive;
        const parsed = parseArchive(await content.text());
        if (!parsed.ok) return parsed;
        list = parsed.value;
        for (const file of list.files) {
          missing.set(fileEntry(file.file), file);
          unpacking.expect(fileEntry(file.file), file.size);
        }
        const begun = await ports.begin(list);
        if (!begun.ok) return begun;
        submit = begun.value;
        continue;
      }
      const file = missing.get(name);
      // What the list does not name is not ours.
      if (file === undefined) continue;
      const added = await addFile(ports, file, content);
      if (!added.ok) return added;
      const known = await submit(file);
      if (!known.ok) return known;
      missing.delete(name);
    }
    ports.onProgress(Math.min(at + stepBytes, blob.size), blob.size);
  }
  if (list === undefined || submit === undefined) return notAnArchive;
  const [absent] = missing.values();
  if (absent !== undefined)
    return refuse(
      'archive-damaged',
      `The archive ends before “${absent.name}”. Copy it again, then import it again.`,
    );
  for (const command of commandsOf(list, ports.random)) {
    if (signal.aborted) return refuse('cancelled', 'The import was cancelled.');
    const settled = await submit(command);
    if (!settled.ok) return settled;
  }
  return ok(list);
}

/** What brings everything but the files into the new queue. Ids are new: the old queue may still live, here too. */
function* commandsOf(list: Archive, random: Random): Generator<Command> {
  yield { type: 'set-settings', settings: list.settings };
  for (const listed of list.jobs) {
    const job = without(listed, 'after');
    const sets = job.sets.map((set) => ({ ...set, set: hex(random.bytes(10)) as SetId }));
    yield { ...job, job: hex(random.bytes(10)) as JobId, sets };
  }
  const { importPrintsMax } = queueLimits;
  for (let at = 0; at < list.history.length; at += importPrintsMax)
    yield { type: 'import-history', prints: list.history.slice(at, at + importPrintsMax) };
}

async function addFile(
  ports: ImportPorts,
  file: Archive['files'][number],
  content: Blob,
): Promise<Result<undefined>> {
  const had = ports.store.has(file.file);
  const { store, signal, pause } = ports;
  const taken = await takeIn(store, new File([content], file.name), () => undefined, signal, pause);
  if (!taken.ok) return taken;
  if (taken.value.file === file.file && taken.value.size === file.size) {
    ports.own(file.file);
    return ok(undefined);
  }
  if (!had) await ports.store.delete(taken.value.file as FileId);
  return refuse(
    'archive-damaged',
    `“${file.name}” is not what it was when it was exported: its hash is another. Nothing was imported.`,
  );
}

const notAnArchive = refuse('archive-unknown', 'This file is no archive of a PeerPrint queue.');

interface Unpacked {
  readonly name: string;
  readonly content: Blob;
}

/** Unzips what it is given and hands over each entry once it is whole. More than was expected of an entry is damage. */
export class Unpacking {
  readonly #unzip: Unzip;
  readonly #expected = new Map<string, number>([[archiveEntry, archiveTextMax]]);
  readonly #whole: Unpacked[] = [];
  #damage: string | undefined;

  constructor() {
    this.#unzip = new Unzip((entry) => {
      const { name } = entry;
      let blobs: Blob[] = [];
      let parts: Uint8Array<ArrayBuffer>[] = [];
      let partsBytes = 0;
      let bytes = 0;
      entry.ondata = (error, data, final) => {
        if (error !== null) {
          this.#damage ??= `The archive is damaged at “${name}”: ${messageOf(error)}`;
          return;
        }
        bytes += data.length;
        // What comes together with the list is measured once the list is read.
        const bytesMax = this.#expected.get(name) ?? (this.#expected.size > 1 ? 0 : earlyBytesMax);
        if (bytesMax === 0) return;
        if (bytes > bytesMax) {
          this.#damage ??= `The archive holds more under “${name}” than it should.`;
          entry.terminate();
          return;
        }
        parts.push(new Uint8Array(data));
        partsBytes += data.length;
        if (partsBytes >= partBytes || final) {
          blobs.push(new Blob(parts));
          parts = [];
          partsBytes = 0;
        }
        if (!final) return;
        this.#whole.push({ name, content: new Blob(blobs) });
        blobs = [];
      };
      entry.start();
    });
    this.#unzip.register(UnzipInflate);
    this.#unzip.register(UnzipPassThrough);
  }

  expect(name: string, bytesMax: number): void {
    this.#expected.set(name, bytesMax);
  }

  /** Says what is wrong, when something is. */
  push(bytes: Uint8Array, final: boolean): string | undefined {
    try {
      this.#unzip.push(bytes, final);
    } catch (error) {
      return `The archive is damaged: ${messageOf(error)}`;
    }
    return this.#damage;
  }

  take(): readonly Unpacked[] {
    return this.#whole.splice(0);
  }
}
