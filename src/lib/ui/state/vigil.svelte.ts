import { isBusy } from '../words.ts';
import { session } from './session.svelte.ts';

/** The name under which every tab that prints holds a shared Web Lock, for the others to see. */
const printingLock = 'peerprint-printing';

/**
 * While a printer of this tab prints: the screen stays on, the browser asks before the tab is closed, and other
 * tabs can see it. Called once by the layout, inside its effects.
 */
export function keepVigil(): void {
  const busy = $derived(session.locals.some((printer) => isBusy(printer.state)));
  $effect(() => {
    if (!busy) return;
    const end = new AbortController();
    holdLock(end.signal);
    holdScreen(end.signal);
    window.addEventListener('beforeunload', (event) => event.preventDefault(), { signal: end.signal });
    return () => end.abort();
  });
}

/** Whether any tab of this browser prints. */
export async function anyTabPrints(): Promise<boolean> {
  if (!('locks' in navigator)) return false;
  const { held } = await navigator.locks.query();
  return (held ?? []).some((lock) => lock.name === printingLock);
}

function holdLock(signal: AbortSignal): void {
  if (!('locks' in navigator)) return;
  const released = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  void navigator.locks.request(printingLock, { mode: 'shared' }, () => released);
}

/** The browser lets go of the screen when the page is hidden, so it is asked again when it is shown. */
function holdScreen(signal: AbortSignal): void {
  if (!('wakeLock' in navigator)) return;
  let lock: WakeLockSentinel | undefined;
  const hold = async () => {
    if (document.visibilityState !== 'visible' || signal.aborted) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (signal.aborted) await lock.release();
    } catch (error) {
      // Low battery or a policy: the print goes on with a dark screen.
      if (!(error instanceof DOMException)) throw error;
    }
  };
  document.addEventListener('visibilitychange', () => void hold(), { signal });
  signal.addEventListener('abort', () => void lock?.release(), { once: true });
  void hold();
}
