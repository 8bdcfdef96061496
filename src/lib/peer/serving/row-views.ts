import type { JobId, PeerId, PrinterId } from '../../base/index.ts';
import {
  type Job,
  type JobSet,
  type Member,
  type QueueFile,
  type QueueState,
  type Requirements,
  freeOf,
} from '../../queue/index.ts';
import { type PrintWords, printView } from './print-view.ts';
import type { ViewSources } from './view-sources.ts';
import type { Choice } from '../../schedule/index.ts';
import type { Coming, SetWait } from '../api-facts.ts';
import type { FileFacts, JobFacts, PeerFacts, PrinterFacts, SetFacts } from '../view-facts.ts';

/** One row of each list, as a page shows it. */

export function jobView(sources: ViewSources, id: JobId): JobFacts | undefined {
  const { host, self } = sources;
  const { state } = host;
  const job = state.jobs.get(id);
  return job === undefined ? undefined : viewOfJob(sources, wordsOf(sources), job, self);
}

function wordsOf({ host, presenceOf }: ViewSources): PrintWords {
  return { state: host.state, presenceOf };
}

function viewOfJob(sources: ViewSources, words: PrintWords, job: Job, self: PeerId): JobFacts {
  const { host } = sources;
  const { state } = host;
  const sets = job.sets
    .map((id) => state.sets.get(id))
    .filter((set) => set !== undefined)
    .map((set) => setView(sources, words, job, set));
  const sum = (pick: (set: SetFacts) => number) => sets.reduce((total, set) => total + pick(set), 0);
  return {
    job: job.id,
    name: job.name,
    notes: job.notes,
    draft: job.draft,
    copies: job.copies,
    keepTogether: job.keepTogether,
    boundTo: job.boundTo === undefined ? undefined : state.printers.get(job.boundTo)?.name,
    dueWallMs: job.dueMs,
    place: host.indexes.jobs.placeOf(job.id),
    after: state.jobBefore(job.id) ?? null,
    owner: job.by,
    ownerName: state.members.get(job.by)?.name ?? 'someone who left',
    mine: job.by === self,
    good: sum((set) => set.good),
    printing: sum((set) => set.prints.length),
    remaining: sum((set) => set.remaining),
    onHold: sum((set) => set.onHold.length),
    sets,
    waits: sets.find((set) => set.waits !== undefined)?.waits,
    done: job.done,
  };
}

function setView(sources: ViewSources, words: PrintWords, job: Job, set: JobSet): SetFacts {
  const { state } = words;
  const file = state.files.get(set.file);
  const why = sources.host.indexes.agenda.whyWaits(set.id, sources.told);
  // What the queue itself holds back is said first: no file would help.
  const byQueue = why === undefined || why.code === 'on-hold' || job.draft || set.quarantine !== undefined;
  const away = byQueue ? undefined : fileAway(sources, file);
  const prints = set.active
    .map((id) => state.prints.get(id))
    .filter((print) => print !== undefined)
    .map((print) => printView(words, print));
  return {
    set: set.id,
    file: set.file,
    fileName: file?.name ?? 'a file that was removed',
    count: set.count,
    good: set.good,
    remaining: freeOf(job, set),
    onHold: set.onHold,
    requirements: set.requirements,
    fileNeeds: file === undefined ? {} : fileNeeds(file),
    held: set.quarantine,
    prints,
    waits: away ?? why,
  };
}

/** What a file says that it needs, as requirements; a slicer's colour is no wish. */
export function fileNeeds({ meta }: QueueFile): Requirements {
  return {
    ...(meta.printerModel === undefined || meta.printerModel === '' ? {} : { models: [meta.printerModel] }),
    ...(meta.nozzleMm === undefined ? {} : { nozzleMm: meta.nozzleMm }),
    ...(meta.materials === undefined ? {} : { materials: meta.materials.map(({ family }) => ({ family })) }),
    ...(meta.sizeMm === undefined ? {} : { sizeMm: meta.sizeMm }),
  };
}

export function printerView(sources: ViewSources, id: PrinterId): PrinterFacts | undefined {
  const { host, self } = sources;
  const words = wordsOf(sources);
  const { state } = host;
  const printer = state.printers.get(id);
  if (printer === undefined) return undefined;
  const presence = sources.presenceOf(id);
  const print = printer.prints.map((each) => state.prints.get(each)).find((each) => each !== undefined);
  const next = host.indexes.agenda.next(id, { preview: true, unattendedMs: host.indexes.unattendedMs });
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
    doing: presence?.doing,
    asks: presence?.needs ?? undefined,
    bed: printer.bed,
    enabled: printer.enabled,
    print: print === undefined ? undefined : printView(words, print),
    nozzle: temperature(presence?.nozzle),
    plate: temperature(presence?.plate),
    coming: comingOf(next),
    nozzleMm: printer.nozzleMm,
    sizeMm: printer.sizeMm,
    surface: printer.surface,
    materials: printer.materials,
    autoClear: printer.autoClear,
    stop: printer.stopped,
  };
}

/** What a printer takes next. */
export function comingOf(next: Choice): Coming {
  if (next.kind === 'wait') return next;
  const { kind, file, because, warnings } = next;
  return { kind, file, because, warnings };
}

export function peerView(sources: ViewSources, member: Member): PeerFacts {
  const { host, self } = sources;
  const { confState } = host.status();
  const votes = confState.voters.includes(member.replicaId);
  const isSelf = member.peer === self;
  const connection = sources.paths.get(member.peer);
  const leads = host.leader === member.peer;
  const here = isSelf || connection !== undefined;
  const part = votes ? 'voter' : member.voter ? 'learner' : 'listener';
  const { twoVoters } = host.state.head.settings;
  const ofTwo =
    part !== 'listener' && confState.voters.length === 1 && !twoVoters && isTrustedPair(host.state);
  return {
    peer: member.peer,
    name: member.name,
    self: isSelf,
    role: member.role,
    part,
    ofTwo,
    leads,
    here,
    printers: sources.printersOf(member.peer),
    path: isSelf ? 'self' : (connection?.path ?? 'none'),
    rttMs: connection?.rttMs,
  };
}

/** Whether exactly two peers are trusted with a vote. */
function isTrustedPair({ members }: Pick<QueueState, 'members'>): boolean {
  let trusted = 0;
  for (const { voter } of members.values()) if (voter) trusted++;
  return trusted === 2;
}

export function fileView(sources: ViewSources, file: QueueFile): FileFacts {
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
    thumbnail: sources.pictures.get(file.id),
  };
}

/** Says it when nobody who is here has a file, so that no printer could begin with it. */
function fileAway({ host, keeper, paths }: ViewSources, file: QueueFile | undefined): SetWait | undefined {
  if (file === undefined || keeper.withinReach(file.id)) return undefined;
  const told = new Set(host.presence.all().map(([peer]) => peer));
  // Somebody has just come and has not said yet what it holds.
  for (const peer of paths.keys()) if (host.state.members.has(peer) && !told.has(peer)) return undefined;
  return { code: 'nobody-has-file', file: file.name };
}
