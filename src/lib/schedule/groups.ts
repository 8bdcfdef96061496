import type { Wait } from './facts.ts';
import type { Match, Needs } from './match.ts';
import { matchPrinter } from './match.ts';
import type { Needed } from './needs-book.ts';
import { Sorted } from './sorted.ts';
import type { Waiting } from './strategies.ts';
import { compareBy, longestWaiting, shortestFirst } from './strategies.ts';
import type { JobId, Printer, PrinterId, Strategy } from './types.ts';

/** Printers of one kind that are compared with the groups' needs before the answers are forgotten. */
const kindsRemembered = 1000;

/**
 * Waiting sets that any printer answers alike: same needs, same binding to a printer and, when people take turns, same
 * submitter. There are few groups however many jobs there are, so that choosing looks at their heads only.
 */
export interface Group {
  readonly key: string;
  readonly needs: Needs;
  /** The printer that has begun these kept-together jobs. */
  readonly boundTo: PrinterId | undefined;
  readonly by: string;
  readonly list: Sorted<Waiting>;
  /** Longest waiting first, for the guard against starvation. */
  readonly byAge: Sorted<Waiting> | undefined;
  /** Shortest first, for the night. */
  readonly bySeconds: Sorted<Waiting> | undefined;
  /** Answers of printers, by what counts of them. */
  readonly matches: Map<string, Match>;
  /** Why its sets wait for printers, as it was found last; `at` and `told` tell which state of the printers that was. */
  why: { readonly at: number; readonly told: string; readonly wait: Wait } | undefined;
}

/** What decides about a set's group. */
export interface Grouping {
  readonly needed: Needed;
  readonly boundTo: PrinterId | undefined;
  readonly by: string;
}

/** A waiting set with its group. */
export interface Placed {
  readonly job: JobId;
  readonly entry: Waiting;
  readonly group: Group;
}

export class Groups {
  readonly #strategy: Strategy;
  readonly #groups = new Map<string, Group>();
  readonly #placed = new Map<JobId, Placed[]>();
  #size = 0;

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
  }

  /** Sets that wait. */
  get size(): number {
    return this.#size;
  }

  all(): IterableIterator<Group> {
    return this.#groups.values();
  }

  add(placed: Placed): void {
    const { entry, group } = placed;
    this.#place(placed);
    // It was taken out of the table when its last set left.
    this.#groups.set(group.key, group);
    group.list.add(entry);
    group.byAge?.add(entry);
    group.bySeconds?.add(entry);
  }

  /** Many at once, into groups that are empty so far: each list is sorted once. */
  fill(all: Iterable<Placed>): void {
    const entries = new Map<Group, Waiting[]>();
    for (const placed of all) {
      this.#place(placed);
      const { entry, group } = placed;
      const list = entries.get(group);
      if (list === undefined) entries.set(group, [entry]);
      else list.push(entry);
    }
    for (const [group, list] of entries) {
      group.list.fill(list);
      group.byAge?.fill(list);
      group.bySeconds?.fill(list);
    }
    // Somebody asked about sets that have gone since.
    for (const group of this.#groups.values()) if (group.list.size === 0) this.#groups.delete(group.key);
  }

  /** The group of all sets that any printer answers alike; made when it is first asked for. */
  of({ needed, boundTo, by: submitter }: Grouping): Group {
    const by = this.#strategy === 'round-robin' ? submitter : '';
    // Peer ids have no blanks, so no two of these are equal by chance.
    const key = boundTo === undefined ? `${needed.number} ${by}` : `${needed.number} ${by} ${boundTo}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const guarded = this.#strategy === 'shortest-first' || this.#strategy === 'least-manual-work';
      group = {
        key,
        needs: needed.needs,
        boundTo,
        by,
        list: new Sorted(compareBy(this.#strategy)),
        byAge: guarded ? new Sorted(longestWaiting) : undefined,
        bySeconds: this.#strategy === 'least-manual-work' ? new Sorted(shortestFirst) : undefined,
        matches: new Map(),
        why: undefined,
      };
      this.#groups.set(key, group);
    }
    return group;
  }

  #place(placed: Placed): void {
    const known = this.#placed.get(placed.job);
    if (known === undefined) this.#placed.set(placed.job, [placed]);
    else known.push(placed);
    this.#size++;
  }

  /** Takes all sets of a job out. */
  remove(job: JobId): void {
    for (const { group, entry } of this.#placed.get(job) ?? []) {
      group.list.delete(entry);
      group.byAge?.delete(entry);
      group.bySeconds?.delete(entry);
      if (group.list.size === 0) this.#groups.delete(group.key);
      this.#size--;
    }
    this.#placed.delete(job);
  }
}

/** A printer's answer to a group, remembered for all printers that are alike. */
export function matchGroup(group: Group, printer: Printer): Match {
  const traits = traitsOf(printer, group.needs.printers !== undefined);
  const known = group.matches.get(traits);
  if (known !== undefined) return known;
  if (group.matches.size >= kindsRemembered) group.matches.clear();
  const match = matchPrinter(group.needs, printer);
  group.matches.set(traits, match);
  return match;
}

const traits = new WeakMap<Printer, string>();

/** All of a printer that matching looks at; its name, because findings name it. */
function traitsOf(printer: Printer, pinned: boolean): string {
  let text = traits.get(printer);
  if (text === undefined) {
    const { name, model, nozzleMm, sizeMm, surface, materials, kinds } = printer;
    const said = [name, model, nozzleMm, sizeMm, surface, materials, kinds];
    text = JSON.stringify(said.map((each) => each ?? null));
    traits.set(printer, text);
  }
  return pinned ? `${printer.id} ${text}` : text;
}
