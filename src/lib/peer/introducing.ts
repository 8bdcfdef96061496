import { type Log, type PrinterId, messageOf } from '../base/index.ts';
import type { Command } from '../queue/index.ts';
import type { QueueHost } from './queue-host.ts';

/** A printer as the tab that it hangs on names it. */
export interface Introduced {
  readonly id: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
}

/** Tells a queue of a printer. A queue that knows it keeps its settings; a real bed is unknown after reconnecting. */
export function introduce(host: QueueHost, printer: Introduced, log: Log): void {
  const known = host.state.printers.get(printer.id);
  if (known === undefined) {
    tell(
      log,
      host,
      {
        type: 'set-printer',
        printer: printer.id,
        name: printer.name,
        enabled: true,
        autoClear: printer.virtual,
        materials: [],
      },
      `Add printer ${printer.name}`,
    );
  } else if (!known.autoClear && known.bed === 'clear') {
    tell(
      log,
      host,
      { type: 'set-bed', printer: printer.id, bed: 'unknown' },
      `Bed of ${printer.name} unknown`,
    );
  }
}

/** Gives a command to a queue whose end nobody here waits for; a refusal is logged. */
export function tell(log: Log, host: QueueHost, command: Command, text: string): void {
  host.submit(command, text).then(
    (settled) => {
      if (settled.kind === 'refused') log.warn(`${text}: ${settled.refusal.text}`);
    },
    (error: unknown) => log.error(`${text}: ${messageOf(error)}`),
  );
}
