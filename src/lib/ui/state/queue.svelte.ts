import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { JobId, PrintId, PrinterId, QueueId, SetId } from '../../base/ids.ts';
import { systemClock } from '../../base/clock.ts';
import type {
  JobChange,
  JobPlace,
  JobView,
  NewJob,
  PeerPrintClient,
  PrinterView,
  PrintView,
  QueueView,
  SetView,
  Settled,
} from '../../peer/api.ts';
import { arranged, moveTo } from '../order.ts';
import type { Move } from '../order.ts';
import { isLive, outcomeWord } from '../words.ts';
import { Held } from './held.svelte.ts';
import { ListState } from './list.svelte.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** How long a view may be behind a command that is committed before nobody waits for it any more, in milliseconds. */
const viewPatienceMs = 2000;

/** A queue as its pages show it: the peer's view, and on top what this page has asked for and not heard of yet. */
export class QueueState {
  readonly queue: QueueId;
  view: QueueView | undefined = $state.raw();
  /** Jobs that were sent and are not in the view yet. */
  adding: readonly { readonly key: number; readonly name: string }[] = $state.raw([]);
  #moves: readonly Move[] = $state.raw([]);
  readonly #changes = new SvelteMap<JobId, JobChange>();
  /** What can be taken back as long as it was not sent. Keys: see `heldKey`. */
  readonly held = new Held();
  /** Who waits for a view of at least that index. */
  #behind: readonly { readonly index: number; readonly wake: () => void }[] = [];
  #nextKey = 1;

  /** The jobs that are near the screen. Followed while a page shows them. */
  readonly list: ListState<'jobs'>;

