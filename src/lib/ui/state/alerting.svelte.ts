import { goto } from '$app/navigation';
import type { Alert } from '../../peer/api.ts';
import { alertChanges, alertPath, pathToShow, titleWith } from '../alerting.ts';
import { recall, remember } from './memory.ts';
import { session } from './session.svelte.ts';

/** Remembers that a person asked for notifications here; the browser's own permission stays above it. */
const wantedKey = 'peerprint.notify';

/** "Prints need you": in the title, as a badge of the installed app and, where a person asked for it, as notifications. */
class Alerting {
  /** Whether notifications are on: asked for here, and allowed by the browser. */
  on = $state(false);
  /** `unable`: this browser has none. */
  permission: NotificationPermission | 'unable' = $state('unable');

  /** Follows the alerts. Called once by the layout, inside its effects. */
  keep(): void {
    this.permission = 'Notification' in globalThis ? Notification.permission : 'unable';
    this.on = this.permission === 'granted' && recall(wantedKey) === 'yes';
    $effect(() => {
      const show = (event: MessageEvent<unknown>) => {
        const path = pathToShow(event.data);
        if (path !== undefined) void goto(path);
      };
      navigator.serviceWorker?.addEventListener('message', show);
      return () => navigator.serviceWorker?.removeEventListener('message', show);
    });
    const alerts = $derived(session.app?.alerts ?? []);
    // The app is told anew with every commit: the system's badge is asked for only when the count has changed.
    const count = $derived(alerts.length);
    $effect(() => void badge(count));
    let before: readonly Alert[] = [];
    $effect(() => {
      const now = alerts;
      const { come, gone } = alertChanges(before, now);
      before = now;
      if (this.on && document.visibilityState === 'hidden') for (const alert of come) void notify(alert);
      for (const alert of gone) void takeBack(alert);
    });
    $effect(() => {
      const needs = count;
      const put = () => {
        const wanted = titleWith(document.title, needs);
        if (document.title !== wanted) document.title = wanted;
      };
      put();
      // Every page sets its own title when it is shown.
      const observer = new MutationObserver(put);
      observer.observe(document.head, { subtree: true, childList: true, characterData: true });
      return () => observer.disconnect();
    });
  }

  /** Asks the browser. Only to be called from a click: browsers refuse for good what pages ask for by themselves. */
  async ask(): Promise<boolean> {
    if (!('Notification' in globalThis)) return false;
    this.permission = await Notification.requestPermission();
    this.on = this.permission === 'granted';
    remember(wantedKey, this.on ? 'yes' : 'no');
    return this.on;
  }

  off(): void {
    this.on = false;
    remember(wantedKey, 'no');
  }
}

async function badge(count: number): Promise<void> {
  if (!('setAppBadge' in navigator)) return;
  try {
    if (count === 0) await navigator.clearAppBadge();
    else await navigator.setAppBadge(count);
  } catch (error) {
    // Not installed, or the system has no badges: the title and the page say it too.
    if (!(error instanceof DOMException)) throw error;
  }
}

/** Tabs of one browser use one tag, so that the same need is shown once. */
async function notify(alert: Alert): Promise<void> {
  const options = {
    tag: alert.key,
    body: `In the queue “${alert.queueName}”.`,
    icon: '/icons/icon-192.png',
    data: { path: alertPath(alert) },
  };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration !== undefined) await registration.showNotification(alert.text, options);
  else {
    try {
      const shown = new Notification(alert.text, options);
      // Without a service worker its click is this page's own.
      shown.onclick = () => {
        shown.close();
        globalThis.focus();
        void goto(options.data.path);
      };
    } catch (error) {
      // Phones show notifications of an installed service worker only: the page and its title say it too.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

async function takeBack(alert: Alert): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications({ tag: alert.key })) ?? []) shown.close();
}

export const alerting = new Alerting();
