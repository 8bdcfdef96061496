import type { Alert } from '../peer/api.ts';
import { isOwnPath } from './notification-click.ts';

/** Where the thing can be done. */
export function alertPath(alert: Pick<Alert, 'queue'>): string {
  return `/queue/${alert.queue}/printer`;
}

/** The page that a click on a notification asks this tab to show, from the service worker's message; undefined for anything else. */
export function pathToShow(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('type' in data) || data.type !== 'SHOW')
    return undefined;
  return 'path' in data && isOwnPath(data.path) ? data.path : undefined;
}

/** "A printer needs you", "3 printers need you". */
export function alertsTitle(count: number): string {
  return count === 1 ? 'A printer needs you' : `${count} printers need you`;
}

/** A page's title with the number of alerts before it, as mail programs have it. */
export function titleWith(title: string, count: number): string {
  const bare = title.replace(/^\(\d+\) /, '');
  return count === 0 ? bare : `(${count}) ${bare}`;
}

/** What has come since, and what is over: only the first is told aloud, the second is taken back. */
export function alertChanges(
  before: readonly Alert[],
  now: readonly Alert[],
): { readonly come: readonly Alert[]; readonly gone: readonly Alert[] } {
  const has = (list: readonly Alert[], alert: Alert) => list.some((each) => each.key === alert.key);
  return {
    come: now.filter((alert) => !has(before, alert)),
    gone: before.filter((alert) => !has(now, alert)),
  };
}