  /** Those jobs in the order and with the changes that this page has asked for. */
  readonly jobs: readonly JobView[] = $derived.by(() => {
    const known = (this.list.page?.items ?? []).filter((job) => !this.held.has(heldKey.deletion(job.job)));
    const changed = known.map((job) => changedJob(job, this.#changes.get(job.job)));
    return this.list.plain ? arranged(changed, this.#moves) : changed;
  });

  constructor(queue: QueueId) {
    this.queue = queue;
    this.list = new ListState(queue, 'jobs');
  }

  /** Jobs that are deleted here and still there. */
  get hidden(): number {
    return this.held.count('delete ');
  }

  /** Follows the queue until the returned function is called. */
  watch(): () => void {
    return session.client.watchQueue(
      this.queue,
      (view) => {
        if (this.view !== undefined) announceChanges(this.view, view);
        this.view = view;
        for (const { index: from, wake } of this.#behind) if (view.committed >= from) wake();
      },
      // Lists are watched by the pages that show them.
      { jobs: 0, files: 0, history: 5 },
    );
  }

  /**
   * Sends a command and waits for the view that shows what became of it: what this page shows on top goes only then, or a job would jump
   * back to where it was for a moment.
   */
  async #commit(
    send: (client: PeerPrintClient) => Promise<Settled>,
    retry?: { readonly label: string; readonly run: () => void },
  ): Promise<boolean> {
    const index = await session.commit(send, retry);
    if (index === undefined) return false;
    if ((this.view?.committed ?? index) < index) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          stop();
          this.#behind = this.#behind.filter((each) => each.wake !== wake);
          resolve();
        };
        const stop = systemClock.after(viewPatienceMs, wake);
        this.#behind = [...this.#behind, { index, wake }];
      });
    }
    return true;
  }

  isSaving(job: JobId): boolean {
    return this.#changes.has(job) || this.#moves.some((move) => move.job === job);
  }

  /** Resolves true when the job is committed. */
  async add(job: NewJob, retry: () => void): Promise<boolean> {
    const ghost = { key: this.#nextKey++, name: job.name };
    this.adding = [...this.adding, ghost];
    try {
      const done = await this.#commit((client) => client.addJob(this.queue, job), {
        label: 'Try again',
        run: retry,
      });
      if (done) toasts.announce(`${job.name} was added.`);
      return done;
    } finally {
      this.adding = this.adding.filter((other) => other !== ghost);
    }
  }

  /** Moves a job among those that are shown: from one index of `jobs` to another. */
  async move(from: number, to: number): Promise<void> {
    const job = this.jobs[from];
    const move = moveTo(this.jobs, from, to);
    if (job === undefined || move === undefined) return;
    const first = this.list.page?.offset ?? 0;
    const total = this.list.page?.counts.all ?? this.jobs.length;
    toasts.announce(`Moved to place ${Math.min(total, Math.max(1, first + to + 1))} of ${total}.`);
    // What stands before the first shown row is not known here: the peer looks it up.
    const place = move.after === null && first > 0 ? { place: first } : move.after;
    await this.#send(job, move, place, Math.abs(to - from) > 1);
  }

  /** Moves a job to a place in the whole order, counted from 0: the front, the end. */
  async moveToPlace(job: JobView, place: number): Promise<void> {
    toasts.announce(place === 0 ? 'Moved to the front.' : 'Moved to the end.');
    const move = { job: job.job, after: place === 0 ? null : job.after };
    await this.#send(job, move, place === 0 ? null : { place }, true);
  }

  async #send(job: JobView, move: Move, to: JobPlace, undoable: boolean): Promise<void> {
    this.#moves = [...this.#moves, move];
    const done = await this.#commit((client) => client.moveJob(this.queue, job.job, to));
    this.#moves = this.#moves.filter((other) => other !== move);
    if (!done || !undoable) return;
    toasts.show(`“${job.name}” was moved.`, {
      action: {
        label: 'Undo',
        run: () => void this.#commit((client) => client.moveJob(this.queue, job.job, job.after)),
      },
    });
  }

  async change(job: JobId, change: JobChange): Promise<boolean> {
    this.held.sendNow(heldKey.edit(job));
    this.#changes.set(job, { ...this.#changes.get(job), ...change });
    return this.#sendChange(job, change);
  }

  /** A person's edit: as `change`, with the way back for a while. */
  async edit(job: JobView, change: JobChange): Promise<void> {
    const text = `“${change.name ?? job.name}” was changed.`;
    if (losesSets(job, change)) {
      // A file that is put back would be a new one to the queue: what was printed of it would not count any more.
      this.held.sendNow(heldKey.edit(job.job));
      this.#changes.set(job.job, { ...this.#changes.get(job.job), ...change });
      this.held.hold(
        heldKey.edit(job.job),
        text,
        () => this.#sendChange(job.job, change),
        () => this.#changes.delete(job.job),
      );
      return;
    }
    const back = whatItWas(job, change);
    if (!(await this.change(job.job, change))) return;
    toasts.show(text, { action: { label: 'Undo', run: () => void this.change(job.job, back) } });
  }

  async #sendChange(job: JobId, change: JobChange): Promise<boolean> {
    const done = await this.#commit((client) => client.changeJob(this.queue, job, change));
    this.#changes.delete(job);
    return done;
  }

  async duplicate(job: JobView): Promise<void> {
    if (await this.#commit((client) => client.duplicateJob(this.queue, job.job)))
      toasts.show(`“${job.name}” was duplicated. The copy is a draft.`);
  }

  /** Overrules the quarantine of a set. */
  release(set: SetId, fileName: string): void {
    this.held.hold(heldKey.set(set), `“${fileName}” is printed again.`, () =>
      this.#commit((client) => client.releaseSet(this.queue, set)),
    );
  }

  /** Says what becomes of copies that somebody cancelled. */
  decide({ set, fileName, onHold }: SetView, verdict: 'print-again' | 'take-off'): void {
    const done = verdict === 'print-again' ? 'is printed again' : 'is taken off';
    const text =
      onHold.length === 1
        ? `A copy of “${fileName}” ${done}.`
        : `${onHold.length} copies of “${fileName}” ${verdict === 'print-again' ? 'are printed again' : 'are taken off'}.`;
    this.held.hold(heldKey.copies(set), text, () =>
      this.#commit((client) => client.decideCopies(this.queue, set, onHold, verdict)),
    );
  }

  /** Overrules the stop of a printer. */
  letGoOn(printer: Named): void {
    this.held.hold(heldKey.printer(printer.printer), `${printer.name} takes work again.`, () =>
      this.#commit((client) => client.resumePrinter(this.queue, printer.printer)),
    );
  }

  /** Takes a printer off the board, when nobody took that back in time. */
  removePrinter(printer: Named): void {
    this.held.hold(heldKey.removal(printer.printer), `${printer.name} was removed.`, () =>
      this.#commit((client) => client.removePrinter(this.queue, printer.printer)),
    );
  }

  /** Hides the job, and deletes it when nobody took that back in time. */
  remove(job: JobView): void {
    this.held.hold(heldKey.deletion(job.job), `“${job.name}” was deleted.`, () =>
      this.#commit((client) => client.deleteJob(this.queue, job.job)),
    );
  }

  /** Sends what was only waiting for an undo. The page is about to go. */
  flush(): void {
    this.held.flush();
  }

  /** The bed is clear, and what lay on it was good or failed. The next print may begin then, so a slip can be taken back. */
  clearBed(printer: Named, verdict?: 'good' | 'failed'): void {
    const word =
      verdict === undefined ? '' : verdict === 'good' ? 'a good copy, and ' : 'a failed copy, and ';
    this.held.hold(heldKey.bed(printer.printer), `${printer.name}: ${word}the bed is clear.`, () =>
      this.#commit((client) => client.setBed(this.queue, printer.printer, 'clear', verdict)),
    );
  }

  /** A person's word on a print that lost contact. */
  resolve(print: PrintView, verdict: 'good' | 'failed' | 'lost'): void {
    const word = { good: 'counts as good', failed: 'counts as failed', lost: 'is printed again' }[verdict];
    this.held.hold(heldKey.print(print.print), `“${print.jobName}”, copy ${print.copy} ${word}.`, () =>
      this.#commit((client) => client.resolvePrint(this.queue, print.print, verdict)),
    );
  }
}

