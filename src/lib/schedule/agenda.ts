import { freeOf, nextCopyOf, roleMay, unfitOf } from '../queue/index.ts';
import { find, isKeptWhole, isNight, workOf } from './choice.ts';
import type { Candidate, Choice, ChoiceOptions, Told } from './choice.ts';
import type { Because, Finding, Idle, Standing, Wait } from './facts.ts';
import { Groups, matchGroup } from './groups.ts';
import type { Group, Placed } from './groups.ts';
import type { Match } from './match.ts';
import { isDescribed } from './match.ts';
import { LastPrints } from './last-prints.ts';
import type { Stuff } from './last-prints.ts';
import { NeedsBook } from './needs-book.ts';
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

/** Printers whose standing is told where many alike take nothing, and different things that they have. */
const standingShown = 2;
const differentShown = 3;

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
    if (printer === undefined) return { kind: 'wait', because: { code: 'unknown-printer' } };
    const standing = options.preview === true ? this.#shut(printer) : this.#standing(printer);
    if (standing !== undefined) return { kind: 'wait', because: standing };
    const best = this.#best(printer, options);
    if (best === undefined) return { kind: 'wait', because: this.#whyNothing(printer) };
    const set = this.#view.sets.get(best.entry.set as SetId);
    const job = this.#view.jobs.get(best.entry.job as JobId);
    if (set === undefined || job === undefined) return { kind: 'wait', because: { code: 'just-changed' } };
    return {
      kind: 'claim',
      set: set.id,
      job: job.id,
      copy: nextCopyOf(set),
      file: this.#fileName(set),
      because: this.#reason(best, printer, options),
      warnings: (['warns', 'unknown'] as const).flatMap((wanted) =>
        best.match.findings.filter(({ verdict }) => verdict === wanted),
      ),
    };
  }

  /** Why no copy of a set is given out now; undefined when none waits. Without `told` every printer is taken to be here. */
  whyWaits(setId: SetId, told: Told = allHere): Wait | undefined {
    const set = this.#view.sets.get(setId);
    const job = set === undefined ? undefined : this.#view.jobs.get(set.job);
    if (set === undefined || job === undefined) return undefined;
    if (freeOf(job, set) === 0)
      return set.onHold.length > 0 ? { code: 'on-hold', copies: set.onHold.length } : undefined;
    if (job.draft) return { code: 'draft' };
    if (set.quarantine !== undefined) return { code: 'quarantined', quarantine: set.quarantine };
    const group = this.#groupOf(job, set);
    const { printers } = this.#view;
    if (printers.size === 0) return { code: 'no-printers' };
    const bound = group.boundTo === undefined ? undefined : printers.get(group.boundTo);
    if (bound !== undefined) {
      const { name } = bound;
      const finding = blockOf(matchGroup(group, bound)) ?? beyondLimits(set, bound);
      const standing = this.#standing(bound, told) ?? ({ code: 'turn-of', printer: name } as const);
      const why = finding === undefined ? standing : ({ code: 'unfit', finding } as const);
      return { code: 'kept-on', printer: name, why };
    }
    // Alike for all sets of the group, but for those of which more counts than their needs.
    const retried = this.#settings.retryOn === 'other' && set.failedOn.length > 0;
    if (retried || isKeptWhole(job) || set.unfitOn.length > 0) return this.#whyPrinters(group, set, told);
    if (group.why?.at !== this.#printersAt || group.why.told !== told.key)
      group.why = { at: this.#printersAt, told: told.key, wait: this.#whyPrinters(group, set, told) };
    return group.why.wait;
  }

  #whyPrinters(group: Group, set: JobSet, told: Told): Wait {
    const blocks = new Map<string, { count: number; readonly different: Map<string, Finding> }>();
    const here: Standing[] = [];
    const away: Standing[] = [];
    let failedHere = 0;
    let inPart = 0;
    for (const printer of this.#view.printers.values()) {
      const block = blockOf(matchGroup(group, printer)) ?? beyondLimits(set, printer);
      if (block !== undefined) {
        const known = blocks.get(block.rule) ?? { count: 0, different: new Map<string, Finding>() };
        known.count++;
        const has = JSON.stringify('has' in block ? block.has : null);
        if (!known.different.has(has)) known.different.set(has, block);
        blocks.set(block.rule, known);
      } else if (this.#mustTryElsewhere(set, printer)) {
        failedHere++;
      } else if (!this.#takesWhole(set, printer)) {
        inPart++;
      } else {
        const standing = this.#standing(printer, told);
        if (standing === undefined) return { code: 'next-in-turn', printer: printer.name };
        (told.whyAway(printer) === undefined ? here : away).push(standing);
      }
    }
    // Those that are here may become free first.
    const taken = [...here, ...away];
    const more = Math.max(0, taken.length - standingShown);
    if (taken.length > 0) return { code: 'all-taken', printers: taken.slice(0, standingShown), more };
    if (failedHere > 0) return { code: 'failed-everywhere' };
    if (inPart > 0) return { code: 'none-fits-all' };
    const most = [...blocks.values()].sort((a, b) => b.count - a.count)[0];
    const findings = [...(most?.different.values() ?? [])];
    const [finding] = findings;
    if (most === undefined || finding === undefined) return { code: 'none-fits' };
    if (most.count === 1) return { code: 'unfit', finding };
    return { code: 'unfit-all', count: most.count, findings: findings.slice(0, differentShown) };
  }

  /** Why a printer takes nothing now, whatever waits. */
  #standing(printer: Printer, told: Told = allHere): Standing | undefined {
    const shut = this.#shut(printer);
    if (shut !== undefined) return shut;
    const away = told.whyAway(printer);
    if (printer.prints.length > this.#settings.claimAhead) return this.#printing(printer, away !== undefined);
    if (away !== undefined) return { code: away, printer: printer.name };
    if (printer.bed !== 'clear' && printer.prints.length === 0)
      return { code: printer.bed === 'occupied' ? 'bed-occupied' : 'bed-unknown', printer: printer.name };
    return undefined;
  }

  #printing(printer: Printer, away: boolean): Standing {
    const first = this.#view.prints.get(printer.prints[0] ?? ('' as PrintId));
    const file = first === undefined ? undefined : this.#fileName(this.#view.sets.get(first.set));
    const contact = first?.lostMs !== undefined ? 'lost' : away ? 'away' : 'here';
    return { code: 'printing', printer: printer.name, file, contact };
  }

  /** Why a printer takes nothing before a person lets it. */
  #shut(printer: Printer): Standing | undefined {
    const { name, peer, stopped, enabled } = printer;
    if (stopped !== undefined) return { code: 'stopped', printer: name, stop: stopped };
    const driver = this.#view.members.get(peer);
    if (driver !== undefined && !roleMay(driver.role, 'print'))
      return { code: 'driver-may-not', printer: name, driver: driver.name };
    if (!enabled) return { code: 'switched-off', printer: name };
    return isDescribed(printer) ? undefined : { code: 'undescribed', printer: name };
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
      if (unfitOf(set, printer) !== undefined) return false;
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

  #reason(best: Candidate, printer: Printer, options: ChoiceOptions): Because {
    if (best.starved)
      return { code: 'waited-longest', seconds: (this.#view.stampMs - best.entry.createdMs) / 1000 };
    const seconds = Number.isFinite(best.entry.seconds) ? { seconds: best.entry.seconds } : {};
    switch (this.#settings.strategy) {
      case 'shortest-first':
        return { code: 'shortest', ...seconds };
      case 'round-robin': {
        const member = this.#view.members.get(best.entry.by as PeerId);
        return { code: 'turn-of-person', ...(member !== undefined && { person: member.name }) };
      }
      case 'least-manual-work': {
        if (isNight(options)) return { code: 'longest-at-night', ...seconds };
        const work = workOf(best, this.#stuffOn(printer));
        if (work === 0) return { code: 'as-it-stands', printer: printer.name };
        return work === 1 ? { code: 'goes-on', printer: printer.name } : { code: 'needs-a-look' };
      }
      case 'in-order':
        return best.entry.label === this.#firstLabel()
          ? { code: 'first' }
          : { code: 'first-that-fits', printer: printer.name };
    }
  }

  #whyNothing(printer: Printer): Idle {
    let first: { readonly entry: Waiting; readonly match: Match; readonly group: Group } | undefined;
    for (const group of this.#lists().all()) {
      const entry = group.list.first();
      if (entry === undefined || (first !== undefined && inOrder(entry, first.entry) >= 0)) continue;
      first = { entry, match: matchGroup(group, printer), group };
    }
    if (first === undefined) return { code: 'nothing-waits' };
    const file = this.#fileName(this.#view.sets.get(first.entry.set as SetId));
    const finding = blockOf(first.match);
    if (finding !== undefined) return { code: 'first-unfit', file, finding };
    const bound =
      first.group.boundTo === undefined ? undefined : this.#view.printers.get(first.group.boundTo);
    if (bound !== undefined && bound.id !== printer.id)
      return { code: 'first-elsewhere', file, printer: bound.name };
    return { code: 'first-not-now', file, printer: printer.name };
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
      if (set === undefined || set.quarantine !== undefined || freeOf(job, set) === 0) return true;
      if (unfitOf(set, printer) !== undefined) return false;
      return matchGroup(this.#groupOf(job, set), printer).verdict !== 'blocks';
    });
  }

  #fileName(set: JobSet | undefined): string | undefined {
    return set === undefined ? undefined : this.#view.files.get(set.file)?.name;
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
      if (set.quarantine !== undefined || freeOf(job, set) === 0) return;
      const file = this.#view.files.get(set.file);
      const entry: Waiting = {
        set: set.id,
        job: job.id,
        by: job.by,
        label,
        run: Math.floor((set.good + set.active.length + set.onHold.length + set.takenOff) / set.count),
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

/** What a printer found when it read the file of a set, if it goes beyond the limits that this printer still has. */
function beyondLimits(set: JobSet, printer: Printer): Finding | undefined {
  const unfit = unfitOf(set, printer);
  if (unfit === undefined) return undefined;
  const { code, text } = unfit;
  return { rule: 'limits', verdict: 'blocks', printer: printer.name, found: { code, text } };
}

/** The first rule that keeps a printer from printing something. */
function blockOf(match: Match): Finding | undefined {
  return match.findings.find(({ verdict }) => verdict === 'blocks');
}
