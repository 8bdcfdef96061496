import type { Clock, Log, PrintId } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import type { Command } from '../../queue/index.ts';
import { tell } from '../members/introducing.ts';
import { finishCommand } from './print-work.ts';
import type { QueueHost } from '../host/queue-host.ts';

interface JournalPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** What the journal says of how a print ended. */
  readonly keptOutcome: (print: PrintId) => Promise<PrintOutcome | undefined>;
}

/** Prints that are over, and whose worker could tell nobody: what it wrote down counts, otherwise nobody knows how they ended. */
export class InterruptedPrints {
  readonly #ports: JournalPorts;
  /** Those whose end is being looked up. */
  readonly #reporting = new Set<PrintId>();

  constructor(ports: JournalPorts) {
    this.#ports = ports;
  }

  async report(host: QueueHost, print: PrintId): Promise<void> {
    if (this.#reporting.has(print)) return;
    this.#reporting.add(print);
    try {
      const { clock, log, keptOutcome } = this.#ports;
      const kept = await keptOutcome(print);
      if (host.reports(print) || !host.state.prints.has(print)) return;
      const command = kept === undefined ? nobodyKnows(print) : finishCommand(print, kept, clock.wallMs());
      tell(log, host, command, 'Report an interrupted print');
    } finally {
      this.#reporting.delete(print);
    }
  }
}

function nobodyKnows(print: PrintId): Command {
  return {
    type: 'finish',
    print,
    outcome: 'unknown',
    reason: 'The browser that printed it was closed or lost the printer. Look at the bed.',
    lines: 0,
    resends: 0,
    seconds: 0,
  };
}