type Named = Pick<PrinterView, 'printer' | 'name'>;

/** What a held thing is held under. */
export const heldKey = {
  deletion: (job: JobId) => `delete ${job}`,
  edit: (job: JobId) => `edit ${job}`,
  copies: (set: SetId) => `copies ${set}`,
  set: (set: SetId) => `release ${set}`,
  printer: (printer: PrinterId) => `resume ${printer}`,
  removal: (printer: PrinterId) => `remove ${printer}`,
  bed: (printer: PrinterId) => `bed ${printer}`,
  print: (print: PrintId) => `print ${print}`,
} as const;

/** Whether a change takes files out of a job. */
function losesSets(job: JobView, change: JobChange): boolean {
  return (
    change.sets !== undefined &&
    job.sets.some(({ set, file }) => !change.sets?.some((each) => each.set === set && each.file === file))
  );
}

/** The change that brings a job back to how it was before `change`. */
export function whatItWas(job: JobView, change: JobChange): JobChange {
  return {
    ...(change.name === undefined ? {} : { name: job.name }),
    ...(change.copies === undefined ? {} : { copies: job.copies }),
    ...(change.notes === undefined ? {} : { notes: job.notes }),
    ...(change.draft === undefined ? {} : { draft: job.draft }),
    ...(change.keepTogether === undefined ? {} : { keepTogether: job.keepTogether }),
    ...(change.dueWallMs === undefined ? {} : { dueWallMs: job.dueWallMs ?? null }),
    ...(change.sets === undefined
      ? {}
      : {
          sets: job.sets.map(({ set, file, count, requirements }) => ({ set, file, count, requirements })),
        }),
  };
}

/** The job as it will be once the change is committed. Sets are shown as they are until then, but for their counts and needs. */
export function changedJob(job: JobView, change: JobChange | undefined): JobView {
  if (change === undefined) return job;
  const { dueWallMs, sets, ...rest } = change;
  const due = dueWallMs === undefined ? {} : { dueWallMs: dueWallMs ?? undefined };
  const shown = job.sets.flatMap((set) => {
    if (sets === undefined) return [set];
    const spec = sets.find((each) => each.set === set.set);
    return spec === undefined
      ? []
      : [{ ...set, count: spec.count, requirements: spec.requirements ?? set.requirements }];
  });
  return { ...job, ...rest, ...due, sets: shown };
}

/** Says aloud what a person who does not look at the page would want to know. */
function announceChanges(before: QueueView, after: QueueView): void {
  if (before.condition !== after.condition) toasts.announce(after.text);
  const ended = after.history.find((print) => !before.history.some((known) => known.print === print.print));
  if (ended !== undefined) {
    toasts.announce(`${ended.jobName} on ${ended.printerName}: ${outcomeWord(ended.outcome)}.`);
  }
}

/** Prints of a job that are under way. */
export function livePrints(job: JobView): readonly PrintView[] {
  return job.sets.flatMap((set) => set.prints).filter(isLive);
}

/** The printers of this browser first, then those that are here, then the rest. */
export function printersInOrder(printers: readonly PrinterView[]): readonly PrinterView[] {
  const rank = (printer: PrinterView) => (printer.mine ? 0 : printer.online ? 1 : 2);
  return [...printers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export const [useQueue, provideQueue] = createContext<QueueState>();
