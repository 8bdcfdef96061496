import { startAnchor } from '../../rtc/index.ts';
import type { PageMessage } from '../messages.ts';

/** Offers this tab to the worker as the one that holds the direct connections. The returned function takes the offer back. */
export function offerAnchor(post: (message: PageMessage, transfer: Transferable[]) => void): () => void {
  const { port1, port2 } = new MessageChannel();
  post({ kind: 'rtc-port', port: port2 }, [port2]);
  return startAnchor(port1);
}
