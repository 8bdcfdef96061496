/** What a service worker knows of a tab. */
export interface OpenTab {
  readonly url: string;
  postMessage(message: unknown): void;
  focus(): Promise<unknown>;
}

/** The tabs of this app, most lately used first, and a way to a new one: what a service worker has as `clients`. */
export interface Tabs {
  list(): Promise<readonly OpenTab[]>;
  open(path: string): Promise<unknown>;
}

/** A path of this very app, never another address. Browsers take a backslash for a slash. */
export function isOwnPath(path: unknown): path is string {
  return typeof path === 'string' && /^\/(?![/\\])/.test(path);
}

/**
 * A click on a notification leads to what it speaks of: in the tab that shows it, else in the tab used last, else in a new one.
 * @param data what the notification was given, `{ path }`
 */
export async function showFromNotification(tabs: Tabs, data: unknown): Promise<void> {
  const wanted = typeof data === 'object' && data !== null && 'path' in data ? data.path : undefined;
  const path = isOwnPath(wanted) ? wanted : '/';
  const open = await tabs.list();
  const tab = open.find(({ url }) => new URL(url).pathname === path) ?? open[0];
  if (tab === undefined) {
    await tabs.open(path);
    return;
  }
  // A tab that prints must not be loaded anew: it is brought to the front, and shows the page by itself.
  tab.postMessage({ type: 'SHOW', path });
  await tab.focus();
}
