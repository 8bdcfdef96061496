import { nextCopyOf, roleMay } from '../queue/index.ts';
import { quarantineText, stopText } from '../words/index.ts';
import { find, freeCopies, isKeptWhole, isNight, workOf } from './choice.ts';
import type { Candidate, Choice, ChoiceOptions, Told } from './choice.ts';
import { Groups, matchGroup } from './groups.ts';
import type { Group, Placed } from './groups.ts';
import type { Match } from './match.ts';
import { LastPrints } from './last-prints.ts';
import type { Stuff } from './last-prints.ts';
import { NeedsBook } from './needs-book.ts';
import { describeSeconds, list } from './sentences.ts';
import { inOrder, longestWaiting, shortestFirst } from './strategies.ts';
import type { Waiting } from './strategies.ts';
import { Turns } from './turns.ts';
import type {
  Change,
  Job,
  JobId,
  JobSet,
  PeerId,
  PrintId,
  Printer,
  PrinterId,
  QueueView,
  SetId,
  Settings,
  Strategy,
} from './types.ts';

const allHere: Told = { key: '', whyAway: () => undefined };

/**
 * What waits in a queue, kept in order while the queue changes, so that choosing costs the same for a hundred jobs and for
 * a hundred thousand. It follows a state by the changes of every applied entry and decides nothing by itself.
 */
export class Agenda {
  readonly #view: QueueView;
  #settings: Settings;
  #groups: Groups;
  /** Who only looks at a queue that was just opened does not need its lists: they are made when somebody first chooses. */
  #filled = false;
  #needs: NeedsBook;
  /** Made when the strategy asks for it. */
  #last: LastPrints | undefined;
  /** Counts the changes of what printers can do now: an answer that was given before the last one is not given again. */
  #printersAt = 0;
  readonly #turns: Turns;

  /** @param strategy to see what comes next if it were chosen, before it is; otherwise the queue's own */
  constructor(view: QueueView, strategy?: Strategy) {
    this.#view = view;
    const { settings } = view.head;
    this.#settings = strategy === undefined ? settings : { ...settings, strategy };
    this.#groups = new Groups(this.#settings.strategy);
    this.#needs = new NeedsBook(this.#settings);
    this.#turns = new Turns(view);
  }

