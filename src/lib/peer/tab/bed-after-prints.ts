import type { Clock, PrintId } from '../../base/index.ts';
import type { PrintOutcome, PrinterRequest } from '../../printer/port.ts';
import type { BedClearingPlan } from '../printer-api.ts';

/**
 * Milliseconds after its print in which a bed is cleared by itself. Later (the peer's worker was away) somebody may stand at the machine:
 * then a person says when.
 */
export const clearWithinMs = 60_000;

interface Ports {
  readonly clock: Clock;
  /** Gives the printer's core a request; its reply comes back to `replied`. */
  readonly ask: (request: Omit<Extract<PrinterRequest, { type: 'clear-bed' }>, 'id'>) => number;
  /** Tells the peer that the bed is clear: of this print, or, when a person asked for it, of whatever lay there. */
  readonly clear: (print: PrintId | undefined) => void;
}

/** Clears the bed by the printer's script after a good print, where its owner wants that, and says so only if it was done. */
export class BedAfterPrints {
  readonly #ports: Ports;
  #plan: BedClearingPlan = { by: 'person', coolToC: undefined };
  /** Good prints that nobody has taken a report of yet, and when they ended. */
  readonly #good = new Map<PrintId, number>();
  readonly #asked = new Map<number, PrintId | undefined>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  set plan(plan: BedClearingPlan) {
    this.#plan = plan;
  }

  ended(print: PrintId, outcome: PrintOutcome): void {
    if (outcome.outcome === 'good' && outcome.bedUnsure !== true)
      this.#good.set(print, this.#ports.clock.monotonicMs());
  }

  /** The report of a print is safe: its bed may be cleared. */
  reported(print: PrintId): void {
    const endedMs = this.#good.get(print);
    this.#good.delete(print);
    if (endedMs === undefined || this.#plan.by !== 'script') return;
    if (this.#ports.clock.monotonicMs() > endedMs + clearWithinMs) return;
    const { coolToC } = this.#plan;
    const id = this.#ports.ask({ type: 'clear-bed', ...(coolToC !== undefined && { coolToC }) });
    this.#asked.set(id, print);
  }

  /** A person has asked for it, with a request of this number. */
  byPerson(id: number): void {
    this.#asked.set(id, undefined);
  }

  replied(id: number, done: boolean): void {
    if (!this.#asked.has(id)) return;
    const print = this.#asked.get(id);
    this.#asked.delete(id);
    if (done) this.#ports.clear(print);
  }
}
