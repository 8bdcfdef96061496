import { createContext } from 'svelte';
import { systemClock } from '../../base/clock.ts';
import type { Result } from '../../base/result.ts';
import type { LocalPrinter, LocalPrinters, ManualAction } from '../../peer/api.ts';
import { session } from './session.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** The controls lock by themselves this long after they were last used, in milliseconds: someone walked away. */
export const lockAfterMs = 120_000;

/**
 * The controls of one printer's page. Locked at first, so that a stray touch neither moves nor heats anything; heat is
 * asked for once more each time they are unlocked.
 */
export class Controls {
  unlocked = $state(false);
  /** What is being carried out. */
  busy = $state(0);
  /** Whether a person has agreed to heat since the controls were unlocked. */
  #heatAgreed = $state(false);
  #cancelTimer: (() => void) | undefined;
  readonly #printer: () => LocalPrinter;

  constructor(printer: () => LocalPrinter) {
    this.#printer = printer;
  }

  get heatAgreed(): boolean {
    return this.#heatAgreed;
  }

  unlock(): void {
    this.unlocked = true;
    this.#touch();
  }

  lock(): void {
    this.#cancelTimer?.();
    this.unlocked = false;
    this.#heatAgreed = false;
  }

  agreeToHeat(): void {
    this.#heatAgreed = true;
  }

  /** Carries out an action by hand, while the controls are unlocked. */
  async act(action: ManualAction): Promise<boolean> {
    if (!this.unlocked) return false;
    this.#touch();
    return this.ask((printers, printer) => printers.act(printer, action));
  }

  /** Sends a line of the terminal. Gives why not; undefined when it was taken. */
  readonly send = async (line: string): Promise<string | undefined> => {
    if (!this.unlocked) return 'The controls are locked.';
    this.#touch();
    const sent = await session.client.printers.send(this.#printer().printer, line);
    return sent.ok ? undefined : sent.refusal.text;
  };

  /** Asks for something that the lock does not guard, and says so when it is refused. */
  async ask(
    what: (printers: LocalPrinters, printer: LocalPrinter['printer']) => Promise<Result<unknown>>,
  ): Promise<boolean> {
    this.busy += 1;
    try {
      const done = await what(session.client.printers, this.#printer().printer);
      if (!done.ok) toasts.refused(done.refusal);
      return done.ok;
    } finally {
      this.busy -= 1;
    }
  }

  #touch(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = systemClock.after(lockAfterMs, () => this.lock());
  }
}

export const [useControls, provideControls] = createContext<Controls>();