  /** Must be given the changes of every applied entry. */
  update(changed: readonly Change[]): void {
    const jobs = new Set<JobId>();
    let rebuild = false;
    for (const change of changed) {
      if (change.kind !== 'job' && change.kind !== 'order' && change.kind !== 'history') this.#printersAt++;
      if (change.kind === 'job') jobs.add(change.id);
      else if (change.kind === 'history') this.#last?.follow(change.id);
      else if (change.kind === 'print') this.#turns.follow(change.id);
      else if (change.kind === 'file') rebuild ||= (this.#view.files.get(change.id)?.uses ?? 0) > 0;
      else if (change.kind === 'queue') rebuild ||= this.#settings !== this.#view.head.settings;
    }
    if (rebuild) this.#forget();
    if (!this.#filled) return;
    for (const job of jobs) this.#groups.remove(job);
    for (const job of jobs) this.#addJob(job);
  }

  /** Sets of which a copy waits. */
  get waiting(): number {
    return this.#lists().size;
  }

  next(printerId: PrinterId, options: ChoiceOptions = {}): Choice {
    const printer = this.#view.printers.get(printerId);
    if (printer === undefined) return { kind: 'wait', because: 'This printer is not in the queue.' };
    const standing = options.preview === true ? this.#shut(printer) : this.#standing(printer);
    if (standing !== undefined) return { kind: 'wait', because: standing() };
    const best = this.#best(printer, options);
    if (best === undefined) return { kind: 'wait', because: this.#whyNothing(printer) };
    const set = this.#view.sets.get(best.entry.set as SetId);
    const job = this.#view.jobs.get(best.entry.job as JobId);
    if (set === undefined || job === undefined)
      return { kind: 'wait', because: 'The queue has just changed.' };
    return {
      kind: 'claim',
      set: set.id,
      job: job.id,
      copy: nextCopyOf(set),
      because: `${this.#fileName(set)}, because ${this.#reason(best, printer, options)}`,
      warnings: (['warns', 'unknown'] as const).flatMap((wanted) =>
        best.match.findings.filter(({ verdict }) => verdict === wanted).map(({ text }) => text),
      ),
    };
  }

  /** Why no copy of a set is given out now, in a sentence; undefined when none waits. Without `told` every printer is taken to be here. */
  whyWaits(setId: SetId, told: Told = allHere): string | undefined {
    const set = this.#view.sets.get(setId);
    const job = set === undefined ? undefined : this.#view.jobs.get(set.job);
    if (set === undefined || job === undefined || freeCopies(job, set) === 0) return undefined;
    if (job.draft) return 'It is a draft: nothing is printed before it is released.';
    if (set.quarantine !== undefined) return quarantineText(set.quarantine);
    const group = this.#groupOf(job, set);
    const { printers } = this.#view;
    if (printers.size === 0) return 'No printer is in this queue yet. Connect one.';
    const bound = group.boundTo === undefined ? undefined : printers.get(group.boundTo);
    if (bound !== undefined) {
      const block = matchGroup(group, bound).findings.find(({ verdict }) => verdict === 'blocks');
      const now = block?.text ?? this.#standing(bound, told)?.() ?? `It is the turn of ${bound.name}.`;
      return `All of this job is printed on ${bound.name}. ${now}`;
    }
    // Alike for all sets of the group, but for those of which more counts than their needs.
    const retried = this.#settings.retryOn === 'other' && set.failedOn.length > 0;
    if (retried || isKeptWhole(job)) return this.#whyPrinters(group, set, told);
    if (group.why?.at !== this.#printersAt || group.why.told !== told.key)
      group.why = { at: this.#printersAt, told: told.key, text: this.#whyPrinters(group, set, told) };
    return group.why.text;
  }

  #whyPrinters(group: Group, set: JobSet, told: Told): string {
    const blocks = new Map<string, { count: number; text: string; need: string; has: Set<string> }>();
    const standing: Printer[] = [];
    const away: Printer[] = [];
    let ready: Printer | undefined;
    let failedHere = 0;
    let inPart = 0;
    for (const printer of this.#view.printers.values()) {
      const match = matchGroup(group, printer);
      const block = match.findings.find(({ verdict }) => verdict === 'blocks');
      if (block !== undefined) {
        const known = blocks.get(block.rule) ?? {
          count: 0,
          text: block.text,
          need: block.need,
          has: new Set(),
        };
        known.count++;
        known.has.add(block.has);
        blocks.set(block.rule, known);
        continue;
      }
      if (this.#mustTryElsewhere(set, printer)) {
        failedHere++;
        continue;
      }
      if (!this.#takesWhole(set, printer)) {
        inPart++;
        continue;
      }
      if (this.#standing(printer, told) === undefined) {
        ready = printer;
        break;
      }
      (told.whyAway(printer) === undefined ? standing : away).push(printer);
    }
    if (ready !== undefined) return `It is next in turn when ${ready.name} takes another copy.`;
    // Those that are here may become free first.
    standing.push(...away);
    if (standing.length > 0) return list(standing, (printer) => this.#standing(printer, told)?.() ?? '');
    if (failedHere > 0)
      return 'It failed on every printer that fits, and is to be tried again on another one.';
    if (inPart > 0) return 'It is kept on one printer, and none fits all files of its job.';
    const most = [...blocks.values()].sort((a, b) => b.count - a.count)[0];
    if (most === undefined) return 'No printer fits.';
    if (most.count === 1) return most.text;
    return `It needs ${most.need}; ${most.count} printers have ${[...most.has].slice(0, 3).join(', ')}.`;
  }

  /** Why a printer takes nothing now, whatever waits: the sentence is made when somebody wants it. */
  #standing(printer: Printer, told: Told = allHere): (() => string) | undefined {
    const { claimAhead } = this.#settings;
    const { name } = printer;
    const shut = this.#shut(printer);
    if (shut !== undefined) return shut;
    const away = told.whyAway(printer);
    if (printer.prints.length > claimAhead) return () => this.#printing(printer, away !== undefined);
    if (away !== undefined) return () => away;
    if (printer.bed !== 'clear' && printer.prints.length === 0) {
      return () =>
        printer.bed === 'occupied'
          ? `The bed of ${name} must be cleared.`
          : `Someone must look whether the bed of ${name} is clear.`;
    }
    return undefined;
  }

  #printing(printer: Printer, away: boolean): string {
    const first = this.#view.prints.get(printer.prints[0] ?? ('' as PrintId));
    const name = first === undefined ? 'a copy' : this.#fileName(this.#view.sets.get(first.set));
    if (first?.lostMs !== undefined) return `${printer.name} lost contact while printing ${name}.`;
    if (away) return `${printer.name} was printing ${name} when it was last heard of.`;
    return `${printer.name} is printing ${name}.`;
  }

  /** Why a printer takes nothing before a person lets it. */
  #shut({ name, peer, stopped, enabled }: Printer): (() => string) | undefined {
    if (stopped !== undefined) return () => `${name} is stopped: ${stopText(stopped)}`;
    const driver = this.#view.members.get(peer);
    if (driver !== undefined && !roleMay(driver.role, 'print'))
      return () => `${name} takes no new prints: ${driver.name} may not print for this queue.`;
    return enabled ? undefined : () => `${name} takes no new prints for now.`;
  }

  #best(printer: Printer, options: ChoiceOptions): Candidate | undefined {
    let best: Candidate | undefined;
    const stuff = this.#stuffOn(printer);
    for (const group of this.#lists().all()) {
      if (
        group.boundTo !== undefined &&
        group.boundTo !== printer.id &&
        this.#view.printers.has(group.boundTo)
      )
        continue;
      const match = matchGroup(group, printer);
      if (match.verdict === 'blocks') continue;
      const candidate = this.#head(group, match, printer, options);
      if (
        candidate !== undefined &&
        (best === undefined || this.#compare(candidate, best, stuff, options) < 0)
      )
        best = candidate;
    }
    return best;
  }

  /** The one of a group that comes first. */
  #head(group: Group, match: Match, printer: Printer, options: ChoiceOptions): Candidate | undefined {
    const takes = (entry: Waiting) => {
      const set = this.#view.sets.get(entry.set as SetId);
      if (set === undefined || this.#mustTryElsewhere(set, printer) || !this.#takesWhole(set, printer))
        return false;
      return options.skip?.(set.id) !== true;
    };
    const oldest = find(group.byAge ?? [], takes);
    if (oldest !== undefined && this.#view.stampMs - oldest.createdMs >= this.#settings.starvationMs) {
      return { entry: oldest, group, match, starved: true };
    }
    const night = isNight(options) && group.bySeconds !== undefined;
    const longest = night
      ? find(group.bySeconds.backwards(), (e) => Number.isFinite(e.seconds) && takes(e))
      : undefined;
    const entry = longest ?? find(group.list, takes);
    return entry === undefined ? undefined : { entry, group, match, starved: false };
  }

  /** What the print before leaves on a printer; only where the order depends on it. */
  #stuffOn(printer: Printer): Stuff | undefined {
    if (this.#settings.strategy !== 'least-manual-work') return undefined;
    this.#last ??= new LastPrints(this.#view);
    return this.#last.of(printer, this.#needs);
  }

  #compare(a: Candidate, b: Candidate, stuff: Stuff | undefined, options: ChoiceOptions): number {
    if (a.starved !== b.starved) return a.starved ? -1 : 1;
    if (a.starved) return longestWaiting(a.entry, b.entry);
    switch (this.#settings.strategy) {
      case 'shortest-first':
        return shortestFirst(a.entry, b.entry);
      case 'round-robin':
        return this.#turns.compare(a.entry.by, b.entry.by) || inOrder(a.entry, b.entry);
      case 'least-manual-work': {
        const work = workOf(a, stuff) - workOf(b, stuff);
        if (work !== 0) return work;
        return isNight(options) ? -shortestFirst(a.entry, b.entry) : inOrder(a.entry, b.entry);
      }
      case 'in-order':
        return inOrder(a.entry, b.entry);
    }
  }

  #reason(best: Candidate, printer: Printer, options: ChoiceOptions): string {
    if (best.starved) {
      return `it has waited longest (${describeSeconds((this.#view.stampMs - best.entry.createdMs) / 1000)}).`;
    }
    const length = Number.isFinite(best.entry.seconds) ? ` (${describeSeconds(best.entry.seconds)})` : '';
    switch (this.#settings.strategy) {
      case 'shortest-first':
        return length === ''
          ? 'nothing that waits says how long it takes.'
          : `it is the shortest that waits${length}.`;
      case 'round-robin': {
        const member = this.#view.members.get(best.entry.by as PeerId);
        return `it is the turn of ${member?.name ?? 'someone who left'}.`;
      }
      case 'least-manual-work': {
        if (isNight(options)) return `it is the longest that fits while nobody is there${length}.`;
        const work = workOf(best, this.#stuffOn(printer));
        if (work === 0) return `${printer.name} can print it as it stands.`;
        if (work === 1) return `it goes on with what ${printer.name} printed last.`;
        return 'nothing that waits can be printed without a look at the printer.';
      }
      case 'in-order':
        return best.entry.label === this.#firstLabel()
          ? 'it is first in the list.'
          : `it is the first in the list that ${printer.name} can print.`;
    }
  }

  #whyNothing(printer: Printer): string {
    if (this.#lists().size === 0) return 'Nothing waits in the queue.';
    let first: { readonly entry: Waiting; readonly match: Match; readonly group: Group } | undefined;
    for (const group of this.#lists().all()) {
      const entry = group.list.first();
      if (entry === undefined || (first !== undefined && inOrder(entry, first.entry) >= 0)) continue;
      first = { entry, match: matchGroup(group, printer), group };
    }
    if (first === undefined) return 'Nothing waits in the queue.';
    const name = this.#fileName(this.#view.sets.get(first.entry.set as SetId));
    const block = first.match.findings.find(({ verdict }) => verdict === 'blocks');
    if (block !== undefined) return `${name} waits, but: ${block.text}`;
    const bound =
      first.group.boundTo === undefined ? undefined : this.#view.printers.get(first.group.boundTo);
    if (bound !== undefined && bound.id !== printer.id)
      return `${name} waits for ${bound.name}, which has begun its job.`;
    return `${name} waits, but cannot be printed on ${printer.name} just now.`;
  }

  #firstLabel(): number | undefined {
    let label: number | undefined;
    for (const group of this.#lists().all()) {
      const first = group.list.first();
      if (first !== undefined && (label === undefined || first.label < label)) label = first.label;
    }
    return label;
  }

