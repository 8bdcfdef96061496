import { RefusalError, messageOf } from '../base/index.ts';

/** What storage can refuse, each with the sentence a person sees. */
const sentences = {
  fenced: 'Another copy of PeerPrint in this browser has taken over this queue. Reload this tab to go on.',
  busy: 'Another copy of PeerPrint in this browser is using this queue. Close its other tabs, then reload this one.',
  'storage-full':
    'This browser has no room left for PeerPrint. Delete files or other sites’ data, then reload. Nothing that was confirmed is lost.',
  'storage-denied':
    'This browser does not let PeerPrint keep data here. Leave the private window, or allow site data for this address, then reload.',
  cleared:
    'The browser cleared PeerPrint’s data here while it was open. Reload: this browser then begins anew. What other peers hold is still there.',
  'storage-failed':
    'This browser could not read or write PeerPrint’s data. Reload; if it happens again, restart the browser.',
  corrupt:
    'The stored copy of this queue is damaged, so it is not used any more. Join the queue again as a new peer.',
  'unknown-format':
    'The stored data was written by a newer PeerPrint. Reload to get the newest version, or update the app you opened.',
  exists: 'There is a log of this name already.',
  absent: 'There is no log of this name on this browser.',
  closed: 'PeerPrint’s storage was closed in this tab. Reload to go on.',
} as const;

export type StorageRefusal = keyof typeof sentences;

/** The refusal of that code, its sentence followed by what exactly was found. */
export function storageRefusal(code: StorageRefusal, detail?: string): RefusalError {
  const text = detail === undefined ? sentences[code] : `${sentences[code]} (${detail})`;
  return new RefusalError({ code, text });
}

/** The refusal that a failed IndexedDB operation amounts to. Refusals pass through unchanged. */
export function refusalOf(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const detail = name === '' ? messageOf(error) : `${name}: ${messageOf(error)}`;
  switch (name) {
    case 'QuotaExceededError':
      return storageRefusal('storage-full', detail);
    case 'SecurityError':
    case 'NotAllowedError':
    case 'InvalidAccessError':
      return storageRefusal('storage-denied', detail);
    case 'VersionError':
      return storageRefusal('unknown-format', detail);
    default:
      return storageRefusal('storage-failed', detail);
  }
}
