import type { Refusal } from '../../base/result.ts';
import { systemClock } from '../../base/clock.ts';
import type { QueueView } from '../../peer/api.ts';
import { fakeLarge } from './fake-lists.ts';
import { fakeEmpty, fakeFarm } from './fake-views.ts';

/** What a browser says to a page from another machine without https. */
export const insecure: Refusal = {
  code: 'insecure-context',
  text: 'This page came over plain http from another machine, and browsers keep storage locks, printers and keys from such pages. Open it over https, or run “npm start” on this computer and paste the link there.',
};

/**
 * A peer that is only pretended, to look at the pages and to test them without a network. `scene` picks what is
 * shown: first, alone, two, farm, many, away, refuse, unknown, slow, done, gone, insecure.
 */
export interface FakeOptions {
  readonly scene: string;
  /** Milliseconds until a command settles. */
  readonly latencyMs: number;
}

/** The queue of a scene; see `FakeOptions`. */
export function queueOf(scene: string): QueueView {
  const farm = fakeFarm();
  switch (scene) {
    case 'alone':
      return fakeEmpty('Kitchen');
    case 'large':
      return fakeLarge(100_000, 1000);
    case 'two':
      return { ...farm, peers: farm.peers.slice(0, 2) };
    case 'away':
      return {
        ...farm,
        condition: 'waiting',
        text: 'Two of three trusted peers are away. You can read everything; changes wait for one of them.',
        leader: undefined,
        pending: [{ text: 'Add “Calibration cube”, 2 copies', sinceMs: systemClock.wallMs() - 40_000 }],
      };
    case 'done':
      return {
        ...farm,
        printers: farm.printers.map((printer) =>
          printer.mine
            ? { ...printer, print: undefined, state: 'ready', text: 'Finished “Visor clips”, copy 3.' }
            : printer,
        ),
        notices: [
          {
            key: 'lost',
            tone: 'warning',
            text: 'Contact with “Mini” was lost in the middle of a print.',
            advice: 'Look at it and say how it went.',
          },
        ],
      };
    default:
      return farm;
  }
}
