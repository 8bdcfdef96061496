/** A screen that is kept on: as much of `WakeLockSentinel` as is used. */
export interface ScreenHold {
  readonly released: boolean;
  release(): Promise<void>;
  addEventListener(type: 'release', listener: () => void, options: { readonly once: true }): void;
}

export interface ScreenPorts {
  /** Asks the browser; undefined when it refuses, as on low battery. */
  readonly request: () => Promise<ScreenHold | undefined>;
  /** Browsers grant it to visible pages only, and take it back when a page is hidden. */
  readonly visible: () => boolean;
  readonly onChange: () => void;
}

/** Keeps the screen on, and with it most computers awake, as long as it is wanted. Holds at most one lock, and none for longer. */
export class ScreenWake {
  readonly #ports: ScreenPorts;
  #wanted = false;
  #asking = false;
  #hold: ScreenHold | undefined;

  constructor(ports: ScreenPorts) {
    this.#ports = ports;
  }

  get held(): boolean {
    return this.#hold !== undefined && !this.#hold.released;
  }

  /** To be called again when the page is shown again: the browser has let go of the screen meanwhile. */
  async want(wanted: boolean): Promise<void> {
    this.#wanted = wanted;
    if (this.#asking) return;
    if (wanted && !this.held && this.#ports.visible()) await this.#ask();
    // Also what was granted after it was wanted no more.
    if (!this.#wanted && this.held) await this.#hold?.release();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      this.#hold = await this.#ports.request();
    } finally {
      this.#asking = false;
    }
    this.#hold?.addEventListener('release', this.#ports.onChange, { once: true });
    this.#ports.onChange();
  }
}

/** What this browser offers of it. */
export async function requestScreen(): Promise<ScreenHold | undefined> {
  if (!('wakeLock' in navigator)) return undefined;
  try {
    return await navigator.wakeLock.request('screen');
  } catch (error) {
    // Refused on low battery or by policy: the print goes on, the laptop may sleep as its owner set it.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
