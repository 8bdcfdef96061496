import type {
  FileId,
  JobId,
  PeerId,
  PrintId,
  PrinterId,
  QueueId,
  Refusal,
  Result,
  SetId,
} from '../base/index.ts';
import type {
  CensusView,
  Figures,
  HistoryFormat,
  InvitationView,
  JobChange,
  JobPlace,
  JobView,
  ListName,
  ListWatch,
  NewInvitation,
  NewJob,
  PageOf,
  PrinterName,
  QueueCounts,
  QueueSettingsView,
  SettingsChange,
  Shown,
  StrategyPreview,
  WindowOf,
} from './api-lists.ts';
import type { LeftPrint, LocalPrinters } from './printer-api.ts';
import type { QueueSummary } from './summary-api.ts';

import type { Ask, Doing } from '../printer/facts.ts';
import type { PrinterState } from '../printer/port.ts';
import type { Reason, Stop } from '../queue/index.ts';
import type { AlertCause, Coming, Decider, NotKnown, PrintNow } from './api-facts.ts';
import type { Diagnostics } from './serving/diagnosing.ts';

export type * from './api-facts.ts';
export type * from './api-lists.ts';
export type * from './printer-api.ts';
export type * from './summary-api.ts';
export type { Diagnostics, QueueDiagnostics } from './serving/diagnosing.ts';

/**
 * The only door between a page and the peer: what can be asked of it, and the views that it shows. Everything here
 * is plain data that a message port can carry. Documented for other software in docs/client-api.md.
 */
export const clientApiVersion = 2;

