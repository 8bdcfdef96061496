import type { Refusal } from '../base/index.ts';
import type { QueueRefusal } from '../queue/index.ts';
import type { NotKnown } from './api-facts.ts';
import type { ListPage, Lists, StrategyPreview } from './api-lists.ts';
import type {
  Alert,
  AppView,
  FileView,
  JobView,
  ListName,
  PeerView,
  PrintView,
  PrinterView,
  QueueSettingsView,
  QueueView,
  SetView,
} from './api.ts';

/** Views as the worker sends them: without the words, which a page adds. */

/** How a command ended: what the queue refuses has no words yet, what this peer refuses has. */
export type SettledFacts =
  | { readonly kind: 'committed'; readonly index: number }
  | { readonly kind: 'refused'; readonly refusal: QueueRefusal | Refusal }
  | { readonly kind: 'unknown'; readonly why: NotKnown };

export type PrintFacts = Omit<PrintView, 'text' | 'reason' | 'decidedBy'>;
export type SetFacts = Omit<SetView, 'needs' | 'quarantine' | 'why' | 'prints'> & {
  readonly prints: readonly PrintFacts[];
};
export type JobFacts = Omit<JobView, 'why' | 'sets'> & { readonly sets: readonly SetFacts[] };
export type PrinterFacts = Omit<PrinterView, 'text' | 'needs' | 'next' | 'stopped' | 'print'> & {
  readonly print: PrintFacts | undefined;
};
export type PeerFacts = Omit<PeerView, 'text'>;
export type FileFacts = Omit<FileView, 'text'>;
export type AlertFacts = Omit<Alert, 'text'>;
export type SettingsFacts = Omit<QueueSettingsView, 'strategies'>;

export type QueueFacts = Omit<QueueView, 'jobs' | 'printers' | 'peers' | 'files' | 'history' | 'settings'> & {
  readonly jobs: readonly JobFacts[];
  readonly printers: readonly PrinterFacts[];
  readonly peers: readonly PeerFacts[];
  readonly files: readonly FileFacts[];
  readonly history: readonly PrintFacts[];
  readonly settings: SettingsFacts;
};

export type AppFacts = Omit<AppView, 'alerts'> & { readonly alerts: readonly AlertFacts[] };

/** A row of each list. */
export interface RowFacts {
  jobs: JobFacts;
  printers: PrinterFacts;
  history: PrintFacts;
  people: PeerFacts;
  files: FileFacts;
}

/** What a list answers for a window. */
export type PageFacts<Name extends ListName> = ListPage<RowFacts[Name], Lists[Name]['filter']>;

type PreviewedPrinter = StrategyPreview['printers'][number];
export type PreviewFacts = Omit<StrategyPreview, 'printers'> & {
  readonly printers: readonly Omit<PreviewedPrinter, 'text'>[];
};
