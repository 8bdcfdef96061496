import type { PeerId, PrinterId } from '../../base/index.ts';
import type { ListName, ListPage, PrinterFilter, QueueCounts, WindowOf } from '../api.ts';
import { isDescribed } from '../../schedule/index.ts';
import type { PageFacts } from '../view-facts.ts';
import { searchCharsMax, windowRowsMax } from '../limits.ts';
import { endedView } from './print-view.ts';
import { fileView, jobView, peerView, printerView } from './row-views.ts';
import type { ViewSources } from './view-sources.ts';

/** Windows of the queue's lists. Each costs what it shows, but for searches, which look at every row once. */

type Pages = {
  readonly [Name in ListName]: (sources: ViewSources, window: WindowOf<Name>) => PageFacts<Name>;
};

const pages: Pages = {
  jobs: jobsPage,
  printers: printersPage,
  history: historyPage,
  people: peoplePage,
  files: filesPage,
};

export function pageOf<Name extends ListName>(
  sources: ViewSources,
  list: Name,
  window: WindowOf<Name>,
): PageFacts<Name> {
  const bounded = {
    ...window,
    offset: Math.max(0, Math.floor(window.offset)),
    count: Math.min(windowRowsMax, Math.max(0, Math.floor(window.count))),
    text: (window.text ?? '').slice(0, searchCharsMax),
  };
  return pages[list](sources, bounded);
}

function jobsPage(sources: ViewSources, window: WindowOf<'jobs'>): PageFacts<'jobs'> {
  const { jobs } = sources.host.indexes;
  const { offset, found } = within(window, (at, count) => {
    const { jobs: rows, total } = jobs.find(window.filter ?? 'all', window.text ?? '', at, count);
    return { rows, total };
  });
  return {
    offset,
    total: found.total,
    items: found.rows.map((id) => jobView(sources, id)).filter((view) => view !== undefined),
    counts: jobs.counts(),
  };
}

function historyPage(sources: ViewSources, window: WindowOf<'history'>): PageFacts<'history'> {
  const { state, indexes } = sources.host;
  const { offset, found } = within(window, (at, count) => {
    const { ended, total } = indexes.ended.find(window.filter ?? 'all', window.text ?? '', at, count);
    return { rows: ended, total };
  });
  return {
    offset,
    total: found.total,
    items: found.rows.map((entry) => endedView(state, entry)),
    counts: indexes.ended.counts(),
  };
}

function printersPage(sources: ViewSources, window: WindowOf<'printers'>): PageFacts<'printers'> {
  const counts = { all: 0, asks: 0, printing: 0, ready: 0, off: 0, away: 0, mine: 0 };
  const words = wordsIn(window.text);
  const own: PrinterId[] = [];
  const others: PrinterId[] = [];
  const { state, indexes } = sources.host;
  for (const id of indexes.printers.ids()) {
    const filter = standingOf(sources, id);
    const printer = state.printers.get(id);
    if (printer === undefined) continue;
    const mine = printer.peer === sources.self;
    counts.all++;
    counts[filter]++;
    if (mine) counts.mine++;
    const wanted = window.filter ?? 'all';
    if (wanted !== 'all' && wanted !== filter && !(wanted === 'mine' && mine)) continue;
    const driver = state.members.get(printer.peer)?.name ?? '';
    if (
      !matches(
        words,
        `${printer.name}\n${printer.model ?? ''}\n${driver}\n${materialText(printer.materials)}`,
      )
    )
      continue;
    (mine ? own : others).push(id);
  }
  return rowsPage(window, [...own, ...others], counts, (id) => printerView(sources, id));
}

function materialText(materials: readonly { readonly family: string; readonly colour?: string }[]): string {
  return materials.map(({ family, colour }) => `${family} ${colour ?? ''}`).join(' ');
}

/** Where a printer stands, by what a person would do about it. */
function standingOf(
  { host, presenceOf }: ViewSources,
  id: PrinterId,
): Exclude<PrinterFilter, 'all' | 'mine'> {
  const printer = host.state.printers.get(id);
  if (printer === undefined) return 'away';
  const presence = presenceOf(id);
  if (printer.stopped !== undefined || presence?.state === 'failed') return 'asks';
  if (presence?.needs !== undefined && presence.needs !== null) return 'asks';
  const first = printer.prints
    .map((print) => host.state.prints.get(print))
    .find((print) => print !== undefined);
  if (first?.lostMs !== undefined) return 'asks';
  if (first !== undefined) return 'printing';
  if (presence === undefined) return 'away';
  if (!printer.enabled) return 'off';
  return printer.bed === 'clear' && isDescribed(printer) ? 'ready' : 'asks';
}

