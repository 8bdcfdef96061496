import type { Remedy } from '../api.ts';
import type { Word } from '../wire-shapes.ts';

/** Reasons for which a replica has stopped, and which a restart does not heal: kept on disk until the person, or the app, has acted. */
export const haltCodes = ['lost-data', 'contradicted', 'superseded', 'removed', 'continued'] as const;
export type HaltCode = (typeof haltCodes)[number];

export function isHalt(code: string): code is HaltCode {
  return (haltCodes as readonly string[]).includes(code);
}

export const lostDataText =
  'This browser’s storage has lost changes that it had confirmed. It does not vote any more; it is joining again as new and copies the queue from the others.';

export const wordTexts: Readonly<Record<Word, string>> = {
  'lost-data': lostDataText,
  superseded:
    'Another copy of this browser’s profile takes part in this queue and is newer than this one. This copy has stopped, so that nothing counts twice. Go on there, or join again as new here.',
  removed:
    'This browser was taken out of the queue. What it has can still be read; ask for a new link to come back.',
};

export const contradictedText =
  'The others agreed on something else where this browser knows of changes that had been agreed on. Some browser has lost its newest data, most likely because an older copy of its profile was put back. This one has stopped and keeps what it has, so that nothing is lost: compare both, then go on from this copy, or join again as new to take over what the others have.';

/** What a person can do about a queue that has stopped here. */
export function remedyFor(code: string): Remedy {
  switch (code) {
    case 'lost-data':
    case 'contradicted':
    case 'superseded':
    case 'corrupt':
    case 'absent':
      return 'rejoin';
    case 'removed':
    case 'continued':
      return 'leave';
    case 'unknown-format':
    case 'rules-version':
      return 'update';
    default:
      return undefined;
  }
}