  #mustTryElsewhere(set: JobSet, printer: Printer): boolean {
    if (this.#settings.retryOn !== 'other' || !set.failedOn.includes(printer.id)) return false;
    const job = this.#view.jobs.get(set.job);
    // A job that is kept on one printer has no other one to try.
    return job?.keepTogether !== true || job.boundTo !== printer.id;
  }

  /** A job that is kept on one printer begins on one that fits all that is missing of it. */
  #takesWhole({ job: id }: JobSet, printer: Printer): boolean {
    const job = this.#view.jobs.get(id);
    if (job === undefined || !isKeptWhole(job)) return true;
    return job.sets.every((each) => {
      const set = this.#view.sets.get(each);
      if (set === undefined || set.quarantine !== undefined || freeCopies(job, set) === 0) return true;
      return matchGroup(this.#groupOf(job, set), printer).verdict !== 'blocks';
    });
  }

  #fileName(set: JobSet | undefined): string {
    return (set === undefined ? undefined : this.#view.files.get(set.file)?.name) ?? 'a copy';
  }

  #forget(): void {
    this.#settings = this.#view.head.settings;
    this.#groups = new Groups(this.#settings.strategy);
    this.#needs = new NeedsBook(this.#settings);
    this.#filled = false;
  }

  #lists(): Groups {
    if (!this.#filled) {
      this.#filled = true;
      const all: Placed[] = [];
      this.#view.eachJob((job, label, sets) => {
        this.#placeJob(job, label, sets, (placed) => all.push(placed));
      });
      this.#groups.fill(all);
    }
    return this.#groups;
  }

  #addJob(id: JobId): void {
    const job = this.#view.jobs.get(id);
    if (job === undefined) return;
    const sets = job.sets.flatMap((set) => this.#view.sets.get(set) ?? []);
    this.#placeJob(job, this.#view.jobLabel(id), sets, (placed) => this.#groups.add(placed));
  }

  #placeJob(job: Job, label: number, sets: readonly JobSet[], place: (placed: Placed) => void): void {
    if (job.draft || job.done) return;
    sets.forEach((set, position) => {
      if (set.quarantine !== undefined || freeCopies(job, set) === 0) return;
      const file = this.#view.files.get(set.file);
      const entry: Waiting = {
        set: set.id,
        job: job.id,
        by: job.by,
        label,
        run: Math.floor((set.good + set.active.length) / set.count),
        position,
        seconds: file?.meta.seconds ?? Infinity,
        createdMs: job.createdMs,
      };
      place({ job: job.id, entry, group: this.#groupOf(job, set, file) });
    });
  }

  #groupOf(job: Job, set: JobSet, file = this.#view.files.get(set.file)): Group {
    const boundTo = job.keepTogether ? job.boundTo : undefined;
    return this.#groups.of({ needed: this.#needs.of(set, file), boundTo, by: job.by });
  }
}
