import { deleteDB, openDB } from 'idb';
import { type Log, messageOf } from '../base/index.ts';

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
 * follows for damage ("checksum mismatch") and throws away everything the site had (seen in Chromium 156). When a database is deleted it has LevelDB compact
 * its range, and that begins with a new log and ends with the old one deleted; so an empty one is made and deleted here, which takes some 10 ms. To be done
 * whenever the database was opened, since nobody says how the browser ended, and before anything that matters is written. A browser that dies again within
 * that time is not helped. Does nothing elsewhere. Never rejects.
 */
export async function renewBrowserLog(log: Log): Promise<void> {
  if (!isChromium()) return;
  try {
    const database = await openDB(databaseName, 1, {
      blocking: (_current, _wanted, event) => (event.target as IDBDatabase).close(),
    });
    database.close();
    await deleteDB(databaseName);
    log.debug('the browser has begun a new log');
  } catch (error) {
    log.warn(`the browser could not be made to begin a new log: ${messageOf(error)}`);
  }
}
