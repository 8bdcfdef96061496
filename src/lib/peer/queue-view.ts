import type { FileId, PeerId, PrintId, PrinterId } from '../base/index.ts';
import { type Job, type JobSet, type Member, type QueueFile, freeOf } from '../queue/index.ts';
import type { Agenda } from '../schedule/index.ts';
import type { FileView, JobView, PeerView, PrinterView, QueueSummary, QueueView, SetView } from './api.ts';
import { historyShown } from './api.ts';
import type { FileKeeper } from './file-keeper.ts';
import { type PrintWords, endedView, printView } from './print-view.ts';
import type { AttachedPrinter } from './attached-printer.ts';
import { remedyFor } from './halting.ts';
import type { QueueHost } from './queue-host.ts';
import type { PrinterPresence } from './wire-shapes.ts';

/** What a view is built from: the log's state, what peers tell, what is here. */
export interface ViewSources {
  readonly host: QueueHost;
  readonly self: PeerId;
  readonly keeper: FileKeeper;
  readonly printers: readonly AttachedPrinter[];
  /** How each connected peer is reached. */
  readonly paths: ReadonlyMap<
    PeerId,
    { readonly path: 'direct' | 'relayed'; readonly rttMs: number | undefined }
  >;
  /** Pictures of files that are here, as `data:` URLs. */
  readonly thumbnails: ReadonlyMap<FileId, string>;
  readonly presenceOf: (printer: PrinterId) => PrinterPresence | undefined;
}

/** The queue in a line. */
export function summaryOf(host: QueueHost): QueueSummary {
  const { condition, text } = host.condition();
  const state = host.state;
  let waiting = 0;
  for (const job of state.jobs.values()) {
    if (job.done || job.draft) continue;
    for (const id of job.sets) {
      const set = state.sets.get(id);
      if (set !== undefined) waiting += freeOf(job, set);
    }
  }
  return {
    queue: host.queue,
    name: state.head.name,
    condition,
    text,
    remedy: host.trouble === undefined ? undefined : remedyFor(host.trouble.code),
    printing: state.prints.size,
    waiting,
  };
}

/** The whole queue as a page shows it. */
export function viewOf(sources: ViewSources): QueueView {
  const { host, self } = sources;
  const state = host.state;
  const me = state.members.get(self);
  const words: PrintWords = { state, presenceOf: sources.presenceOf };
  const jobs: JobView[] = [];
  for (const job of state.jobsInOrder()) jobs.push(jobView(sources, words, job));
  const history = [...state.history.values()]
    .slice(-historyShown)
    .reverse()
    .map((entry) => endedView(entry));
  const role = me?.role ?? 'none';
  return {
    ...summaryOf(host),
    myRole: role,
    mayAdminister: role === 'owner' || role === 'operator',
    leader: host.leader,
    committed: host.status().commit,
    jobs,
    printers: printersOf(sources),
    peers: [...state.members.values()].map((member) => peerView(sources, member)),
    files: [...state.files.values()].map((file) => fileView(sources, file)),
    history,
    settings: {
      leaseMs: state.head.settings.leaseMs,
      strategy: state.head.settings.strategy,
      lan: state.head.lan,
    },
    notices: [],
    pending: host.pending(),
  };
}

/** The queue's printers alone. */
export function printersOf(sources: ViewSources): readonly PrinterView[] {
  const { state } = sources.host;
  const words: PrintWords = { state, presenceOf: sources.presenceOf };
  return [...state.printers.keys()]
    .map((id) => printerView(sources, words, id))
    .filter((view) => view !== undefined);
}

function jobView(sources: ViewSources, words: PrintWords, job: Job): JobView {
  const { host, self } = sources;
  const state = host.state;
  const sets = job.sets
    .map((id) => state.sets.get(id))
    .filter((set) => set !== undefined)
    .map((set) => setView(words, host.agenda, job, set));
  const sum = (pick: (set: SetView) => number) => sets.reduce((total, set) => total + pick(set), 0);
  return {
    job: job.id,
    name: job.name,
    notes: job.notes,
    draft: job.draft,
    copies: job.copies,
    owner: job.by,
    ownerName: state.members.get(job.by)?.name ?? 'someone who left',
    mine: job.by === self,
    good: sum((set) => set.good),
    printing: sum((set) => set.prints.length),
    remaining: sum((set) => set.remaining),
    sets,
    why: sets.find((set) => set.why !== undefined)?.why,
    done: job.done,
  };
}

function setView(words: PrintWords, agenda: Agenda, job: Job, set: JobSet): SetView {
  const { state } = words;
  const prints = set.active
    .map((id) => state.prints.get(id))
    .filter((print) => print !== undefined)
    .map((print, at) => printView(words, print, set.good + at + 1));
  return {
    set: set.id,
    file: set.file,
    fileName: state.files.get(set.file)?.name ?? 'a file that was removed',
    count: set.count,
    good: set.good,
    remaining: freeOf(job, set),
    needs: needsText(set),
    prints,
    why: agenda.whyWaits(set.id),
  };
}

