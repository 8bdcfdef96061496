import { createContext } from 'svelte';
import type { FileId, QueueId } from '../../base/ids.ts';
import { messageOf } from '../../base/result.ts';
import type { FileView, NewJob, Requirements } from '../../peer/api.ts';
import { readDraft, writeDraft } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { jobNameOf } from '../format.ts';
import { recall, remember } from './memory.ts';
import type { QueueState } from './queue.svelte.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** A file on its way into a job. */
export class AddedFile {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number;
  doneBytes = $state(0);
  count = $state(1);
  /** What it asks of a printer beyond its file's own words. */
  requirements: Requirements = $state.raw({});
  /** Set once the file is stored here. */
  file: FileId | undefined = $state.raw();
  view: FileView | undefined = $state.raw();
  /** Why it was not taken. */
  refused: string | undefined = $state();
  readonly abort = new AbortController();

  constructor(key: number, name: string, sizeBytes: number) {
    this.key = key;
    this.name = name;
    this.sizeBytes = sizeBytes;
  }
}

/** Adding a job: from the dropped file over its few questions to the command. One per queue that is shown. */
export class Adding {
  open = $state(false);
  files: readonly AddedFile[] = $state.raw([]);
  name = $state('');
  copies = $state(1);
  notes = $state('');
  draft = $state(false);
  keepTogether = $state(false);
  dueWallMs: number | undefined = $state();
  /** One job for each file instead of one for all. */
  apart = $state(false);
  /** The person said "add" while a file was still being read. */
  wanted = $state(false);
  /** What was left behind by a reload. */
  left: Draft | undefined = $state.raw();
  readonly #queue: QueueState;
  #nextKey = 1;
  #named = false;

  readonly taken = $derived(this.files.filter((file) => file.refused === undefined));
  readonly reading = $derived(this.taken.some((file) => file.file === undefined));

  constructor(queue: QueueState) {
    this.#queue = queue;
    this.left = readDraft(recall(keyOf(queue.queue)));
  }

