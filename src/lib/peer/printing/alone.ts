import type { PrintId } from '../../base/index.ts';
import type { Printer } from '../../queue/index.ts';
import { aloneNext, isTouched } from '../../schedule/index.ts';
import type { QueueHost } from '../host/queue-host.ts';

/**
 * The copy that a printer may begin while the others sleep: nothing can be agreed on then, and what is held ahead needs no agreement.
 * @param bedKnown whether the queue has heard of this printer since it was attached: until then nobody knows what lies on a real bed
 */
export function nextAlone(host: QueueHost, record: Printer, bedKnown: boolean): PrintId | undefined {
  if (!host.isAlone) return undefined;
  if (!bedKnown && !record.autoClear) return undefined;
  const alone = aloneNext(host.state, record, host.unsettled());
  return alone.kind === 'print' ? alone.print : undefined;
}

/**
 * Writes the start down before the first move, so that no later life of this browser begins the copy again. False when it could not be
 * kept (the outbox is full): then nothing may move.
 */
export async function startAlone(
  host: QueueHost,
  print: PrintId,
  printerName: string,
  wallMs: number,
): Promise<boolean> {
  await new Promise<void>((resolve, reject) => {
    host
      .submit({ type: 'started', print, wallMs }, `Started on ${printerName}`, { onKept: resolve })
      .then(() => resolve(), reject);
  });
  return isTouched(print, host.unsettled()) || host.state.prints.get(print)?.phase === 'started';
}
