import { systemClock } from '../../base/clock.ts';
import { anyTabPrints } from './vigil.svelte.ts';

/** How often a waiting update looks whether prints are over, and an open page for a new version. Milliseconds. */
const lookMs = 15_000;
const checkMs = 60 * 60_000;

/** New versions of the app: asked for, never pushed, and never offered while a tab of this browser prints. */
class Update {
  /** A new version waits and may be taken now. */
  offered = $state(false);
  /** Another tab has taken a new version: this one should be reloaded. */
  stale = $state(false);
  #take: (() => void) | undefined;
  #accepted = false;

  /** Registers the service worker. Does nothing where there is none, and in development. */
  async register(): Promise<void> {
    if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
    const { Workbox } = await import('workbox-window');
    const workbox = new Workbox('/service-worker.js');
    workbox.addEventListener('waiting', () => {
      this.#take = () => workbox.messageSkipWaiting();
      void this.#offerWhenQuiet();
    });
    workbox.addEventListener('controlling', (event) => {
      if (event.isUpdate !== true && event.isExternal !== true) return;
      if (this.#accepted) location.reload();
      else void this.#staleWhenQuiet();
    });
    // A tab that was open before the first service worker is controlled by none; it hears of updates this way.
    workbox.addEventListener('activated', (event) => {
      if (event.isExternal !== true || this.#accepted) return;
      this.offered = false;
      void this.#staleWhenQuiet();
    });
    try {
      await workbox.register();
    } catch (error) {
      // No service worker (a private window, a certificate that was clicked away): the app works, only not offline.
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      return;
    }
    const check = () => {
      void workbox.update().catch((error: unknown) => {
        // Offline: asked again in an hour.
        if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      });
      systemClock.after(checkMs, check);
    };
    systemClock.after(checkMs, check);
  }

  /** Lets the new version take over, unless a print began meanwhile. */
  async accept(): Promise<void> {
    const { stale } = this;
    this.offered = false;
    this.stale = false;
    if (await anyTabPrints()) return stale ? this.#staleWhenQuiet() : this.#offerWhenQuiet();
    if (stale) {
      location.reload();
      return;
    }
    this.#accepted = true;
    this.#take?.();
  }

  later(): void {
    this.offered = false;
    this.stale = false;
  }

  async #offerWhenQuiet(): Promise<void> {
    if (await anyTabPrints()) systemClock.after(lookMs, () => void this.#offerWhenQuiet());
    else this.offered = true;
  }

  async #staleWhenQuiet(): Promise<void> {
    if (await anyTabPrints()) systemClock.after(lookMs, () => void this.#staleWhenQuiet());
    else this.stale = true;
  }
}

export const update = new Update();
