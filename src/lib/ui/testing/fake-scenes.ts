import type { Refusal } from '../../base/result.ts';
import { systemClock } from '../../base/clock.ts';
import type { QueueId } from '../../base/ids.ts';
import type { Alert, AppView, QueueView } from '../../peer/api.ts';
import { fakeLarge } from './fake-lists.ts';
import { fakeEmpty, fakeFarm } from './fake-views.ts';

/** What a browser says to a page from another machine without https. */
export const insecure: Refusal = {
  code: 'insecure-context',
  text: 'This page came over plain http from another machine, and browsers keep storage locks, printers and keys from such pages. Open it over https, or run “npm start” on this computer and paste the link there.',
};

/**
 * A peer that is only pretended, to look at the pages and to test them without a network. `scene` picks what is
 * shown: first, alone, two, farm, asks, many, away, refuse, unknown, slow, done, gone, insecure, guest, viewer, stopped, heir, alerts.
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
    case 'asks':
      return {
        ...farm,
        jobs: farm.jobs.map((job, at) =>
          at === 1
            ? {
                ...job,
                mine: true,
                remaining: 1,
                onHold: 1,
                sets: job.sets.map((set) => ({ ...set, remaining: 1, onHold: [1] })),
              }
            : job,
        ),
        printers: farm.printers.map((printer, at) => {
          if (at !== 0) return printer;
          const { name } = printer;
          return {
            ...printer,
            model: undefined,
            nozzleMm: undefined,
            print: undefined,
            bed: 'clear',
            coming: { kind: 'wait', because: { code: 'undescribed', printer: name } },
            next: `Nobody said what ${name} is. Say its model or its size, then it takes prints.`,
          };
        }),
      };
    case 'away':
      return {
        ...farm,
        condition: 'waiting',
        text: 'Two of three trusted peers are away. You can read everything; changes wait for one of them.',
        leader: undefined,
        pending: [{ text: 'Add “Calibration cube”, 2 copies', sinceMs: systemClock.wallMs() - 40_000 }],
      };
    case 'guest':
    case 'viewer': {
      const viewer = scene === 'viewer';
      return {
        ...farm,
        myRole: viewer ? 'viewer' : 'submitter',
        mayAdminister: false,
        maySubmit: !viewer,
        mayPrint: false,
        jobs: viewer ? [] : farm.jobs,
        printers: viewer ? [] : farm.printers.map((printer) => ({ ...printer, mine: false })),
        peers: farm.peers.map((peer) =>
          peer.self
            ? { ...peer, role: viewer ? 'viewer' : 'submitter', part: 'listener', leads: false }
            : peer,
        ),
      };
    }
    case 'stopped':
      return {
        ...farm,
        condition: 'stopped',
        text: 'The other peers know more of this queue than this browser has: some of its data was lost. It reads on, and takes no part.',
        remedy: 'rejoin',
      };
    case 'heir':
      return {
        ...farm,
        condition: 'waiting',
        text: 'Two of three trusted peers are away. You can read everything; changes wait for one of them.',
        leader: undefined,
        mayGoOn: true,
        keptBehind: 2,
        heirs: [
          {
            queue: 'bafyreiheir' as QueueId,
            name: 'Workshop, again',
            byName: 'Cleo',
            mine: false,
            joined: false,
            link: 'https://example.org/join#abc',
          },
        ],
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

/** What the printers of a scene want of a person. */
export function alertsOf(scene: string, { queue, name, printers }: QueueView): AppView['alerts'] {
  if (scene !== 'alerts') return [];
  const causes: readonly (readonly [Alert['cause'], string])[] = [
    [{ kind: 'question', ask: { code: 'no-filament' } }, 'is out of filament.'],
    [{ kind: 'lost', job: 'Gearbox' }, 'lost contact in the middle of a print.'],
    [
      { kind: 'stopped', stop: { code: 'sets-failed', sets: 2 } },
      'was stopped: two different prints failed in a row.',
    ],
    [{ kind: 'bed', bed: 'occupied' }, 'has a print on its bed.'],
  ];
  return causes.flatMap(([cause, text], at) => {
    const { kind } = cause;
    const printer = printers[at];
    if (printer === undefined) return [];
    return {
      key: `${kind} ${printer.printer}`,
      queue,
      queueName: name,
      printer: printer.printer,
      printerName: printer.name,
      mine: printer.mine,
      kind,
      cause,
      text: `${printer.name} ${text}`,
    };
  });
}