function peoplePage(sources: ViewSources, window: WindowOf<'people'>): PageFacts<'people'> {
  const { host, self, paths } = sources;
  const { state, indexes } = host;
  const voters = new Set(host.status().confState.voters);
  const counts = { all: indexes.members.size, here: 0, voters: 0 };
  const words = wordsIn(window.text);
  const found: PeerId[] = [];
  for (const id of indexes.members.ids()) {
    const member = state.members.get(id);
    if (member === undefined) continue;
    const here = id === self || paths.has(id);
    const votes = voters.has(member.replicaId) || member.voter;
    if (here) counts.here++;
    if (votes) counts.voters++;
    if ((window.filter === 'here' && !here) || (window.filter === 'voters' && !votes)) continue;
    if (!matches(words, `${member.name}\n${member.role}`)) continue;
    if (id === self) found.unshift(id);
    else found.push(id);
  }
  return rowsPage(window, found, counts, (id) => {
    const member = state.members.get(id);
    return member === undefined ? undefined : peerView(sources, member);
  });
}

function filesPage(sources: ViewSources, window: WindowOf<'files'>): PageFacts<'files'> {
  const { state, indexes } = sources.host;
  const counts = { all: indexes.files.size };
  const words = wordsIn(window.text);
  const view = (id: Parameters<typeof state.files.get>[0]) => {
    const file = state.files.get(id);
    return file === undefined ? undefined : fileView(sources, file);
  };
  if (words.length === 0) {
    const { offset, found } = within(window, (at, count) => ({
      rows: indexes.files.slice(at, count),
      total: counts.all,
    }));
    return {
      offset,
      total: found.total,
      counts,
      items: found.rows.map(view).filter((each) => each !== undefined),
    };
  }
  const matching = [...indexes.files.ids()].filter((id) => {
    const file = state.files.get(id);
    return file !== undefined && matches(words, `${file.name}\n${file.meta.slicer ?? ''}`);
  });
  return rowsPage(window, matching, counts, view);
}

/** How many there are of everything. */
export function countsOf(sources: ViewSources): QueueCounts {
  const { host, self, paths } = sources;
  const { state } = host;
  const { voters } = host.status().confState;
  const now = new Set(voters);
  let learners = 0;
  let votersHere = 0;
  for (const { peer, replicaId, voter } of state.members.values()) {
    if (now.has(replicaId)) votersHere += peer === self || paths.has(peer) ? 1 : 0;
    else if (voter) learners++;
  }
  return {
    jobs: state.jobs.size,
    printers: state.printers.size,
    peers: state.members.size,
    files: state.files.size,
    history: state.history.size,
    voters: voters.length,
    learners,
    votersHere,
    asking: asking(sources).length,
  };
}

/** The printers at which a person must do something. */
export function asking(sources: ViewSources): readonly PrinterId[] {
  return [...sources.host.state.printers.keys()].filter((id) => standingOf(sources, id) === 'asks');
}

/** The printers that a page without a list should show. */
export function firstPrinters(sources: ViewSources, count: number): readonly PrinterId[] {
  if (count === 0) return [];
  const { state, indexes } = sources.host;
  const ranks = { asks: 1, printing: 2, ready: 3, off: 4, away: 5 };
  const rank = (id: PrinterId) =>
    state.printers.get(id)?.peer === sources.self ? 0 : ranks[standingOf(sources, id)];
  const all = [...indexes.printers.ids()];
  if (all.length <= count) return all;
  return [0, 1, 2, 3, 4, 5].flatMap((each) => all.filter((id) => rank(id) === each)).slice(0, count);
}

/** This peer, those that vote, those that are here, then as many others as fit. */
export function firstPeople(sources: ViewSources, count: number): readonly PeerId[] {
  if (count === 0) return [];
  const { host, self, paths } = sources;
  const { state, indexes } = host;
  const voters = new Set(host.status().confState.voters);
  const chosen = new Set<PeerId>(state.members.has(self) ? [self] : []);
  for (const { peer, replicaId, voter } of state.members.values())
    if (voters.has(replicaId) || voter) chosen.add(peer);
  for (const peer of paths.keys()) if (state.members.has(peer)) chosen.add(peer);
  for (const peer of indexes.members.slice(0, count)) chosen.add(peer);
  return [...chosen].slice(0, count);
}

function wordsIn(text: string | undefined): readonly string[] {
  return (text ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function matches(words: readonly string[], text: string): boolean {
  if (words.length === 0) return true;
  const small = text.toLowerCase();
  return words.every((word) => small.includes(word));
}

function rowsPage<Id, Item, Filter extends string>(
  window: { readonly offset: number; readonly count: number },
  ids: readonly Id[],
  counts: Readonly<Record<Filter, number>>,
  view: (id: Id) => Item | undefined,
): ListPage<Item, Filter> {
  const offset = Math.max(0, Math.min(window.offset, ids.length - window.count));
  const items = ids
    .slice(offset, offset + window.count)
    .map(view)
    .filter((each) => each !== undefined);
  return { offset, total: ids.length, items, counts };
}

/** A list may have become shorter than where the window stands: then its end is shown. */
function within<Row>(
  window: { readonly offset: number; readonly count: number },
  find: (offset: number, count: number) => { readonly rows: readonly Row[]; readonly total: number },
): { readonly offset: number; readonly found: { readonly rows: readonly Row[]; readonly total: number } } {
  const found = find(window.offset, window.count);
  const offset = Math.max(0, Math.min(window.offset, found.total - window.count));
  return offset === window.offset ? { offset, found } : { offset, found: find(offset, window.count) };
}
