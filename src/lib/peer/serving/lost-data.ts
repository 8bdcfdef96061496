import * as v from 'valibot';
import { type Clock, type Log, encode, messageOf, parse } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import type { Notice } from '../api.ts';

const recordKey = 'lost-data';
const recordBytesMax = 256;

export const lostDataSchema = v.strictObject({
  v: v.literal(1),
  atWallMs: v.pipe(v.number(), v.safeInteger()),
});

/**
 * What a person must be told when the browser threw away this profile's data, because it found them damaged. It is kept with the new data: the browser says so
 * once, to a worker that may end before anybody looks.
 * @param damaged whether the browser said so just now
 */
export async function lostDataNotices(
  store: Pick<Store, 'get' | 'put'>,
  clock: Clock,
  log: Log,
  damaged: boolean,
): Promise<readonly Notice[]> {
  if (damaged) {
    const atWallMs = Math.floor(clock.wallMs());
    try {
      await store.put('settings', recordKey, encode({ v: 1, atWallMs }));
    } catch (error) {
      log.warn(`that data were lost will be forgotten: ${messageOf(error)}`);
    }
    return [noticeOf(atWallMs)];
  }
  const stored = await store.get('settings', recordKey);
  if (stored === undefined) return [];
  const parsed = parse(lostDataSchema, stored, recordBytesMax);
  if (parsed.ok) return [noticeOf(parsed.value.atWallMs)];
  log.warn(`when data were lost cannot be read: ${parsed.refusal.text}`);
  return [];
}

function noticeOf(atWallMs: number): Notice {
  return {
    key: `data-damaged-${atWallMs}`,
    tone: 'problem',
    text: 'The browser found its data for PeerPrint damaged and threw them away, so this browser has begun anew.',
    advice:
      'What other peers hold is still there. Open a link of the queue to come back to it, take this browser’s old entry out under Peers, and connect its printers again. If the others cannot let anybody in without it, one of them can go on from its copy.',
  };
}