  /** Takes files in: reads each into the store and opens the dialog at once. */
  take(files: readonly File[]): void {
    if (files.length === 0) return;
    this.open = true;
    const added = files.map((file) => {
      const entry = new AddedFile(this.#nextKey++, file.name, file.size);
      void this.#read(entry, file);
      return entry;
    });
    this.files = [...this.files.filter((file) => file.refused === undefined), ...added];
    this.#suggestName();
  }

  /** Fetches the sample that comes with the app and takes it in as if it had been dropped. */
  async takeSample(): Promise<void> {
    const name = 'cube-pla-mk3s.gcode';
    try {
      const response = await fetch(`/samples/${name}`);
      // A host without the sample may answer with the app's shell.
      if (!response.ok || (response.headers.get('content-type') ?? '').startsWith('text/html'))
        throw new Error('not there');
      this.take([new File([await response.blob()], name)]);
    } catch (error) {
      toasts.show(`The sample could not be fetched (${messageOf(error)}). Drop a file of your own.`, {
        tone: 'problem',
      });
    }
  }

  /** A job of a file that the queue has already. */
  again(view: FileView): void {
    const entry = new AddedFile(this.#nextKey++, view.name, view.sizeBytes);
    entry.file = view.file;
    entry.view = view;
    entry.doneBytes = view.sizeBytes;
    this.files = [entry];
    this.#named = false;
    this.#suggestName();
    this.open = true;
  }

  /** Goes on with what a reload left behind. */
  resume(): void {
    const left = this.left;
    if (left === undefined) return;
    this.left = undefined;
    this.files = left.files.map((file) => {
      const entry = new AddedFile(this.#nextKey++, file.name, file.sizeBytes);
      entry.file = file.file;
      entry.count = file.count;
      entry.doneBytes = file.sizeBytes;
      entry.requirements = file.requirements ?? {};
      return entry;
    });
    const { name, copies, notes, draft, keepTogether = false, dueWallMs } = left;
    Object.assign(this, { name, copies, notes, draft, keepTogether, dueWallMs });
    this.#named = true;
    this.open = true;
  }

  drop(file: AddedFile): void {
    file.abort.abort();
    this.files = this.files.filter((other) => other !== file);
    if (this.files.length === 0) this.close();
  }

  named(): void {
    this.#named = true;
  }

  /** Puts away what was typed and dropped, with the way back for a while. */
  discard(): void {
    this.keep();
    const left = this.open ? readDraft(recall(keyOf(this.#queue.queue))) : this.left;
    this.close();
    if (left === undefined) return;
    toasts.show(`“${left.name}” was not added.`, {
      action: {
        label: 'Undo',
        run: () => {
          this.left = left;
          if (!this.open) this.resume();
        },
      },
    });
  }

  /** Puts everything away. Files that were read stay in the store. */
  close(): void {
    for (const file of this.files) if (file.file === undefined) file.abort.abort();
    this.open = false;
    this.files = [];
    Object.assign(this, { name: '', copies: 1, notes: '', draft: false, apart: false, wanted: false });
    this.keepTogether = false;
    this.dueWallMs = undefined;
    this.left = undefined;
    this.#named = false;
    remember(keyOf(this.#queue.queue), undefined);
  }

  /** Adds the job, or as soon as its files are read. */
  submit(): void {
    this.wanted = true;
    this.#submitWhenRead();
  }

  /** Keeps what was typed, for a page that is reloaded. */
  keep(): void {
    const files = this.taken.flatMap((entry) =>
      entry.file === undefined
        ? []
        : [
            {
              file: entry.file,
              name: entry.name,
              sizeBytes: entry.sizeBytes,
              count: entry.count,
              requirements: entry.requirements,
            },
          ],
    );
    if (!this.open || files.length === 0) return;
    const { name, copies, notes, draft, keepTogether, dueWallMs } = this;
    const due = dueWallMs === undefined ? {} : { dueWallMs };
    const text = writeDraft({ name, copies, notes, draft, keepTogether, ...due, files });
    remember(keyOf(this.#queue.queue), text);
  }

  async #read(entry: AddedFile, file: File): Promise<void> {
    const added = await session.ask((client) =>
      client.addFile(
        this.#queue.queue,
        file,
        (progress) => (entry.doneBytes = progress.doneBytes),
        entry.abort.signal,
      ),
    );
    if (entry.abort.signal.aborted) return;
    if (added.ok) {
      entry.view = added.value;
      entry.file = added.value.file;
      entry.doneBytes = entry.sizeBytes;
      this.keep();
      this.#submitWhenRead();
    } else {
      entry.refused = added.refusal.text;
      this.wanted = false;
    }
  }

  #submitWhenRead(): void {
    if (!this.wanted || this.reading || this.taken.length === 0) return;
    for (const job of this.#jobs()) {
      const files = [...this.taken];
      void this.#queue.add(job, () => {
        this.files = files;
        Object.assign(this, {
          name: job.name,
          copies: job.copies,
          notes: job.notes,
          draft: job.draft,
          keepTogether: job.keepTogether ?? false,
          dueWallMs: job.dueWallMs,
          open: true,
        });
      });
    }
    this.close();
  }

  #jobs(): readonly NewJob[] {
    const { copies, notes, draft, keepTogether, dueWallMs } = this;
    const sets = this.taken.flatMap((entry) =>
      entry.file === undefined
        ? []
        : [{ file: entry.file, count: entry.count, requirements: entry.requirements, name: entry.name }],
    );
    const name = this.name.trim();
    const due = dueWallMs === undefined ? {} : { dueWallMs };
    const common = { copies, notes: notes.trim(), draft, keepTogether, ...due };
    if (this.apart && sets.length > 1) {
      return sets.map((set) => ({
        ...common,
        name: jobNameOf(set.name),
        sets: [{ file: set.file, count: set.count, requirements: set.requirements }],
      }));
    }
    const only = sets.map(({ file, count, requirements }) => ({ file, count, requirements }));
    return [{ ...common, name: name === '' ? jobNameOf(sets[0]?.name ?? 'Job') : name, sets: only }];
  }

  #suggestName(): void {
    const [first] = this.taken;
    if (!this.#named && first !== undefined) this.name = jobNameOf(first.name);
  }
}

function keyOf(queue: QueueId): string {
  return `peerprint.draft.${queue}`;
}

export const [useAdding, provideAdding] = createContext<Adding>();
