import { strategies } from '../queue/index.ts';
import { strategyTexts } from '../schedule/index.ts';
import type { PrinterView, QueueSettingsView, QueueSummary, QueueView, Shown } from './api.ts';
import { remedyFor } from './halting.ts';
import { asking, countsOf, firstPeople, firstPrinters } from './list-pages.ts';
import { endedView } from './print-view.ts';
import type { QueueHost } from './queue-host.ts';
import { fileView, jobView, peerView, printerView } from './row-views.ts';
import type { ViewSources } from './view-sources.ts';

/** The queue in a line. */
export function summaryOf(host: QueueHost): QueueSummary {
  const { condition, text } = host.condition();
  const { state } = host;
  return {
    queue: host.queue,
    name: state.head.name,
    condition,
    text,
    remedy: host.trouble === undefined ? undefined : remedyFor(host.trouble.code),
    printing: state.prints.size,
    waiting: host.indexes.jobs.waiting,
  };
}

/** The queue as a page shows it, with the beginnings of its lists. */
export function viewOf(sources: ViewSources, shown: Shown): QueueView {
  const { host, self } = sources;
  const { state, indexes } = host;
  const role = state.members.get(self)?.role ?? 'none';
  return {
    ...summaryOf(host),
    myRole: role,
    mayAdminister: role === 'owner' || role === 'operator',
    leader: host.leader,
    committed: host.status().commit,
    counts: countsOf(sources),
    jobs: there(indexes.jobs.find('all', '', 0, shown.jobs).jobs, (id) => jobView(sources, id)),
    printers: there(firstPrinters(sources, shown.printers), (id) => printerView(sources, id)),
    peers: there(firstPeople(sources, shown.peers), (id) => {
      const member = state.members.get(id);
      return member === undefined ? undefined : peerView(sources, member);
    }),
    files: there(indexes.files.slice(0, shown.files), (id) => {
      const file = state.files.get(id);
      return file === undefined ? undefined : fileView(sources, file);
    }),
    history: indexes.ended.find('all', '', 0, shown.history).ended.map((entry) => endedView(state, entry)),
    settings: settingsOf(host),
    notices: [],
    pending: host.pending(),
  };
}

/** The printers at which a person must do something. */
export function askingPrinters(sources: ViewSources): readonly PrinterView[] {
  return there(asking(sources), (id) => printerView(sources, id));
}

function settingsOf({ state: { head } }: QueueHost): QueueSettingsView {
  return {
    leaseMs: head.settings.leaseMs,
    strategy: head.settings.strategy,
    lan: head.lan,
    all: head.settings,
    relays: head.relays,
    strategies: strategies.map((id) => ({ id, text: strategyTexts[id] })),
  };
}

function there<Id, View>(ids: readonly Id[], view: (id: Id) => View | undefined): readonly View[] {
  return ids.map(view).filter((each) => each !== undefined);
}
