import { rtcHost } from './rtc-first.ts';
import { RefusalError, RingLog, hex, messageOf, systemClock, systemRandom } from '../base/index.ts';
import { createLibp2pWire } from '../network/libp2p.ts';
import { flushesWhenAsked, openIndexedDbStore } from '../storage/index.ts';
import { libp2pPrivateKey, openIdentity } from './identity.ts';
import { LastWords } from './host/last-words.ts';
import { type WorkerMessage, portVersion } from './messages.ts';
import { Peer } from './peer.ts';
import { PrinterNotes } from './printing/printer-notes.ts';
import { lostDataNotices } from './serving/lost-data.ts';
import { weakStorageNotices } from './serving/weak-storage.ts';
import { type ServedPort, Server } from './serving/server.ts';
import { onWaking } from './waking.ts';

/** Name of this profile's database: key, logs and files vanish together or not at all. */
const databaseName = 'peerprint';
/** Held by the one worker that is this profile's peer. */
const profileLock = 'peerprint-peer';

const log = new RingLog(systemClock);

/** The started peer. The first page names it; later pages wait for the same start. */
let started: Promise<Server> | undefined;

async function start(defaultName: string): Promise<Server> {
  await takeProfile();
  let damaged = false;
  // The first that this browser asks of any database here: Chromium tells only that one what it threw away.
  const store = await openIndexedDbStore({
    name: databaseName,
    log: log.room('storage'),
    clock: systemClock,
    locks: navigator.locks,
    storage: navigator.storage,
    renewsLog: true,
    // A peer without its key, votes and log is none any more: the pages start the next worker, which begins anew and says so.
    onCleared: () => close(),
    onDamaged: () => (damaged = true),
  });
  const notices = [
    ...(await lostDataNotices(store, systemClock, log.room('storage'), damaged)),
    ...weakStorageNotices(flushesWhenAsked(), navigator.userAgent),
  ];
  const identity = await openIdentity(store, systemRandom, systemClock, defaultName);
  const wire = await createLibp2pWire({
    privateKey: libp2pPrivateKey(identity),
    clock: systemClock,
    log: log.room('network'),
    relays: [],
    allowPrivate: true,
    canDialDirect: () => rtcHost.anchor !== undefined,
  });
  rtcHost.onAnchor((anchored) => {
    if (anchored) wire.retryNow();
  });
  // Another Wi-Fi, a cable plugged in, a laptop awake again: no need to wait for the next round of dialling.
  const lookAgain = () => {
    wire.doubtAll();
    wire.retryNow();
  };
  onWaking(systemClock, lookAgain);
  const peer = await Peer.open({
    clock: systemClock,
    random: systemRandom,
    log,
    store,
    wire,
    identity,
    recentLog: () => log.lines(),
    surroundings: () => ({
      browser: navigator.userAgent,
      anchor: rtcHost.anchor,
      rtc: rtcHost.counts,
      dropped: wire.dropped(),
      addresses: wire.addresses(),
    }),
  });
  rtcHost.onAnchor(() => peer.changed(undefined));
  const lastWords = new LastWords({
    clock: systemClock,
    random: systemRandom,
    identity: () => peer.identity,
    hosts: () => peer.hosts.values(),
    connections: () => wire.connections(),
    isOver: () => false,
    prepare: (words) => rtcHost.prepareLastWords(words),
  });
  peer.onChange(() => lastWords.changed());
  rtcHost.onLastWords((words) => lastWords.hear(words));
  return new Server(peer, {
    attachRtc: (port, tab) => rtcHost.attach(port, { name: tab }),
    direct: () => rtcHost.anchor !== undefined,
    onPages: (count) => {
      lastWords.tabs = count;
    },
    notices,
    notes: await PrinterNotes.open(store, log.room('printers')),
    onNetworkChanged: lookAgain,
    lifeLock: await holdLifeLock(),
    retire: () => {
      log.info('every page is of a newer build: this worker makes room');
      // What is promised to be on disk is there; what is under way is in the outbox.
      close();
    },
  });
}

/** A lock of this very worker, let go of only by its death: that is how pages notice. */
function holdLifeLock(): Promise<string> {
  const name = `peerprint-worker-${hex(systemRandom.bytes(12))}`;
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, () => {
        resolve(name);
        return new Promise<never>(() => undefined);
      })
      .catch(reject);
  });
}

/** One worker per profile: another one (an older version, or a tab of a browser without SharedWorker) must go first. */
function takeProfile(): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(profileLock, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          reject(
            new RefusalError({
              code: 'other-worker',
              text: 'PeerPrint runs in this browser already, in another tab or an older version. Close the other tabs (not while one prints), then reload this one.',
            }),
          );
          return undefined;
        }
        resolve();
        // Held until this worker ends.
        return new Promise<never>(() => undefined);
      })
      .catch(reject);
  });
}

function greet(port: ServedPort): void {
  port.addEventListener('message', (event) => {
    const hello = event.data;
    if (hello.kind !== 'hello') return;
    if (hello.version !== portVersion) {
      unable(port, 'other-version', 'This tab and PeerPrint’s worker are of different versions.');
      // Nobody else needs this worker: the page finds the one it was built with at its next try.
      if (hello.version > portVersion) void closeWithoutPages();
      return;
    }
    started ??= start(hello.defaultName);
    started.then(
      (server) => server.serve(port, hello),
      (error: unknown) => {
        // The next tab tries again: storage may have been allowed, the other worker may be gone.
        started = undefined;
        log.error(`the peer could not start: ${messageOf(error)}`);
        unable(port, error instanceof RefusalError ? error.code : 'start-failed', messageOf(error));
      },
    );
  });
}

async function closeWithoutPages(): Promise<void> {
  // Why it could not start was told to the page that asked; a peer that did not start serves nobody.
  const server = await started?.catch(() => undefined);
  if (server === undefined || server.pages === 0) close();
}

function unable(port: ServedPort, code: string, text: string): void {
  const message: WorkerMessage = { kind: 'unable', version: portVersion, code, text };
  port.postMessage(message);
}

if ('onconnect' in globalThis) {
  globalThis.addEventListener('connect', (event) => {
    const port = (event as MessageEvent).ports[0];
    if (port === undefined) return;
    greet(port as unknown as ServedPort);
    port.start();
  });
} else {
  // A dedicated worker: the scope itself is the port of the one tab that has it.
  greet(globalThis as unknown as ServedPort);
}
