import type { FileId, JobId, PrintId, PrinterId, QueueId, SetId } from '../../base/ids.ts';
import { systemClock } from '../../base/clock.ts';
import type {
  AppView,
  FileView,
  JobView,
  PrintView,
  PrinterView,
  QueueView,
  SetView,
} from '../../peer/api.ts';

import { ada, ben, cleo, fakeSettings, noCounts, peers } from './fake-people.ts';

export { ada };

/** Believable views for tests and for looking at the pages. Ids are plain words here: nothing reads into them. */

export const workshop = 'bafyreiworkshop' as QueueId;

const minute = 60_000;
/** An eight by eight picture, so that one file has a thumbnail. */
const thumbnail =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#c9d3cb" d="M32 8 54 20v24L32 56 10 44V20z"/><path fill="#9fb0a4" d="M32 32v24l22-12V20z"/><path fill="#b5c3b9" d="M32 32v24L10 44V20z"/></svg>',
  );

function file(name: string, part: Partial<FileView>): FileView {
  return {
    file: `bafkrei-${name}` as FileId,
    name,
    sizeBytes: 1_000_000,
    hereBytes: part.sizeBytes ?? 1_000_000,
    holders: [ada, ben, cleo],
    transferring: false,
    slicer: 'PrusaSlicer 2.9',
    printSeconds: 3600,
    filamentGrams: 12.4,
    material: 'PLA',
    printerModel: undefined,
    nozzleMm: 0.4,
    thumbnail: undefined,
    text: 'Safe: on 3 peers.',
    ...part,
  };
}

export const files: readonly FileView[] = [
  file('cube-pla-mk3s.gcode', {
    sizeBytes: 214_300,
    printSeconds: 1020,
    filamentGrams: 4.1,
    printerModel: 'MK3S',
    thumbnail,
  }),
  file('visor-clip-petg-ender3.gcode', {
    sizeBytes: 1_840_000,
    printSeconds: 6700,
    filamentGrams: 18.2,
    material: 'PETG',
    printerModel: 'Ender-3',
    slicer: 'OrcaSlicer 2.3',
  }),
  file('gear-petg-ender3.gcode', {
    sizeBytes: 4_120_000,
    hereBytes: 1_730_000,
    transferring: true,
    holders: [ben],
    printSeconds: 9300,
    filamentGrams: 31,
    material: 'PETG',
    text: 'Only on Ben’s laptop so far. Copying to this browser.',
  }),
  file('lamp_shade_v3_final_0.6n_0.3mm_PLA_MK4_with_a_long_name.gcode', {
    sizeBytes: 38_700_000,
    printSeconds: 43_000,
    filamentGrams: 212,
    nozzleMm: 0.6,
    holders: [ada],
    text: 'Only here. Keep this browser open until another peer has it.',
  }),
];

function print(part: Partial<PrintView> & Pick<PrintView, 'print' | 'jobName' | 'printerName'>): PrintView {
  return {
    job: 'job-clips' as JobId,
    set: 'set-clips' as SetId,
    fileName: 'visor-clip-petg-ender3.gcode',
    copy: 1,
    printer: 'printer-left' as PrinterId,
    peer: ada,
    phase: 'ended',
    outcome: 'good',
    ending: undefined,
    reason: undefined,
    progress: undefined,
    secondsLeft: undefined,
    now: { code: 'ended', outcome: 'good' },
    text: 'finished',
    startedWallMs: undefined,
    endedWallMs: undefined,
    seconds: undefined,
    filamentMm: undefined,
    material: 'PETG',
    submitterName: 'Ada',
    peerName: 'Ada',
    decider: undefined,
    decidedBy: undefined,
    surplus: false,
    imported: false,
    lines: undefined,
    resends: undefined,
    ...part,
  };
}

export function livePrint(progress: number): PrintView {
  return print({
    print: 'print-3' as PrintId,
    jobName: 'Visor clips for the makerspace',
    printerName: 'Prusa by the window',
    copy: 3,
    phase: 'started',
    outcome: undefined,
    progress,
    secondsLeft: Math.round(6700 * (1 - progress)),
    text: 'Printing.',
    startedWallMs: systemClock.wallMs() - 46 * minute,
  });
}