/** How a command ended. `unknown`: no answer in time; it may still be committed, and is never sent again by itself. */
export type Settled =
  | { readonly kind: 'committed'; readonly index: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unknown'; readonly why: NotKnown; readonly text: string };

/** What a link grants. `trusted`: keeps the queue and votes once caught up. `guest`: sees it all and adds jobs. */
export type LinkRole = 'trusted' | 'guest';

/** What a member may do. The owner may do everything; a viewer only looks. */
export type RoleName = 'owner' | 'operator' | 'printer' | 'submitter' | 'viewer';

/** A sentence for the person, with what can be done about it. */
export interface Notice {
  /** Stable per cause, so that a notice can be dismissed and is not shown twice. */
  readonly key: string;
  readonly tone: 'info' | 'warning' | 'problem';
  readonly text: string;
  /** What to do, when there is something. */
  readonly advice: string | undefined;
}

export interface RelayView {
  readonly address: string;
  readonly state: 'connecting' | 'connected' | 'unreachable';
  /** True once others can reach us through it. */
  readonly reachable: boolean;
  readonly text: string;
  /** Names of the queues here that name it: it is used as long as they do. */
  readonly queues: readonly string[];
}

export interface StorageView {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Whether the browser promised not to clear it by itself. */
  readonly persisted: boolean;
}

/** The whole peer, as every page of the app needs it. */
export interface AppView {
  readonly self: { readonly peer: PeerId; readonly name: string };
  readonly queues: readonly QueueSummary[];
  readonly relays: readonly RelayView[];
  readonly storage: StorageView;
  /** Whether other browsers can be reached straight: a tab of this browser carries the connections. */
  readonly direct: boolean;
  /** What waits for a person, in every queue of this browser, the most pressing first. */
  readonly alerts: readonly Alert[];
  readonly notices: readonly Notice[];
}

/** Something that only a person can do before a printer goes on. One at a time per printer. */
export interface Alert {
  /** Stable for as long as it is the same need. */
  readonly key: string;
  readonly queue: QueueId;
  readonly queueName: string;
  readonly printer: PrinterId;
  readonly printerName: string;
  /** True for a printer on this very peer. */
  readonly mine: boolean;
  /** `question`: filament, or the firmware asks. `failed`: the printer or its connection. `lost`: contact in a print. `stopped`: by the queue, after failures. */
  readonly kind: AlertCause['kind'];
  readonly cause: AlertCause;
  /** The same in one sentence. */
  readonly text: string;
}

export interface QueueView extends QueueSummary {
  readonly myRole: string;
  /** Whether I may change rules, members and other people's jobs. */
  readonly mayAdminister: boolean;
  /** Whether I may add files and jobs. True also while my role is not known yet. */
  readonly maySubmit: boolean;
  /** Whether I may bring printers into the queue. True also while my role is not known yet. */
  readonly mayPrint: boolean;
  readonly leader: PeerId | undefined;
  /** Commit index, for the curious and for tests. */
  readonly committed: number;
  /** How many there are of everything: the lists below carry their beginnings only, see `Shown`. `watchList` shows the rest. */
  readonly counts: QueueCounts;
  /** The first jobs in the order of the queue. */
  readonly jobs: readonly JobView[];
  /** Own printers first, then those that need a person, then those that print. */
  readonly printers: readonly PrinterView[];
  /** This peer first, then voters, then those who are here. */
  readonly peers: readonly PeerView[];
  readonly files: readonly FileView[];
  /** Ended prints, newest first. */
  readonly history: readonly PrintView[];
  readonly settings: QueueSettingsView;
  readonly notices: readonly Notice[];
  /** My commands that have not settled yet. */
  readonly pending: readonly { readonly text: string; readonly sinceMs: number }[];
}

/** Rows of each list in a `QueueView` when nobody asks for another number: more than a screen, less than a message that hurts. */
export const shownByDefault: Shown = { jobs: 100, printers: 100, peers: 100, files: 100, history: 200 };

export type PrintPhase = 'claimed' | 'starting' | 'started' | 'lost-contact' | 'ended';
export type PrintOutcome = 'good' | 'failed' | 'cancelled' | 'unknown';

export interface PrintView {
  readonly print: PrintId;
  readonly job: JobId;
  readonly jobName: string;
  readonly set: SetId;
  readonly fileName: string;
  /** Which copy of its set it is, from 1: given when it is claimed, the same for ever. */
  readonly copy: number;
  readonly printer: PrinterId;
  readonly printerName: string;
  readonly peer: PeerId;
  readonly phase: PrintPhase;
  readonly outcome: PrintOutcome | undefined;
  /** Why it ended so, where somebody said it. */
  readonly ending: Reason | undefined;
  /** The same in words. */
  readonly reason: string | undefined;
  /** 0 … 1, told live by the peer that prints; undefined when not heard of lately. */
  readonly progress: number | undefined;
  readonly secondsLeft: number | undefined;
  readonly now: PrintNow;
  /** The same in words: "Copying the file, 42 %", "Heating the bed", "Printing", "Lost contact with …". */
  readonly text: string;
  readonly startedWallMs: number | undefined;
  readonly endedWallMs: number | undefined;
  readonly seconds: number | undefined;
  /** Filament in mm, once it has ended. */
  readonly filamentMm: number | undefined;
  readonly material: string | undefined;
  /** Who added the job, and who drove the printer. */
  readonly submitterName: string;
  readonly peerName: string;
  /** Who said how it ended when that was not its printer's peer. */
  readonly decider: Decider | undefined;
  /** The same in words: a person's name, or "the queue’s rule". */
  readonly decidedBy: string | undefined;
  /** Came with an archive of another queue. */
  readonly imported: boolean;
  /** A good copy beyond what was asked for. */
  readonly surplus: boolean;
  readonly lines: number | undefined;
  readonly resends: number | undefined;
}

export interface PrinterView {
  readonly printer: PrinterId;
  readonly name: string;
  readonly peer: PeerId;
  readonly peerName: string;
  /** True for a printer on this very peer. */
  readonly mine: boolean;
  readonly online: boolean;
  readonly virtual: boolean;
  readonly model: string | undefined;
  readonly state: PrinterState;
  /** What it does, beyond its state; undefined when it is not heard of. */
  readonly doing: Doing | undefined;
  /** The same in words. */
  readonly text: string;
  /** What only a person there can do before it goes on: filament, a question of the firmware. */
  readonly asks: Ask | undefined;
  /** The same in words. */
  readonly needs: string | undefined;
  readonly bed: 'clear' | 'occupied' | 'unknown';
  readonly enabled: boolean;
  readonly print: PrintView | undefined;
  readonly nozzle: TemperatureView | undefined;
  readonly plate: TemperatureView | undefined;
  /** What it takes once it is free and its bed is clear; or why it takes nothing. */
  readonly coming: Coming;
  /** The same in words: "cube.gcode, because …". */
  readonly next: string;
  readonly nozzleMm: number | undefined;
  readonly sizeMm: { readonly x: number; readonly y: number; readonly z: number } | undefined;
  /** What its bed is covered with. */
  readonly surface: string | undefined;
  /** What is loaded, one per tool. */
  readonly materials: readonly MaterialView[];
  /** Whether a good print leaves the bed clear by itself. */
  readonly autoClear: boolean;
  /** Why it takes no work until a person says so (`resumePrinter`): different prints failed on it in a row. */
  readonly stop: Stop | undefined;
  /** The same in a sentence. */
  readonly stopped: string | undefined;
}

export interface MaterialView {
  /** "PLA", "PETG" … */
  readonly family: string;
  readonly colour?: string;
  readonly name?: string;
}

/** What is not named stays. `null` forgets a value. */
export interface PrinterChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly autoClear?: boolean;
  readonly model?: string | null;
  readonly nozzleMm?: number | null;
  readonly sizeMm?: { readonly x: number; readonly y: number; readonly z: number } | null;
  readonly surface?: string | null;
  readonly materials?: readonly MaterialView[];
}

