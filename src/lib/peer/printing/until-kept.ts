import { type Clock, type Log, delay, messageOf } from '../../base/index.ts';
import type { Command } from '../../queue/index.ts';
import type { SettledFacts } from '../view-facts.ts';
import type { SubmitOptions } from '../host/outbox.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { unkeptPauseMs } from '../limits.ts';

/**
 * Gives a command to a queue, again after each write that the storage of this browser fails: what a printer did must be
 * told, and a copy in hand be given back, however long the disk stays full.
 *
 * @param isWanted asked before each further try; once it says no, the command ends as `unknown`
 */
export async function submitUntilKept(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  host: QueueHost,
  command: Command,
  text: string,
  options: SubmitOptions,
  isWanted: () => boolean,
): Promise<SettledFacts> {
  for (;;) {
    try {
      return await host.submit(command, text, options);
    } catch (error) {
      log.warn(`${text}: not kept, tried again: ${messageOf(error)}`);
      await delay(clock, unkeptPauseMs);
      if (!isWanted()) return { kind: 'unknown', why: 'not-kept' };
    }
  }
}
