import type { Notice } from '../api.ts';

/** The oldest Firefox that flushes a write to disk when it is asked to. */
export const firefoxMin = 126;

/**
 * What a person must be told of a browser that does not flush writes to disk when it is asked to. Everything else works there; what a voter has
 * acknowledged may be gone after a power cut.
 * @param flushes whether it does, as it shows itself
 * @param agent the browser's name of itself, for the advice only
 */
export function weakStorageNotices(flushes: boolean, agent: string): readonly Notice[] {
  if (flushes) return [];
  const isFirefox = agent.includes('Firefox/');
  return [
    {
      key: 'weak-storage',
      tone: 'warning',
      text: 'This browser is too old to put changes safely on disk: a power cut may take the newest ones, though they were said to be kept.',
      advice: isFirefox
        ? `Update Firefox to version ${firefoxMin} or newer.`
        : 'Update this browser, or open PeerPrint in a newer one.',
    },
  ];
}