export interface TemperatureView {
  readonly celsius: number;
  readonly targetCelsius: number;
}

export interface PeerView {
  readonly peer: PeerId;
  readonly name: string;
  readonly self: boolean;
  readonly role: string;
  /** A peer's part in the consensus of this queue. A learner is trusted with a vote and has everything, or is catching up. */
  readonly part: 'voter' | 'learner' | 'listener';
  /** One of two trusted peers, of which one decides alone and the other keeps a copy until a third one comes. */
  readonly ofTwo: boolean;
  readonly leads: boolean;
  readonly here: boolean;
  /** Printers that it drives, by name. */
  readonly printers: readonly string[];
  readonly path: 'direct' | 'relayed' | 'self' | 'none';
  readonly rttMs: number | undefined;
  /** One plain sentence: "votes, connected straight", "away since 10:42", … */
  readonly text: string;
}

export interface FileView {
  readonly file: FileId;
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes of it that this peer holds, verified. */
  readonly hereBytes: number;
  /** Peers known to hold the whole file, this one included. */
  readonly holders: readonly PeerId[];
  readonly transferring: boolean;
  readonly slicer: string | undefined;
  readonly printSeconds: number | undefined;
  readonly filamentGrams: number | undefined;
  readonly material: string | undefined;
  readonly printerModel: string | undefined;
  readonly nozzleMm: number | undefined;
  /** `data:` URL of the slicer's picture, when this peer holds the file. */
  readonly thumbnail: string | undefined;
  /** "safe on 3 peers", "only here: keep this browser open", … */
  readonly text: string;
}

export interface LinkPreview {
  readonly queue: QueueId;
  readonly name: string;
  /** What the link says that those who join may do, and whether they vote. The queue itself decides. */
  readonly role: Exclude<RoleName, 'owner'>;
  readonly voter: boolean;
  readonly relays: readonly string[];
  /** Wall-clock hint; the queue itself decides. */
  readonly expiresWallMs: number | undefined;
  /** True when this peer is in the queue already. */
  readonly known: boolean;
}

export interface ShareLink {
  /** The whole address to open: this app's origin and the link in the fragment. */
  readonly url: string;
  /** The link alone, to paste into any copy of the app. */
  readonly text: string;
  readonly role: LinkRole;
  readonly expiresWallMs: number;
}

