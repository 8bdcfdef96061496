/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
import { build, files, version } from '$service-worker';
import { type Tabs, showFromNotification } from './lib/ui/notification-click.ts';

/**
 * Keeps the built app in a cache of its version, so that it opens without a network. A new version waits until a
 * page says `SKIP_WAITING`, which pages do only when a person agreed and nothing prints.
 */
declare const self: ServiceWorkerGlobalScope;

const cacheName = `peerprint-${version}`;
/** One shell for every route. */
const shell = '/';
/** Large or rarely wanted; fetched when asked for. */
const left = /^\/(samples|registry)\/.*(?<!cube-pla-mk3s\.gcode)$/;

self.addEventListener('install', (event) => {
  event.waitUntil(precache());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldCaches());
});

self.addEventListener('message', (event) => {
  const data: unknown = event.data;
  if (typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING') {
    void self.skipWaiting();
  }
});

/** A click on a notification leads to the printer it speaks of, in a tab that is open if there is one. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(showFromNotification(tabs, event.notification.data));
});

const tabs: Tabs = {
  list: () => self.clients.matchAll({ type: 'window', includeUncontrolled: true }),
  open: (path) => self.clients.openWindow(path),
};

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  // What a relay answers itself is never taken from a cache.
  if (url.pathname.startsWith('/.well-known/') || url.pathname === '/healthz') return;
  event.respondWith(request.mode === 'navigate' ? page() : asset(request, url));
});

async function precache(): Promise<void> {
  const cache = await caches.open(cacheName);
  const wanted = [shell, ...build, ...files.filter((path) => !left.test(path))];
  await cache.addAll(wanted.map((path) => new Request(path, { cache: 'reload' })));
  // The list of the build names no workers, nor what only they import.
  const seen = new Set([...wanted, self.location.pathname]);
  let fresh = build.filter((path) => path.endsWith('.js'));
  while (fresh.length > 0) {
    const found = (await Promise.all(fresh.map((path) => importsOf(cache, path)))).flat();
    fresh = [...new Set(found)].filter((path) => !seen.has(path));
    for (const path of fresh) {
      seen.add(path);
      await keepScript(cache, path);
    }
  }
}

/** Paths of this origin that a built script names as scripts. */
async function importsOf(cache: Cache, path: string): Promise<readonly string[]> {
  const text = await (await cache.match(path))?.text();
  if (text === undefined) return [];
  const base = new URL(path, self.location.origin);
  return [...text.matchAll(/["'`]((?:\.{0,2}\/)[\w./-]+\.js)["'`]/g)]
    .map((match) => new URL(match[1] ?? '', base))
    .filter((url) => url.origin === self.location.origin)
    .map((url) => url.pathname);
}

/** A name that looks like a script may be none: the host then answers with the shell or not at all. */
async function keepScript(cache: Cache, path: string): Promise<void> {
  const response = await fetch(new Request(path, { cache: 'reload' }));
  if (response.ok && (response.headers.get('content-type') ?? '').includes('javascript'))
    await cache.put(path, response);
}

/** The version before this one is kept: tabs that were not reloaded yet still ask for its parts, which no server has any more. */
async function dropOldCaches(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith('peerprint-') && name !== cacheName);
  // In the order of their making.
  const old = others.slice(0, -1);
  for (const name of others) {
    if (old.includes(name)) await caches.delete(name);
  }
}

/** Every route is the same shell, of the version whose scripts are in the cache. */
async function page(): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(shell)) ?? fetch(shell);
}

async function asset(request: Request, url: URL): Promise<Response> {
  const cache = await caches.open(cacheName);
  // Names below /_app are those of their contents, in whichever version.
  const kept =
    (await cache.match(url.pathname)) ??
    (url.pathname.startsWith('/_app/') ? await caches.match(url.pathname) : undefined);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok && url.pathname.startsWith('/samples/')) await cache.put(url.pathname, response.clone());
  return response;
}
