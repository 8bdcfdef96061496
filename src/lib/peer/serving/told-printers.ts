import type { PeerId, PrinterId } from '../../base/index.ts';
import type { Printer, QueueState } from '../../queue/index.ts';
import type { Away, Told } from '../../schedule/index.ts';
import type { PrinterPresence } from '../wire-shapes.ts';

/** Where what is told of printers comes from. */
interface Sources {
  readonly state: Pick<QueueState, 'printers'>;
  readonly presenceOf: (printer: PrinterId) => PrinterPresence | undefined;
  /** Peers that are connected and have not said yet what they drive. */
  readonly isSilent: (peer: PeerId) => boolean;
}

/** Which printers of a queue nobody reaches, so that what waits for them says so. */
export function toldPrinters({ state, presenceOf, isSilent }: Sources): Told {
  const whyAway = ({ id, peer }: Printer): Away | undefined => {
    const presence = presenceOf(id);
    if (presence === undefined) return isSilent(peer) ? undefined : 'not-connected';
    if (presence.state === 'disconnected') return 'not-connected';
    return presence.state === 'failed' ? 'must-reconnect' : undefined;
  };
  let key: string | undefined;
  return {
    whyAway,
    get key() {
      key ??= [...state.printers.values()].map((printer) => whyAway(printer) ?? '').join();
      return key;
    },
  };
}