/** Progress of adding a file: read, hashed and stored so far. */
export interface FileProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What a page can ask of its peer. Refusals are values; a rejected promise means that the peer itself is gone. */
export interface PeerPrintClient {
  readonly version: typeof clientApiVersion;

  /** Calls the listener now and on every change. The returned function stops it. */
  watchApp(listener: (view: AppView) => void): () => void;
  /** `shown`: rows of each list that the view carries; what is not named is `shownByDefault`. */
  watchQueue(queue: QueueId, listener: (view: QueueView) => void, shown?: Partial<Shown>): () => void;
  /** A window of one of the queue's lists, now and on every change. */
  watchList<Name extends ListName>(
    queue: QueueId,
    list: Name,
    window: WindowOf<Name>,
    listener: (page: PageOf<Name>) => void,
  ): ListWatch<Name>;
  /** The slicer's picture of a file as a `data:` URL, if it is known here. A file's picture never changes. */
  pictureOf(queue: QueueId, file: FileId): Promise<string | undefined>;
  /** Names of all printers, for choosing among them. */
  printerNames(queue: QueueId): Promise<readonly PrinterName[]>;
  /** Totals by printer, person and material. */
  figures(queue: QueueId): Promise<Result<Figures>>;
  /** What each strategy would print next, for a person who chooses one. */
  previewStrategies(queue: QueueId): Promise<Result<readonly StrategyPreview[]>>;
  /** How many peers are awake and what they do, by asking some of them: takes a few seconds. */
  census(queue: QueueId): Promise<Result<CensusView>>;
  /** The whole history as a file, or its totals. */
  exportHistory(queue: QueueId, format: HistoryFormat): Promise<Result<Blob>>;
  /** Invitations, newest first. */
  invitations(queue: QueueId): Promise<readonly InvitationView[]>;

  setName(name: string): Promise<Result<undefined>>;
  setRelays(addresses: readonly string[]): Promise<Result<undefined>>;

  createQueue(options: { readonly name: string; readonly lan: boolean }): Promise<Result<QueueId>>;
  /** Reads a link or a whole address without joining. */
  previewLink(text: string): Promise<Result<LinkPreview>>;
  /** Joins, or opens the queue when this peer is in it. Resolves once the peers have answered, or with the reason why not. */
  joinQueue(text: string): Promise<Result<QueueId>>;
  /**
   * Takes this peer out of the queue, and the queue and its files off this browser. Refused (`last-owner`, `last-voter`, `nobody-to-tell`, `vote-still-counted`) where the others
   * would miss it; with `anyway` it goes without a word, and what it was to the queue stays unfilled.
   */
  leaveQueue(queue: QueueId, options?: { readonly anyway?: boolean }): Promise<Result<undefined>>;
  /** Puts the queues of this browser in the order in which its printers serve them: each takes from the first that has something for it. */
  orderQueues(queues: readonly QueueId[]): Promise<Result<undefined>>;
  /**
   * Joins a queue that has stopped here again as new, in the place of what this browser was in it; everything is copied from the
   * other peers. Another copy of this browser's profile that takes part stops then. Resolves once the peers have answered.
   */
  rejoinQueue(queue: QueueId): Promise<Result<QueueId>>;
  /**
   * For a queue whose other peers are lost for good: begins a new queue with everything that this peer's copy holds, and this peer as its owner and only
   * member. The old copy is only read from then on; its members are told of the new one when they meet. Refused while enough peers are here.
   */
  goOnFrom(queue: QueueId): Promise<Result<QueueId>>;
  makeLink(
    queue: QueueId,
    options: { readonly role: LinkRole; readonly lifeMs: number },
  ): Promise<Result<ShareLink>>;

