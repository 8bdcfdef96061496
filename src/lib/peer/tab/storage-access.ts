import { type Refusal, refuse } from '../../base/index.ts';

/** Made and deleted again only to see whether that is allowed. */
const trialName = 'peerprint-trial';

export const storageDenied = refuse(
  'storage-denied',
  'This browser keeps no data for this address, so it cannot hold a queue. Allow cookies and site data for it, or use an ordinary window, then try again.',
);

/**
 * Where a browser keeps no data for a site it does not start the site's workers either, and gives other reasons. The refusal that says
 * what a person can change; undefined when storage is not the reason.
 */
export async function refusedByStorage(
  refusal: Refusal,
  indexedDB: IDBFactory,
): Promise<typeof storageDenied | undefined> {
  if (refusal.code !== 'no-worker' && refusal.code !== 'start-failed') return undefined;
  return (await keepsData(indexedDB)) ? undefined : storageDenied;
}

function keepsData(indexedDB: IDBFactory): Promise<boolean> {
  return new Promise((resolve) => {
    let trial: IDBOpenDBRequest;
    try {
      trial = indexedDB.open(trialName);
    } catch {
      // Some browsers say no at once (SecurityError), others by the request.
      resolve(false);
      return;
    }
    trial.addEventListener('error', () => resolve(false));
    trial.addEventListener('success', () => {
      trial.result.close();
      indexedDB.deleteDatabase(trialName);
      resolve(true);
    });
  });
}
