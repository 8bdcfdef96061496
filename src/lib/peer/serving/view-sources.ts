import type { FileId, PeerId, PrinterId } from '../../base/index.ts';
import type { HeirView } from '../api.ts';
import type { AttachedPrinter } from '../printing/attached-printer.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import type { Told } from '../../schedule/index.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { PrinterPresence } from '../wire-shapes.ts';

/** What a view is built from: the log's state, what peers tell, what is here. */
export interface ViewSources {
  readonly host: QueueHost;
  readonly self: PeerId;
  readonly heirs: readonly HeirView[];
  readonly keeper: FileKeeper;
  readonly printers: readonly AttachedPrinter[];
  /** How each connected peer is reached. */
  readonly paths: ReadonlyMap<
    PeerId,
    { readonly path: 'direct' | 'relayed'; readonly rttMs: number | undefined }
  >;
  /** Pictures of files that are here, as `data:` URLs. */
  readonly pictures: { readonly get: (file: FileId) => string | undefined };
  /** Names of the printers that a peer drives. */
  readonly printersOf: (peer: PeerId) => readonly string[];
  readonly presenceOf: (printer: PrinterId) => PrinterPresence | undefined;
  readonly told: Told;
}
