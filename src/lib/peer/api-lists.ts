import type { FileId, JobId, PeerId, PrinterId, SetId } from '../base/index.ts';
import type { Quarantine, Requirements, Settings, SettingsChange } from '../queue/index.ts';
import type { FileView, PeerView, PrintView, PrinterView, RoleName } from './api.ts';

import type { Coming, SetWait } from './api-facts.ts';

export type { Requirements, Settings, SettingsChange };

/** A stretch of a long list: what a page shows and a little beyond. */
export interface ListWindow<Filter extends string> {
  /** Rows before the window, of those that match. */
  readonly offset: number;
  /** Rows of the window, at most 200. */
  readonly count: number;
  /** Every word of it must be found in the row, whatever the case. */
  readonly text?: string;
  readonly filter?: Filter;
}

/** `asks`: a person must decide something. `mine`: added by this peer. */
export type JobFilter = 'all' | 'waiting' | 'printing' | 'asks' | 'drafts' | 'done' | 'mine';
export type PrinterFilter = 'all' | 'asks' | 'printing' | 'ready' | 'off' | 'away' | 'mine';
export type EndedFilter = 'all' | 'good' | 'failed' | 'cancelled' | 'unknown';
export type PersonFilter = 'all' | 'here' | 'voters';
export type FileFilter = 'all';

/** What a list answers for a window. */
export interface ListPage<Item, Filter extends string> {
  /** As asked, or less where the list has become shorter. */
  readonly offset: number;
  /** Rows that match. */
  readonly total: number;
  readonly items: readonly Item[];
  /** Rows of each filter, whatever the text. */
  readonly counts: Readonly<Record<Filter, number>>;
}

/** The lists of a queue that can be watched by windows, with what they filter by and what a row is. */
export interface Lists {
  jobs: { readonly filter: JobFilter; readonly item: JobView };
  printers: { readonly filter: PrinterFilter; readonly item: PrinterView };
  history: { readonly filter: EndedFilter; readonly item: PrintView };
  people: { readonly filter: PersonFilter; readonly item: PeerView };
  files: { readonly filter: FileFilter; readonly item: FileView };
}
export type ListName = keyof Lists;
export type WindowOf<Name extends ListName> = ListWindow<Lists[Name]['filter']>;
export type PageOf<Name extends ListName> = ListPage<Lists[Name]['item'], Lists[Name]['filter']>;

/** A list that is being watched. */
export interface ListWatch<Name extends ListName> {
  /** Moves the window: it is answered at once. */
  show(window: WindowOf<Name>): void;
  stop(): void;
}

/** Rows of each list that a `QueueView` carries, from its beginning. */
export interface Shown {
  readonly jobs: number;
  readonly printers: number;
  readonly peers: number;
  readonly files: number;
  readonly history: number;
}

/** How many there are of everything, however many a `QueueView` carries. */
export interface QueueCounts {
  readonly jobs: number;
  readonly printers: number;
  readonly peers: number;
  readonly files: number;
  readonly history: number;
  /** Voters by now; those that are trusted and do not vote yet, with a copy of everything or on its way; how many of the voters are here. */
  readonly voters: number;
  readonly learners: number;
  readonly votersHere: number;
  /** Printers at which a person must do something. */
  readonly asking: number;
}

export interface JobView {
  readonly job: JobId;
  readonly name: string;
  readonly notes: string;
  readonly draft: boolean;
  readonly copies: number;
  /** All of it is printed on one printer. */
  readonly keepTogether: boolean;
  /** Name of the printer that has begun a kept-together job. */
  readonly boundTo: string | undefined;
  /** When it should be ready, by the wall clock: shown, never waited for. */
  readonly dueWallMs: number | undefined;
  /** Jobs before it in the order of the queue. */
  readonly place: number;
  /** The job before it; null at the front. */
  readonly after: JobId | null;
  readonly owner: PeerId;
  readonly ownerName: string;
  readonly mine: boolean;
  /** Good copies, copies printing now, and copies to come, over all sets. */
  readonly good: number;
  readonly printing: number;
  readonly remaining: number;
  /** Copies that a person cancelled, over all sets: each waits for `decideCopies`. */
  readonly onHold: number;
  readonly sets: readonly SetView[];
  /** Why it waits; undefined when nothing waits. */
  readonly waits: SetWait | undefined;
  /** The same in a sentence. */
  readonly why: string | undefined;
  readonly done: boolean;
}