  /** The whole queue with its files as one zip; `onProgress` counts the bytes of the files. */
  exportQueue(
    queue: QueueId,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<Blob>>;
  /** Makes a new queue of an archive. Nothing of it stays when it is refused. */
  importQueue(
    archive: Blob,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<QueueId>>;

  addFile(
    queue: QueueId,
    file: File,
    onProgress?: (progress: FileProgress) => void,
    signal?: AbortSignal,
  ): Promise<Result<FileView>>;
  /** The file's bytes, when this peer holds it whole. */
  readFile(queue: QueueId, file: FileId): Promise<Result<Blob>>;

  addJob(queue: QueueId, job: NewJob): Promise<Settled>;
  changeJob(queue: QueueId, job: JobId, change: JobChange): Promise<Settled>;
  /** Moves a job to stand after another, to the front, or to a place in the order. */
  moveJob(queue: QueueId, job: JobId, to: JobPlace): Promise<Settled>;
  deleteJob(queue: QueueId, job: JobId): Promise<Settled>;
  /** A copy of a job behind it, as a draft. */
  duplicateJob(queue: QueueId, job: JobId): Promise<Settled>;
  /** Overrules a quarantine: the set is printed again. */
  releaseSet(queue: QueueId, set: SetId): Promise<Settled>;
  /** A person's word on copies of a set that a person cancelled: `SetView.onHold` numbers them. */
  decideCopies(
    queue: QueueId,
    set: SetId,
    copies: readonly number[],
    verdict: 'print-again' | 'take-off',
  ): Promise<Settled>;
  /** Prints of this browser that have no end on record: those under way, and those whose tab ended under them. Newest first. */
  leftPrints(): Promise<readonly LeftPrint[]>;
  /** A person has seen to a print that was left. */
  forgetLeftPrint(print: PrintId): Promise<undefined>;
  setBed(
    queue: QueueId,
    printer: PrinterId,
    bed: 'clear' | 'occupied',
    verdict?: 'good' | 'failed',
  ): Promise<Settled>;
  enablePrinter(queue: QueueId, printer: PrinterId, enabled: boolean): Promise<Settled>;
  renamePrinter(queue: QueueId, printer: PrinterId, name: string): Promise<Settled>;
  /** The printer as the queue knows it: what fits on it, what is loaded, how its bed gets clear. */
  changePrinter(queue: QueueId, printer: PrinterId, change: PrinterChange): Promise<Settled>;
  /** Overrules a stop after failures. */
  resumePrinter(queue: QueueId, printer: PrinterId): Promise<Settled>;
  /** Takes it off the board; what it printed stays. It comes back when it is connected again. */
  removePrinter(queue: QueueId, printer: PrinterId): Promise<Settled>;
  /** Asks the peer that drives the printer to cancel. */
  cancelPrint(queue: QueueId, print: PrintId, reason: string): Promise<Settled>;
  /** A person's decision about a print whose peer was lost. */
  resolvePrint(queue: QueueId, print: PrintId, verdict: 'good' | 'failed' | 'lost'): Promise<Settled>;
  setMember(queue: QueueId, peer: PeerId, role: string): Promise<Settled>;
  /** Whether a member keeps the queue and votes. */
  setVoter(queue: QueueId, peer: PeerId, voter: boolean): Promise<Settled>;
  renameMember(queue: QueueId, peer: PeerId, name: string): Promise<Settled>;
  removeMember(queue: QueueId, peer: PeerId): Promise<Settled>;
  /** An invitation of any kind, as a link. The link is shown once: the queue keeps only what checks it. */
  invite(queue: QueueId, invitation: NewInvitation): Promise<Result<ShareLink>>;
  revokeInvitation(queue: QueueId, invitation: string): Promise<Settled>;
  setSettings(queue: QueueId, change: SettingsChange): Promise<Settled>;
  /** Relays that the queue names to its members. */
  setQueueRelays(queue: QueueId, addresses: readonly string[]): Promise<Settled>;
  renameQueue(queue: QueueId, name: string): Promise<Settled>;

  /** Printers wired to this tab. */
  readonly printers: LocalPrinters;

  diagnostics(): Promise<Diagnostics>;
  close(): void;
}
