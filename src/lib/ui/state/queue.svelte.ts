import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { JobId, PrintId, PrinterId, QueueId } from '../../base/ids.ts';
import { systemClock } from '../../base/clock.ts';
import type { JobChange, JobView, NewJob, PrinterView, PrintView, QueueView } from '../../peer/api.ts';
import { arranged, moveTo } from '../order.ts';
import type { Move } from '../order.ts';
import { isLive, outcomeWord } from '../words.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** How long a deleted job can be brought back, in milliseconds. Until then it is only hidden here. */
const undoMs = 7000;

/** A queue as its pages show it: the peer's view, and on top what this page has asked for and not heard of yet. */
export class QueueState {
  readonly queue: QueueId;
  view: QueueView | undefined = $state.raw();
  /** Jobs that were sent and are not in the view yet. */
  adding: readonly { readonly key: number; readonly name: string }[] = $state.raw([]);
  #moves: readonly Move[] = $state.raw([]);
  readonly #changes = new SvelteMap<JobId, JobChange>();
  /** Jobs that were deleted here, each with what stops the deletion as long as it can be taken back. */
  readonly #hidden = new SvelteMap<JobId, (() => void) | 'sent'>();
  #nextKey = 1;

  /** Jobs in the order and with the changes that this page has asked for. */
  readonly jobs: readonly JobView[] = $derived.by(() => {
    const known = (this.view?.jobs ?? []).filter((job) => !this.#hidden.has(job.job));
    const changed = known.map((job) => changedJob(job, this.#changes.get(job.job)));
    return arranged(changed, this.#moves);
  });

  constructor(queue: QueueId) {
    this.queue = queue;
  }

  /** Follows the queue until the returned function is called. */
  watch(): () => void {
    return session.client.watchQueue(this.queue, (view) => {
      if (this.view !== undefined) announceChanges(this.view, view);
      this.view = view;
    });
  }

  isSaving(job: JobId): boolean {
    return this.#changes.has(job) || this.#moves.some((move) => move.job === job);
  }

  /** Resolves true when the job is committed. */
  async add(job: NewJob, retry: () => void): Promise<boolean> {
    const ghost = { key: this.#nextKey++, name: job.name };
    this.adding = [...this.adding, ghost];
    try {
      const done = await session.command((client) => client.addJob(this.queue, job), {
        label: 'Try again',
        run: retry,
      });
      if (done) toasts.announce(`${job.name} was added.`);
      return done;
    } finally {
      this.adding = this.adding.filter((other) => other !== ghost);
    }
  }

  async move(from: number, to: number): Promise<void> {
    const move = moveTo(this.jobs, from, to);
    if (move === undefined) return;
    this.#moves = [...this.#moves, move];
    toasts.announce(
      `Moved to place ${Math.min(this.jobs.length, Math.max(1, to + 1))} of ${this.jobs.length}.`,
    );
    await session.command((client) => client.moveJob(this.queue, move.job, move.after));
    this.#moves = this.#moves.filter((other) => other !== move);
  }

  async change(job: JobId, change: JobChange): Promise<void> {
    this.#changes.set(job, { ...this.#changes.get(job), ...change });
    await session.command((client) => client.changeJob(this.queue, job, change));
    this.#changes.delete(job);
  }

  /** Hides the job, and deletes it when nobody took that back in time. */
  remove(job: JobView): void {
    this.#hidden.set(
      job.job,
      systemClock.after(undoMs, () => void this.#delete(job.job)),
    );
    toasts.show(`“${job.name}” was deleted.`, {
      ms: undoMs,
      action: { label: 'Undo', run: () => this.#restore(job.job) },
    });
  }

  /** Sends what was only waiting for an undo. The page is about to go. */
  flush(): void {
    for (const job of [...this.#hidden.keys()]) void this.#delete(job);
  }

  setBed(printer: PrinterId, bed: 'clear' | 'occupied', verdict?: 'good' | 'failed'): Promise<boolean> {
    return session.command((client) => client.setBed(this.queue, printer, bed, verdict));
  }

  resolve(print: PrintId, verdict: 'good' | 'failed' | 'lost'): Promise<boolean> {
    return session.command((client) => client.resolvePrint(this.queue, print, verdict));
  }

  async #delete(job: JobId): Promise<void> {
    const stop = this.#hidden.get(job);
    if (stop === undefined || stop === 'sent') return;
    stop();
    this.#hidden.set(job, 'sent');
    await session.command((client) => client.deleteJob(this.queue, job));
    this.#hidden.delete(job);
  }

  #restore(job: JobId): void {
    const stop = this.#hidden.get(job);
    if (stop === undefined || stop === 'sent') return;
    stop();
    this.#hidden.delete(job);
  }
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
    toasts.announce(
      `${ended.jobName}, copy ${ended.copy} on ${ended.printerName}: ${outcomeWord(ended.outcome)}.`,
    );
  }
}

/** Prints under way, with the freshest word of each: printers tell progress more often than jobs do. */
export function livePrints(view: QueueView): readonly PrintView[] {
  const told = view.printers.flatMap(({ print }) => (print === undefined ? [] : [print]));
  const known = view.jobs.flatMap((job) => job.sets.flatMap((set) => set.prints));
  const rest = known.filter((print) => !told.some((other) => other.print === print.print));
  return [...rest, ...told].filter(isLive).sort((a, b) => a.copy - b.copy);
}

/** The printers of this browser first, then those that are here, then the rest. */
export function printersInOrder(printers: readonly PrinterView[]): readonly PrinterView[] {
  const rank = (printer: PrinterView) => (printer.mine ? 0 : printer.online ? 1 : 2);
  return [...printers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export const [useQueue, provideQueue] = createContext<QueueState>();
