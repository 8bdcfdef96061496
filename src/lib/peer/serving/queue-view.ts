import type { QueueId } from '../../base/index.ts';
import { roleMay } from '../../queue/index.ts';
import type { HeirView, QueueSummary, Shown } from '../api.ts';
import type { PrinterFacts, QueueFacts, SettingsFacts } from '../view-facts.ts';
import { remedyFor } from '../replica/halting.ts';
import { keptBehind } from '../members/founding.ts';
import { type Heirs, mayGoOn } from '../members/heirs.ts';
import { asking, countsOf, firstPeople, firstPrinters } from './list-pages.ts';
import { nameOf } from '../host/names.ts';
import { endedView } from './print-view.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { fileView, jobView, peerView, printerView } from './row-views.ts';
import type { ViewSources } from './view-sources.ts';

/** The queue in a line. */
export function summaryOf(host: QueueHost, heirs: readonly HeirView[]): QueueSummary {
  const { condition, text } = host.condition();
  const { state } = host;
  return {
    queue: host.queue,
    name: state.head.name,
    condition,
    text,
    remedy: host.trouble === undefined ? undefined : remedyFor(host.trouble.code),
    heirs,
    continues: state.head.continues,
    mayGoOn: mayGoOn(host).ok,
    keptBehind: mayGoOn(host).ok ? keptBehind(host) : 0,
    printing: state.prints.size,
    waiting: host.indexes.jobs.waiting,
  };
}

/** Who went on from a copy of this queue, as far as this peer was told. */
export function heirViewsOf(
  host: QueueHost,
  heirs: Heirs,
  hosts: ReadonlyMap<QueueId, QueueHost>,
): readonly HeirView[] {
  return heirs.of(host.queue).map(({ queue, name, by, link }) => ({
    queue,
    name: hosts.get(queue)?.state.head.name ?? name,
    byName: nameOf(host.state, by),
    mine: link === undefined,
    joined: hosts.has(queue),
    link,
  }));
}

/** The queue as a page shows it, with the beginnings of its lists. */
export function viewOf(sources: ViewSources, shown: Shown): QueueFacts {
  const { host, self } = sources;
  const { state, indexes } = host;
  const role = state.members.get(self)?.role;
  // Who has just joined is told nothing of what it may not do before it is known.
  const may = (right: 'submit' | 'print') => role === undefined || roleMay(role, right);
  return {
    ...summaryOf(host, sources.heirs),
    myRole: role ?? 'none',
    mayAdminister: role !== undefined && roleMay(role, 'operate'),
    maySubmit: may('submit'),
    mayPrint: may('print'),
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
export function askingPrinters(sources: ViewSources): readonly PrinterFacts[] {
  return there(asking(sources), (id) => printerView(sources, id));
}

function settingsOf({ state: { head } }: QueueHost): SettingsFacts {
  return {
    leaseMs: head.settings.leaseMs,
    strategy: head.settings.strategy,
    lan: head.lan,
    all: head.settings,
    relays: head.relays,
  };
}

function there<Id, View>(ids: readonly Id[], view: (id: Id) => View | undefined): readonly View[] {
  return ids.map(view).filter((each) => each !== undefined);
}