export function set(name: string, part: Partial<SetView>): SetView {
  return {
    set: `set-${name}` as SetId,
    file: `bafkrei-${name}` as FileId,
    fileName: name,
    count: 1,
    good: 0,
    remaining: 1,
    onHold: [],
    needs: '',
    requirements: {},
    fileNeeds: { materials: [{ family: 'PLA' }], nozzleMm: 0.4 },
    held: undefined,
    quarantine: undefined,
    prints: [],
    waits: undefined,
    why: undefined,
    ...part,
  };
}

export function job(name: string, part: Partial<JobView>): JobView {
  return {
    job: `job-${name}` as JobId,
    name,
    notes: '',
    draft: false,
    copies: 1,
    keepTogether: false,
    boundTo: undefined,
    dueWallMs: undefined,
    place: 0,
    after: null,
    owner: ada,
    ownerName: 'Ada',
    mine: true,
    good: 0,
    printing: 0,
    remaining: 1,
    onHold: 0,
    sets: [],
    waits: undefined,
    why: undefined,
    done: false,
    ...part,
  };
}

const heating = print({
  print: 'print-4' as PrintId,
  jobName: 'Visor clips for the makerspace',
  printerName: 'Ender, back room',
  printer: 'printer-ender' as PrinterId,
  peer: ben,
  copy: 4,
  phase: 'starting',
  outcome: undefined,
  progress: 0,
  secondsLeft: 6700,
  text: 'Heating the plate: 41 of 70 °C.',
});

function jobs(): readonly JobView[] {
  return [
    job('Visor clips for the makerspace', {
      job: 'job-clips' as JobId,
      notes: 'Black PETG, please.',
      copies: 6,
      good: 2,
      printing: 2,
      remaining: 2,
      sets: [
        set('visor-clip-petg-ender3.gcode', {
          good: 2,
          remaining: 2,
          prints: [livePrint(0.41), heating],
          needs: 'PETG, 0.4 mm',
        }),
      ],
      why: 'Two copies wait: both printers that can take it are printing.',
    }),
    job('Calibration cube', {
      owner: ben,
      ownerName: 'Ben',
      mine: false,
      copies: 2,
      remaining: 2,
      sets: [set('cube-pla-mk3s.gcode', { remaining: 2, needs: 'PLA' })],
      why: 'Next, as soon as the bed of “Prusa by the window” is clear.',
    }),
    job('Gearbox', {
      owner: cleo,
      ownerName: 'Cleo',
      mine: false,
      copies: 1,
      remaining: 5,
      sets: [
        set('gear-petg-ender3.gcode', { count: 4, remaining: 4, why: 'The file is still copying, 42 %.' }),
        set('cube-pla-mk3s.gcode', {
          count: 1,
          remaining: 1,
          quarantine: 'It failed on 2 printers in a row. Look at the file before it is printed again.',
        }),
      ],
      why: 'The file is still copying, 42 %.',
    }),
    job('Lamp shade', {
      draft: true,
      remaining: 1,
      sets: [
        set('lamp_shade_v3_final_0.6n_0.3mm_PLA_MK4_with_a_long_name.gcode', { needs: '0.6 mm nozzle' }),
      ],
      why: 'A draft: it waits until you say so.',
    }),
  ];
}

