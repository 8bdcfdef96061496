/** The part of the Network Information API that is used; Firefox and Safari have none. */
type WithConnection = Navigator & { readonly connection?: EventTarget };

/** Calls `run` when the browser tells this page that it is online again, or on another kind of network. */
export function onNetworkChanged(run: () => void): void {
  globalThis.addEventListener('online', run);
  (navigator as WithConnection).connection?.addEventListener('change', run);
}
