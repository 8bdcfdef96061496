import { type Clock, type Log, type QueueId, messageOf } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import { forgetPrint, keptOutcomes } from './print-journal.ts';
import { finishCommand } from './print-work.ts';
import { submitUntilKept } from './until-kept.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** Prints whose end is on disk but in no outbox: their worker or this one died in between. */
export async function takeOverOutcomes(
  { store, log, clock }: { readonly store: Store; readonly log: Log; readonly clock: Clock },
  hosts: ReadonlyMap<QueueId, QueueHost>,
): Promise<void> {
  for (const { print, queue, outcome } of await keptOutcomes(store)) {
    const host = hosts.get(queue);
    // Its worker may have told it in the meantime.
    if (host === undefined || host.reports(print)) continue;
    const forget = () => {
      forgetPrint(store, print).catch((error: unknown) =>
        log.warn(`a reported print stays in the journal: ${messageOf(error)}`),
      );
    };
    // It stays in the journal until then, and is told from there by whoever is there first.
    const isWanted = () => hosts.get(queue) === host && !host.reports(print);
    const finish = finishCommand(print, outcome, clock.wallMs());
    const text = `Report: ${outcome.outcome}`;
    submitUntilKept({ clock, log }, host, finish, text, { onKept: forget }, isWanted).catch(
      (error: unknown) => log.error(`${text}: ${messageOf(error)}`),
    );
  }
}

/** The same, where nobody waits for it. */
export function takeOverSoon(
  ports: Parameters<typeof takeOverOutcomes>[0],
  hosts: ReadonlyMap<QueueId, QueueHost>,
): void {
  takeOverOutcomes(ports, hosts).catch((error: unknown) =>
    ports.log.error(`outcomes in the journal could not be read: ${messageOf(error)}`),
  );
}
