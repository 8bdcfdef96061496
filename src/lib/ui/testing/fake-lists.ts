import type { JobId, PrintId, PrinterId, SetId } from '../../base/ids.ts';
import type {
  Figures,
  JobFilter,
  JobView,
  ListName,
  PageOf,
  PrinterFilter,
  PrinterView,
  PrintView,
  QueueCounts,
  QueueView,
  TotalsView,
  WindowOf,
} from '../../peer/api.ts';
import { bedQuestion } from '../words.ts';
import { fakeFarm, job, set } from './fake-views.ts';

/** Windows of a pretended queue: everything is walked through, which is quick enough for what tests look at. */

type Row = { readonly text: string; readonly filters: readonly string[]; readonly item: unknown };

export function fakePage<Name extends ListName>(
  view: QueueView,
  list: Name,
  window: WindowOf<Name>,
): PageOf<Name> {
  const rows = rowsOf(view, list);
  const words = (window.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const filter = window.filter ?? 'all';
  const found = rows.filter(
    (row) =>
      (filter === 'all' || row.filters.includes(filter)) &&
      words.every((word) => row.text.toLowerCase().includes(word)),
  );
  const counts: Record<string, number> = { all: rows.length };
  for (const row of rows) for (const each of row.filters) counts[each] = (counts[each] ?? 0) + 1;
  const offset = Math.max(0, Math.min(window.offset, found.length - window.count));
  return {
    offset,
    total: found.length,
    items: found.slice(offset, offset + window.count).map((row) => row.item),
    counts,
  } as unknown as PageOf<Name>;
}

function rowsOf(view: QueueView, list: ListName): readonly Row[] {
  switch (list) {
    case 'jobs':
      return view.jobs.map((each, place) => ({
        text: [each.name, each.notes, each.ownerName, ...each.sets.map((one) => one.fileName)].join('\n'),
        filters: jobFilters(each),
        item: { ...each, place, after: view.jobs[place - 1]?.job ?? null },
      }));
    case 'printers':
      return view.printers.map((each) => ({
        text: `${each.name}\n${each.peerName}\n${each.model ?? ''}`,
        filters: [printerFilter(each), ...(each.mine ? ['mine'] : [])],
        item: each,
      }));
    case 'history':
      return view.history.map((each) => ({
        text: `${each.jobName}\n${each.fileName}\n${each.printerName}\n${each.submitterName}\n${each.reason ?? ''}`,
        filters: [each.outcome ?? ''],
        item: each,
      }));
    case 'people':
      return view.peers.map((each) => ({
        text: `${each.name}\n${each.role}`,
        filters: [...(each.here ? ['here'] : []), ...(each.part === 'listener' ? [] : ['voters'])],
        item: each,
      }));
    case 'files':
      return view.files.map((each) => ({ text: each.name, filters: [], item: each }));
  }
}

function jobFilters(each: JobView): readonly JobFilter[] {
  const kept: readonly (readonly [JobFilter, boolean])[] = [
    ['waiting', each.remaining > 0 && !each.draft],
    ['printing', each.printing > 0],
    ['asks', each.sets.some((one) => one.quarantine !== undefined || one.onHold.length > 0)],
    ['drafts', each.draft],
    ['done', each.done],
    ['mine', each.mine],
  ];
  return kept.filter(([, holds]) => holds).map(([filter]) => filter);
}

function printerFilter(printer: PrinterView): PrinterFilter {
  if (printer.stopped !== undefined || printer.print?.phase === 'lost-contact') return 'asks';
  if (printer.print !== undefined) return 'printing';
  if (!printer.online) return 'away';
  if (!printer.enabled) return 'off';
  return bedQuestion(printer) === undefined ? 'ready' : 'asks';
}

export function fakeCounts(view: QueueView): QueueCounts {
  const voters = view.peers.filter((peer) => peer.part === 'voter');
  return {
    jobs: view.jobs.length,
    printers: view.printers.length,
    peers: view.peers.length,
    files: view.files.length,
    history: view.history.length,
    voters: voters.length,
    learners: view.peers.filter((peer) => peer.part === 'learner').length,
    votersHere: voters.filter((peer) => peer.here).length,
    asking: view.printers.filter((printer) => printerFilter(printer) === 'asks').length,
  };
}

export function fakeFigures(view: QueueView): Figures {
  const by = (key: (print: PrintView) => string) =>
    [...Map.groupBy(view.history, key)]
      .map(([name, prints]) => ({ id: name, name, ...sumOf(prints) }))
      .sort((a, b) => b.prints - a.prints);
  return {
    all: sumOf(view.history),
    byPrinter: by((print) => print.printerName),
    byPerson: by((print) => print.submitterName),
    byMaterial: by((print) => print.material ?? 'not known'),
  };
}

function sumOf(prints: readonly PrintView[]): TotalsView {
  const count = (outcome: PrintView['outcome']) => prints.filter((print) => print.outcome === outcome).length;
  const sum = (pick: (print: PrintView) => number) => prints.reduce((total, print) => total + pick(print), 0);
  return {
    prints: prints.length,
    good: count('good'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    unknown: count('unknown'),
    surplus: 0,
    seconds: sum((print) => print.seconds ?? 0),
    filamentMm: sum((print) => print.filamentMm ?? 0),
  };
}

/** A print farm: many jobs, many printers. */
export function fakeLarge(jobs: number, printers: number): QueueView {
  const farm = fakeFarm();
  const things = [
    'Bracket',
    'Visor clip',
    'Gear',
    'Hinge',
    'Lamp shade',
    'Cable guide',
    'Knob',
    'Spool holder',
  ];
  const people = ['Ada', 'Ben', 'Cleo', 'Dana'];
  const manyJobs = Array.from({ length: jobs }, (_, at) => {
    const name = `${things[at % things.length] ?? ''} ${at + 1}`;
    return job(name, {
      job: `job-${at}` as JobId,
      owner: farm.peers[at % 4]?.peer ?? farm.peers[0]?.peer ?? ('' as never),
      ownerName: people[at % 4] ?? '',
      mine: at % 4 === 0,
      draft: at % 97 === 5,
      remaining: 1 + (at % 5),
      copies: 1 + (at % 5),
      sets: [set('visor-clip-petg-ender3.gcode', { set: `set-${at}` as SetId, remaining: 1 + (at % 5) })],
      why:
        at === 0
          ? 'It is next in turn when Rack 1-2 takes another copy.'
          : 'All printers that can take it are printing.',
    });
  });
  const template = farm.printers[1];
  const manyPrinters =
    template === undefined
      ? []
      : Array.from({ length: printers }, (_, at) => ({
          ...template,
          printer: `printer-${at}` as PrinterId,
          name: `Rack ${Math.floor(at / 20) + 1}-${(at % 20) + 1}`,
          online: at % 31 !== 7,
          enabled: at % 23 !== 3,
          stopped: at % 211 === 4 ? 'two different prints failed on it in a row' : undefined,
          bed: at % 17 === 2 ? ('occupied' as const) : ('clear' as const),
          print:
            at % 3 === 0 && template.print !== undefined
              ? {
                  ...template.print,
                  print: `print-${at}` as PrintId,
                  phase: 'started' as const,
                  progress: ((at * 37) % 100) / 100,
                  printerName: `Rack ${Math.floor(at / 20) + 1}-${(at % 20) + 1}`,
                }
              : undefined,
        }));
  return { ...farm, name: 'Print farm', jobs: manyJobs, printers: manyPrinters, waiting: jobs * 3 };
}
