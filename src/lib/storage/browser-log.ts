import { type IDBPDatabase, deleteDB, openDB } from 'idb';
import { type Log, type Random, messageOf } from '../base/index.ts';
import { renewalBatch, renewalBytes, renewalRecordBytes, renewalRoomBytes } from './limits.ts';

const databaseName = 'peerprint-renewal';

/** What only Chromium has: how much of a damaged database it threw away before it made the new one. */
interface WithDataLoss {
  readonly dataLoss?: 'none' | 'total';
  readonly dataLossMessage?: string;
}

/** Why the browser threw away what stood in the database that is being made; undefined when nothing did, or it does not say. */
export function dataLossOf(event: IDBVersionChangeEvent): string | undefined {
  const { dataLoss, dataLossMessage = 'no reason given' } = event as IDBVersionChangeEvent & WithDataLoss;
  return dataLoss === 'total' ? dataLossMessage : undefined;
}

/** Only Chromium's event has it, and only there the databases of a site lie in one LevelDB. */
function isChromium(): boolean {
  return typeof IDBVersionChangeEvent === 'function' && 'dataLoss' in IDBVersionChangeEvent.prototype;
}

/**
 * Makes Chromium begin a new log file. It keeps all databases of a site in one LevelDB, and after a crash it goes on writing where the log of before ended
 * (`reuse_logs`). If that was in the middle of a record, because the browser was killed or the power went while it wrote, the next start takes what
 * follows for damage ("checksum mismatch") and throws away everything the site had (seen in Chromium 156). LevelDB leaves a log behind, and deletes it, once
 * `renewalBytes` were written after it was opened; so they are written here, into a database of their own, and deleted again. To be done whenever the
 * database was opened, since nobody says how the browser ended, and before anything that matters is written: about 0.1 s. A browser that dies again within that
 * time is not helped. Does nothing elsewhere, and where room is scarce. Never rejects.
 */
export async function renewBrowserLog(
  random: Random,
  log: Log,
  storage: Pick<StorageManager, 'estimate'>,
): Promise<void> {
  if (!isChromium()) return;
  try {
    const { usage = 0, quota = 0 } = await storage.estimate();
    if (quota - usage < renewalRoomBytes) {
      log.info('too little room to have the browser begin a new log');
      // What a start before this one left, when it was ended in the middle.
      await deleteDB(databaseName);
      return;
    }
    const database = await openDB(databaseName, 1, {
      upgrade: (made) => void made.createObjectStore('noise'),
      blocking: (_current, _wanted, event) => (event.target as IDBDatabase).close(),
    });
    try {
      await fill(database, random);
    } finally {
      database.close();
      await deleteDB(databaseName);
    }
    log.debug('the browser has begun a new log');
  } catch (error) {
    log.warn(`the browser could not be made to begin a new log: ${messageOf(error)}`);
  }
}

async function fill(database: IDBPDatabase, random: Random): Promise<void> {
  // Noise, because what can be packed takes less room in the log.
  const noise = random.bytes(renewalRecordBytes);
  for (let written = 0; written < renewalBytes; written += renewalBatch * renewalRecordBytes) {
    const { store, done } = database.transaction('noise', 'readwrite', { durability: 'relaxed' });
    for (let at = 0; at < renewalBatch; at++) {
      // Why one failed is said by the transaction that it fails.
      store.put(noise, at).catch(() => undefined);
    }
    await done;
  }
}
