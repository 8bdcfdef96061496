import type { PeerId, PrintId, PrinterId, QueueId, FileId } from '../base/index.ts';
import type { PrintOutcome, PrinterStatus } from '../printer/port.ts';
import type { ListName, Shown, WindowOf } from './api.ts';
import type { AppFacts, PageFacts, QueueFacts } from './view-facts.ts';

/**
 * Between a page and the peer's worker. The first message of each side carries the version: a page of a new build that
 * meets an old worker (or the other way round) says so, instead of waiting for an answer that never comes.
 */
export const portVersion = 3;

/** Names the build that this code is of, for a page and a worker to tell each other. Nothing is decided by it but words. */
export const appBuild: string = import.meta.env?.['VITE_PEERPRINT_BUILD'] ?? 'development';

/** Name and script of the SharedWorker never change: a changed URL would make a second worker beside the first. */
export const sharedWorkerName = 'peerprint';

export type PageMessage =
  | {
      readonly kind: 'hello';
      readonly version: number;
      /** Names this tab for as long as it lives. */
      readonly tab: string;
      /** What this peer is called until a person names it. */
      readonly defaultName: string;
      /** Address of the app's own relay, where the page was served by one. */
      readonly ownRelays: readonly string[];
      readonly persisted: boolean;
      readonly build: string;
      /** True when the page was just loaded, false when it only goes on with another worker. */
      readonly loaded: boolean;
    }
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'watch-app'; readonly id: number }
  | {
      readonly kind: 'watch-queue';
      readonly id: number;
      readonly queue: QueueId;
      readonly shown: Partial<Shown>;
    }
  /** Begins to watch a list, or moves the window of one that is watched. */
  | {
      readonly kind: 'watch-list';
      readonly id: number;
      readonly queue: QueueId;
      readonly list: ListName;
      readonly window: WindowOf<ListName>;
    }
  | { readonly kind: 'unwatch'; readonly id: number }
  /** Carries a port over which this tab offers its RTCPeerConnections. */
  | { readonly kind: 'rtc-port'; readonly port: MessagePort }
  /** Carries a port to the print worker of a printer on this tab. */
  | { readonly kind: 'printer-port'; readonly port: MessagePort }
  | { readonly kind: 'persisted'; readonly persisted: boolean }
  /** What the page noted of a printer: see `PrinterNotes`. */
  | { readonly kind: 'keep-note'; readonly key: string; readonly text: string }
  /** The browser is on another network, or on one again: only pages are told by every browser. */
  | { readonly kind: 'network-changed' }
  | { readonly kind: 'bye' };

export type WorkerMessage =
  | {
      readonly kind: 'welcome';
      readonly version: number;
      readonly peer: PeerId;
      /** The Web Lock that this worker holds for as long as it lives: a page that gets it knows that the worker is gone. */
      readonly lock: string | undefined;
      readonly build: string;
      /** What pages noted of the printers of this browser. */
      readonly notes?: Readonly<Record<string, string>>;
    }
  /** The worker can't serve: storage denied, another version holds the lock … */
  | { readonly kind: 'unable'; readonly version: number; readonly code: string; readonly text: string }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly text: string }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'app-view'; readonly id: number; readonly view: AppFacts }
  | { readonly kind: 'queue-view'; readonly id: number; readonly view: QueueFacts }
  | { readonly kind: 'list-page'; readonly id: number; readonly page: PageFacts<ListName> };

/** A print that a print worker has in hand: `waiting` at the fence, or `running`, that is past it. */
export interface PrinterBusy {
  readonly queue: QueueId;
  readonly print: PrintId;
  readonly stage: 'waiting' | 'running';
}

/** What a print worker tells the peer. */
export type PrinterToPeer =
  | {
      readonly kind: 'attach';
      readonly printer: PrinterId;
      readonly name: string;
      readonly virtual: boolean;
      /** What it is in the middle of, when the peer's worker died under it and this one is new. */
      readonly busy: PrinterBusy | undefined;
    }
  | { readonly kind: 'status'; readonly status: PrinterStatus }
  /** May the first line that heats or moves be sent? Answered by `fence`. */
  | { readonly kind: 'ask-start'; readonly print: PrintId }
  | { readonly kind: 'outcome'; readonly print: PrintId; readonly outcome: PrintOutcome }
  | { readonly kind: 'refused'; readonly print: PrintId; readonly code: string; readonly text: string }
  /** Its script has cleared the bed: of this print, or, asked for by a person, of whatever lay there. */
  | { readonly kind: 'bed-clear'; readonly print: PrintId | undefined }
  | { readonly kind: 'detach' };

/** What the peer asks of a print worker. */
export type PeerToPrinter =
  | {
      readonly kind: 'print';
      readonly queue: QueueId;
      readonly print: PrintId;
      readonly file: FileId;
      readonly fileName: string;
      readonly estimateSeconds: number | undefined;
      /** How large a print may be, millimetres, by the printer's profile in this queue. */
      readonly sizeMm: { readonly x: number; readonly y: number; readonly z: number } | undefined;
    }
  | { readonly kind: 'fence'; readonly print: PrintId; readonly go: boolean }
  | { readonly kind: 'cancel'; readonly print: PrintId }
  /** The outcome is in the outbox of the peer: the worker may forget its journal of the print. */
  | { readonly kind: 'outcome-kept'; readonly print: PrintId };