function printers(): readonly PrinterView[] {
  const common = {
    peer: ada,
    peerName: 'Ada',
    mine: true,
    online: true,
    virtual: false,
    model: 'Prusa MK3S',
    bed: 'occupied',
    enabled: true,
    nozzleMm: 0.4,
    sizeMm: undefined,
    surface: undefined,
    materials: [],
    autoClear: false,
    doing: { code: 'state' },
    asks: undefined,
    needs: undefined,
    coming: { kind: 'wait', because: { code: 'nothing-waits' } },
    stop: undefined,
    stopped: undefined,
  } as const;
  return [
    {
      ...common,
      printer: 'printer-left' as PrinterId,
      name: 'Prusa by the window',
      state: 'printing',
      text: 'Printing.',
      print: livePrint(0.41),
      nozzle: { celsius: 239.6, targetCelsius: 240 },
      plate: { celsius: 70.1, targetCelsius: 70 },
      sizeMm: { x: 250, y: 210, z: 210 },
      surface: undefined,
      materials: [{ family: 'PETG', colour: 'black' }],
      next: 'Calibration cube.',
    },
    {
      ...common,
      printer: 'printer-ender' as PrinterId,
      name: 'Ender, back room',
      peer: ben,
      peerName: 'Ben',
      mine: false,
      model: 'Ender-3',
      state: 'starting',
      text: 'Heating.',
      print: heating,
      nozzle: { celsius: 112, targetCelsius: 240 },
      plate: { celsius: 41, targetCelsius: 70 },
      next: 'another copy of Visor clips.',
    },
    {
      ...common,
      printer: 'printer-mini' as PrinterId,
      name: 'Mini',
      peer: cleo,
      peerName: 'Cleo',
      mine: false,
      online: false,
      model: undefined,
      state: 'disconnected',
      text: 'Not heard of since 10:42.',
      bed: 'unknown',
      print: undefined,
      nozzle: undefined,
      plate: undefined,
      next: 'Nothing: it is away.',
    },
  ];
}

function history(nowMs: number): readonly PrintView[] {
  const ended = (id: string, minutesAgo: number, part: Partial<PrintView>) =>
    print({
      print: id as PrintId,
      jobName: 'Visor clips for the makerspace',
      printerName: 'Prusa by the window',
      endedWallMs: nowMs - minutesAgo * minute,
      startedWallMs: nowMs - (minutesAgo + 111) * minute,
      seconds: 6660,
      filamentMm: 6100,
      lines: 48_210,
      resends: 2,
      ...part,
    });
  return [
    ended('print-2', 52, { copy: 2 }),
    ended('print-1', 175, { copy: 1, printerName: 'Ender, back room' }),
    ended('print-0', 200, {
      copy: 1,
      outcome: 'failed',
      reason: 'It came off the plate.',
      seconds: 1980,
      lines: 9120,
    }),
    ended('print-x', 1500, {
      jobName: 'Bracket',
      fileName: 'bracket.gcode',
      outcome: 'cancelled',
      reason: 'Cancelled by Ben.',
      seconds: 300,
    }),
    ended('print-y', 9000, {
      jobName: 'Bracket',
      fileName: 'bracket.gcode',
      outcome: 'unknown',
      reason: 'Contact was lost and nobody said how it went.',
    }),
  ];
}

/** A busy queue of three trusted peers, one of them away, and a guest. */
export function fakeFarm(): QueueView {
  return {
    queue: workshop,
    name: 'Workshop',
    condition: 'ready',
    remedy: undefined,
    heirs: [],
    continues: undefined,
    mayGoOn: false,
    keptBehind: 0,
    text: 'Saved on every trusted peer that is here.',
    printing: 2,
    waiting: 10,
    myRole: 'owner',
    mayAdminister: true,
    maySubmit: true,
    mayPrint: true,
    leader: ada,
    committed: 214,
    jobs: jobs(),
    printers: printers(),
    peers,
    files,
    history: history(systemClock.wallMs()),
    counts: noCounts,
    settings: fakeSettings,
    notices: [],
    pending: [],
  };
}

/** A queue that was just made: nothing in it, nobody else. */
export function fakeEmpty(name: string): QueueView {
  return {
    ...fakeFarm(),
    name,
    text: 'Saved in this browser.',
    printing: 0,
    waiting: 0,
    committed: 2,
    jobs: [],
    printers: [],
    peers: peers.slice(0, 1),
    files: [],
    history: [],
  };
}

export function fakeApp(): AppView {
  return {
    self: { peer: ada, name: 'Ada' },
    queues: [],
    relays: [
      {
        address: '/dns4/relay.example.org/tcp/443/wss',
        state: 'connected',
        reachable: true,
        text: 'Connected. Others can reach you through it.',
        queues: ['Shields'],
      },
      {
        address: '/ip4/192.168.1.20/tcp/7373/ws',
        state: 'unreachable',
        reachable: false,
        text: 'Does not answer. Tried again every minute.',
        queues: [],
      },
    ],
    storage: { usedBytes: 48_200_000, quotaBytes: 12_400_000_000, persisted: false },
    direct: true,
    alerts: [],
    notices: [],
  };
}
