import { isBusy } from '../words.ts';
import { session } from './session.svelte.ts';

/** The name under which every tab that prints holds a shared Web Lock, for the others to see. */
const printingLock = 'peerprint-printing';

/**
 * While a printer of this tab prints, other tabs can see it. (That the screen stays on, and that the browser asks before the tab is
 * closed, is seen to where the printers are.) Called once by the layout, inside its effects.
 */
export function keepVigil(): void {
  const busy = $derived(session.locals.some((printer) => isBusy(printer.state)));
  $effect(() => {
    if (!busy) return;
    const end = new AbortController();
    holdLock(end.signal);
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