function printerView(sources: ViewSources, words: PrintWords, id: PrinterId): PrinterView | undefined {
  const { host, self } = sources;
  const state = host.state;
  const printer = state.printers.get(id);
  if (printer === undefined) return undefined;
  const presence = sources.presenceOf(id);
  const print = printer.prints.map((each) => state.prints.get(each)).find((each) => each !== undefined);
  const next = host.agenda.next(id);
  const temperature = (pair: readonly [number, number] | null | undefined) =>
    pair === null || pair === undefined ? undefined : { celsius: pair[0], targetCelsius: pair[1] };
  return {
    printer: id,
    name: printer.name,
    peer: printer.peer,
    peerName: state.members.get(printer.peer)?.name ?? 'someone who left',
    mine: printer.peer === self,
    online: presence !== undefined,
    virtual: presence?.virtual ?? printer.autoClear,
    model: printer.model,
    state: presence?.state ?? 'disconnected',
    text: presence?.text ?? 'Not connected',
    needs: presence?.needs ?? undefined,
    bed: printer.bed,
    enabled: printer.enabled,
    print: print === undefined ? undefined : printView(words, print, copyOf(words, print.id)),
    nozzle: temperature(presence?.nozzle),
    plate: temperature(presence?.plate),
    next: next.because,
    nozzleMm: printer.nozzleMm,
    sizeMm: printer.sizeMm,
    materials: printer.materials,
    autoClear: printer.autoClear,
    stopped: printer.stopped,
  };
}

/** What a set asks for beyond its file's own words. */
function needsText(set: JobSet): string {
  const { materials, models, nozzleMm } = set.requirements;
  const parts = [
    ...(materials ?? []).map((material) => [material.family, material.colour].filter(Boolean).join(' ')),
    ...(models === undefined || models.length === 0 ? [] : [models.join(' or ')]),
    ...(nozzleMm === undefined ? [] : [`${nozzleMm} mm nozzle`]),
  ];
  return parts.join(', ');
}

function copyOf({ state }: PrintWords, id: PrintId): number {
  const print = state.prints.get(id);
  const set = print === undefined ? undefined : state.sets.get(print.set);
  return set === undefined ? 1 : set.good + set.active.indexOf(id) + 1;
}

function peerView(sources: ViewSources, member: Member): PeerView {
  const { host, self } = sources;
  const { confState } = host.status();
  const votes = confState.voters.includes(member.replicaId);
  const isSelf = member.peer === self;
  const connection = sources.paths.get(member.peer);
  const leads = host.leader === member.peer;
  const here = isSelf || connection !== undefined;
  const part = votes ? 'voter' : member.voter ? 'learner' : 'listener';
  const partText = {
    voter: 'votes',
    learner: 'is catching up, then votes',
    listener: 'guest, does not vote',
  }[part];
  const reach = isSelf
    ? 'this browser'
    : connection === undefined
      ? 'away'
      : connection.path === 'direct'
        ? 'connected straight'
        : 'connected through the relay';
  return {
    peer: member.peer,
    name: member.name,
    self: isSelf,
    role: member.role,
    part,
    leads,
    here,
    path: isSelf ? 'self' : (connection?.path ?? 'none'),
    rttMs: connection?.rttMs,
    text: `${leads ? 'leads, ' : ''}${partText}, ${reach}`,
  };
}

function fileView(sources: ViewSources, file: QueueFile): FileView {
  const { host, self, keeper } = sources;
  const hereBytes = keeper.whole(file.id) ? file.size : keeper.hereBytes(file.id);
  const holders: PeerId[] = keeper.whole(file.id) ? [self] : [];
  for (const [peer, presence] of host.presence.all())
    if (presence.files.includes(file.id)) holders.push(peer);
  const { meta } = file;
  return {
    file: file.id,
    name: file.name,
    sizeBytes: file.size,
    hereBytes,
    holders,
    transferring: keeper.fetching().some(([id]) => id === file.id),
    slicer: meta.slicer,
    printSeconds: meta.seconds,
    filamentGrams: meta.filamentG,
    material: meta.materials?.[0]?.family,
    printerModel: meta.printerModel,
    nozzleMm: meta.nozzleMm,
    thumbnail: sources.thumbnails.get(file.id),
    text: safetyText(holders, self),
  };
}

/** Whether a file would survive the loss of a browser, in words. */
function safetyText(holders: readonly PeerId[], self: PeerId): string {
  if (holders.length === 0) return 'Nobody who is here has it. It comes when a peer that holds it is back.';
  if (holders.length > 1) return `Safe on ${holders.length} peers.`;
  return holders[0] === self
    ? 'Only in this browser: keep it open until another peer has it.'
    : 'Only on one peer so far.';
}
