import { type PrintId, type QueueId, type Random, type SetId, hex } from '../../base/index.ts';
import { nextAlone } from './alone.ts';
import type { Attached } from './attached-printer.ts';
import type { BegunPrints } from './begun-prints.ts';
import type { DeskBeds } from './desk-beds.ts';
import { heldPrints } from './held-prints.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { SkippedSets } from './skipped-sets.ts';

/** A copy that a printer may take: `set` is there for one that is to be claimed, and missing for one that it holds already. */
export interface Chosen {
  readonly host: QueueHost;
  readonly print: PrintId;
  readonly set: SetId | undefined;
}

export interface ChoosingPorts {
  readonly random: Random;
  readonly queues: () => Iterable<QueueHost>;
  readonly beds: DeskBeds;
  readonly begun: BegunPrints;
  readonly skipped: SkippedSets;
  /** A print was begun in an earlier life, and its printer stands ready: it is over. */
  readonly onOver: (host: QueueHost, print: PrintId) => void;
}

/**
 * What a free printer takes next: the copy that it may begin alone, then one that it holds, then one to be claimed; by the
 * owner's order of queues.
 * @param after the queue behind which to look: those before it had nothing
 */
export function chooseCopy(ports: ChoosingPorts, printer: Attached, after?: QueueId): Chosen | undefined {
  const { random, beds, skipped } = ports;
  let isPassed = after === undefined;
  for (const host of ports.queues()) {
    if (!isPassed) {
      isPassed = host.queue === after;
      continue;
    }
    const record = host.state.printers.get(printer.id);
    if (record === undefined) continue;
    const bedFree = beds.freeFor(printer, host);
    const alone = nextAlone(host, record, printer.introduced.has(host.queue));
    const begun = ports.begun.on(printer.id)?.print;
    if (alone !== undefined && alone !== begun && bedFree) return { host, print: alone, set: undefined };
    // Until it was told of this printer it may believe what an earlier life said of the bed.
    if (!printer.introduced.has(host.queue) || host.condition().condition !== 'ready') continue;
    if (record.prints.length > 0) {
      const { begin, over } = heldPrints(host, record, bedFree, begun);
      for (const print of over) ports.onOver(host, print);
      if (begin === undefined) continue;
      return { host, print: begin, set: undefined };
    }
    if (!bedFree) continue;
    const { agenda, unattendedMs } = host.indexes;
    const choice = agenda.next(record.id, { skip: skipped.in(host), unattendedMs });
    if (choice.kind === 'claim') return { host, print: hex(random.bytes(10)) as PrintId, set: choice.set };
  }
  return undefined;
}
