import type { Match, Needs } from './match.ts';
import { matchPrinter } from './match.ts';
import type { Needed } from './needs-book.ts';
import { Sorted } from './sorted.ts';
import type { Waiting } from './strategies.ts';
import { compareBy, longestWaiting, shortestFirst } from './strategies.ts';
import type { JobId, Printer, PrinterId, SetId, Strategy } from './types.ts';

/** Printers of one kind that are compared with the groups' needs before the answers are forgotten. */
const kindsRemembered = 1000;

/**
 * Waiting sets that any printer answers alike: same needs, same binding to a printer and, when people take turns, same
 * submitter. There are few groups however many jobs there are, so that choosing looks at their heads only.
 */
export interface Group {
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
  /** Why its sets wait for printers, as it was said last; `at` tells which state of the printers that was. */
  why: { readonly at: number; readonly text: string } | undefined;
}

/** A waiting set with what decides about its group. */
export interface Placed {
  readonly job: JobId;
  readonly entry: Waiting;
  readonly needed: Needed;
  readonly boundTo: PrinterId | undefined;
}

export class Groups {
  readonly #strategy: Strategy;
  readonly #groups = new Map<string, Group>();
  readonly #placed = new Map<
    JobId,
    { readonly group: Group; readonly key: string; readonly entry: Waiting }[]
  >();
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

  groupOf(job: JobId, set: SetId): Group | undefined {
    return this.#placed.get(job)?.find(({ entry }) => entry.set === set)?.group;
  }

  add(placed: Placed): void {
    const { entry } = placed;
    const group = this.#place(placed);
    group.list.add(entry);
    group.byAge?.add(entry);
    group.bySeconds?.add(entry);
  }

  /** Many at once, into groups that are empty so far: each list is sorted once. */
  fill(all: Iterable<Placed>): void {
    const entries = new Map<Group, Waiting[]>();
    for (const placed of all) {
      const group = this.#place(placed);
      const list = entries.get(group);
      if (list === undefined) entries.set(group, [placed.entry]);
      else list.push(placed.entry);
    }
    for (const [group, list] of entries) {
      group.list.fill(list);
      group.byAge?.fill(list);
      group.bySeconds?.fill(list);
    }
  }

  #place({ job, entry, needed, boundTo }: Placed): Group {
    const by = this.#strategy === 'round-robin' ? entry.by : '';
    // Peer ids have no blanks, so no two of these are equal by chance.
    const key = boundTo === undefined ? `${needed.number} ${by}` : `${needed.number} ${by} ${boundTo}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const guarded = this.#strategy === 'shortest-first' || this.#strategy === 'least-manual-work';
      group = {
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
    const placed = this.#placed.get(job);
    if (placed === undefined) this.#placed.set(job, [{ group, key, entry }]);
    else placed.push({ group, key, entry });
    this.#size++;
    return group;
  }

  /** Takes all sets of a job out. */
  remove(job: JobId): void {
    for (const { group, key, entry } of this.#placed.get(job) ?? []) {
      group.list.delete(entry);
      group.byAge?.delete(entry);
      group.bySeconds?.delete(entry);
      if (group.list.size === 0) this.#groups.delete(key);
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

/** All of a printer that matching looks at; its name, because sentences name it. */
function traitsOf(printer: Printer, pinned: boolean): string {
  let text = traits.get(printer);
  if (text === undefined) {
    const { name, model, nozzleMm, sizeMm, materials, kinds } = printer;
    text = JSON.stringify([name, model ?? null, nozzleMm ?? null, sizeMm ?? null, materials, kinds ?? null]);
    traits.set(printer, text);
  }
  return pinned ? `${printer.id} ${text}` : text;
}