export interface SetView {
  readonly set: SetId;
  readonly file: FileId;
  readonly fileName: string;
  /** Copies of this set in one copy of the job. */
  readonly count: number;
  readonly good: number;
  /** Copies to come: neither good, nor under way, nor on hold. */
  readonly remaining: number;
  /** Numbers of the copies that a person cancelled: nobody prints them before `decideCopies`. */
  readonly onHold: readonly number[];
  /** What it asks for beyond its file's own words. */
  readonly needs: string;
  readonly requirements: Requirements;
  /** What its file says that it needs. */
  readonly fileNeeds: Requirements;
  /** Why no copy is given out until a person says so (`releaseSet`): it failed too often. */
  readonly held: Quarantine | undefined;
  /** The same in a sentence. */
  readonly quarantine: string | undefined;
  readonly prints: readonly PrintView[];
  /** Why no copy is given out now. */
  readonly waits: SetWait | undefined;
  /** The same in a sentence. */
  readonly why: string | undefined;
}

/** A set of a job that is made or changed. Without `set`, or with an id that the job does not have, it is a new one. */
export interface SetSpecView {
  readonly set?: SetId;
  readonly file: FileId;
  readonly count: number;
  /** What it asks of a printer beyond its file's own words; absent rules come from the file, then from the queue. */
  readonly requirements?: Requirements;
}

/** What is left out: one copy, no draft, no notes. */
export interface NewJob {
  readonly name: string;
  readonly copies?: number;
  readonly draft?: boolean;
  readonly notes?: string;
  readonly keepTogether?: boolean;
  readonly dueWallMs?: number;
  readonly sets: readonly SetSpecView[];
}

export interface JobChange {
  readonly name?: string;
  readonly copies?: number;
  readonly draft?: boolean;
  readonly notes?: string;
  readonly keepTogether?: boolean;
  /** null: there is no such day. */
  readonly dueWallMs?: number | null;
  /** The whole new list: sets that are not named are removed. */
  readonly sets?: readonly SetSpecView[];
}

export interface InvitationView {
  readonly invitation: string;
  readonly role: RoleName;
  /** Whoever joins by it keeps the queue and votes. */
  readonly voter: boolean;
  readonly by: PeerId;
  readonly byName: string;
  readonly note: string;
  readonly uses: number;
  readonly usesMax: number;
  /** By this peer's clock; the queue's own decides. */
  readonly expiresWallMs: number;
  readonly state: 'open' | 'expired' | 'used-up' | 'revoked';
}

export interface NewInvitation {
  readonly role: Exclude<RoleName, 'owner'>;
  /** Whether those who join keep the queue and vote. */
  readonly voter: boolean;
  readonly lifeMs: number;
  readonly usesMax: number;
  readonly note: string;
}

/** Sums over ended prints, those that the history has forgotten included. */
export interface TotalsView {
  readonly prints: number;
  readonly good: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly unknown: number;
  /** Good copies beyond what was asked for. */
  readonly surplus: number;
  readonly seconds: number;
  readonly filamentMm: number;
}

export interface TotalsRow extends TotalsView {
  readonly id: string;
  readonly name: string;
}

/** One row per ended print, or the totals of them all, for spreadsheets; both together for programs. */
export type HistoryFormat = 'csv' | 'totals-csv' | 'json';

/** Figures of a queue; rows with the most prints first. */
export interface Figures {
  readonly all: TotalsView;
  readonly byPrinter: readonly TotalsRow[];
  readonly byPerson: readonly TotalsRow[];
  readonly byMaterial: readonly TotalsRow[];
}

/** A number of peers and 1σ of its estimate: 0 when all were asked. */
export interface EstimateView {
  readonly peers: number;
  readonly deviation: number;
}

/** How many peers of a queue are awake, this one included, by asking some of them. */
export interface CensusView extends EstimateView {
  /** Print nothing, or have no printer. */
  readonly idle: EstimateView;
  readonly busy: EstimateView;
  readonly paused: EstimateView;
  readonly answers: number;
  /** More answered than were taken: there are at least `peers`. */
  readonly overflowed: boolean;
}

/** Where a job stands that is moved: behind another, at the front (null), or at a place counted from 0. */
export type JobPlace = JobId | null | { readonly place: number };

/** Names of printers that can be chosen for a set. */
export interface PrinterName {
  readonly printer: PrinterId;
  readonly name: string;
  readonly model: string | undefined;
}

export interface QueueSettingsView {
  readonly leaseMs: number;
  readonly strategy: string;
  readonly lan: boolean;
  /** Everything that can be set. */
  readonly all: Settings;
  /** Relays that the queue names to its members. */
  readonly relays: readonly string[];
  /** Each way of choosing, with its one sentence. */
  readonly strategies: readonly { readonly id: Settings['strategy']; readonly text: string }[];
}

/** What a way of choosing would print next, before it is chosen. */
export interface StrategyPreview {
  readonly strategy: Settings['strategy'];
  /** The first printers that take work, own ones first; `text`: "Next on MK3-2: cube.gcode, because …", or why nothing. */
  readonly printers: readonly {
    readonly printer: PrinterId;
    readonly name: string;
    readonly coming: Coming;
    readonly text: string;
  }[];
}
