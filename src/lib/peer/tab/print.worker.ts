import {
  type PrintId,
  type PrinterId,
  type QueueId,
  RefusalError,
  RingLog,
  ok,
  messageOf,
  refuse,
  systemClock,
} from '../../base/index.ts';
import { openStoredFile } from '../../files/index.ts';
import type { LinkTarget, PrintOutcome, PrinterEvent, PrinterRequest } from '../../printer/port.ts';
import {
  type PrinterPort,
  type SerialPortLike,
  VirtualLink,
  WorkerHost,
  openWebSerial,
} from '../../printer/index.ts';
import { openIndexedDbStore } from '../../storage/index.ts';
import { BedAfterPrints } from './bed-after-prints.ts';
import type { PeerToPrinter, PrinterBusy, PrinterToPeer } from '../messages.ts';
import { PrintDiary } from './print-diary.ts';
import type { BedClearingPlan } from '../printer-api.ts';

/** Who this printer is, and the port to the peer. Comes again, with a new port, when the peer's worker died and another is there. */
export interface PrintWorkerStart {
  readonly type: 'start';
  readonly printer: PrinterId;
  readonly name: string;
  readonly virtual: boolean;
  readonly peer: MessagePort;
}

/** What the page sets besides its requests to the printer's core. */
export interface PrintWorkerSetting {
  readonly type: 'clearing';
  readonly plan: BedClearingPlan;
}

/**
 * The print worker: one printer on this tab. It reads the file itself and needs the peer for the fence and for the report only; what
 * was begun goes on when everything else is gone.
 */
const log = new RingLog(systemClock, 'print');
const store = openIndexedDbStore({ name: 'peerprint', log, clock: systemClock, storage: navigator.storage });
const listeners: ((message: { readonly data: PrinterRequest }) => void)[] = [];
const fences = new Map<PrintId, (go: boolean) => void>();
/** Prints asked for by the peer, by the id of our request to the core. */
const asked = new Map<number, PrintId>();
const queues = new Map<PrintId, QueueId>();
const diary = new PrintDiary(store, systemClock, (error) =>
  log.warn(`where the print stands could not be written down: ${messageOf(error)}`),
);
/** How prints ended that no peer has taken into its outbox yet. */
const unreported = new Map<PrintId, PrintOutcome>();
let peer: MessagePort | undefined;
/** The print that the peer gave us last, until it has ended or was refused. */
let inHand: PrintId | undefined;
/** Past the fence and not ended yet. */
let running: PrintId | undefined;
let nextRequest = -1;

const port: PrinterPort = {
  postMessage(event) {
    postMessage(event);
    tellPeer(event);
  },
  addEventListener(_type, listener) {
    listeners.push(listener);
  },
};

const host = new WorkerHost({
  port,
  clock: systemClock,
  log,
  openLink: async (target: LinkTarget) => {
    if (target.kind === 'virtual') return ok(new VirtualLink(virtualOptions(target), systemClock));
    if (target.kind === 'web-serial') return openWebSerial(await navigator.serial.getPorts(), target);
    if (target.kind === 'web-usb') {
      const { serial } = await import('web-serial-polyfill');
      return openWebSerial((await serial.getPorts()) as readonly SerialPortLike[], target);
    }
    return refuse('no-link', 'This browser cannot open that kind of connection.');
  },
  openFile: async (file) => openStoredFile(await store, file),
  askStart: (print) =>
    new Promise((resolve) => {
      if (peer === undefined) {
        resolve(false);
        return;
      }
      fences.set(print, resolve);
      post({ kind: 'ask-start', print });
    }),
});

const bed = new BedAfterPrints({
  clock: systemClock,
  ask: (request) => {
    const id = nextRequest--;
    give({ ...request, id });
    return id;
  },
  clear: (print) => post({ kind: 'bed-clear', print }),
});

addEventListener('message', (event: MessageEvent<PrintWorkerStart | PrintWorkerSetting | PrinterRequest>) => {
  const message = event.data;
  if (message.type === 'start') start(message);
  else if (message.type === 'clearing') bed.plan = message.plan;
  else {
    if (message.type === 'clear-bed') bed.byPerson(message.id);
    give(message);
  }
});

function start(message: PrintWorkerStart): void {
  peer?.close();
  const now = message.peer;
  peer = now;
  now.addEventListener('message', (event: MessageEvent<PeerToPrinter>) => {
    if (peer === now) obey(event.data);
  });
  now.start();
  const { printer, name, virtual } = message;
  diary.attached(printer, name);
  post({ kind: 'attach', printer, name, virtual, busy: busy() });
  for (const [print, outcome] of unreported) post({ kind: 'outcome', print, outcome });
  post({ kind: 'status', status: host.status() });
  for (const print of fences.keys()) post({ kind: 'ask-start', print });
}

/** What is in hand, for a peer that has not seen it begin. */
function busy(): PrinterBusy | undefined {
  const queue = inHand === undefined ? undefined : queues.get(inHand);
  if (inHand === undefined || queue === undefined) return undefined;
  return { queue, print: inHand, stage: inHand === running ? 'running' : 'waiting' };
}

function obey(message: PeerToPrinter): void {
  switch (message.kind) {
    case 'print': {
      const id = nextRequest--;
      asked.set(id, message.print);
      queues.set(message.print, message.queue);
      diary.given(message.print, message.queue);
      inHand = message.print;
      give({
        type: 'print',
        id,
        printId: message.print,
        fileId: message.file,
        fileName: message.fileName,
        ...(message.estimateSeconds === undefined ? {} : { estimateSeconds: message.estimateSeconds }),
        ...(message.sizeMm === undefined ? {} : { sizeMm: message.sizeMm }),
      });
      break;
    }
    case 'fence':
      if (fences.has(message.print)) run(answerFence(message.print, message.go));
      break;
    case 'cancel':
      if (inHand === message.print) give({ type: 'cancel', id: nextRequest-- });
      break;
    case 'outcome-kept':
      bed.reported(message.print);
      run(forget(message.print));
      break;
  }
}

function tellPeer(event: PrinterEvent): void {
  if (event.type === 'status') {
    post({ kind: 'status', status: event.status });
    diary.note(event.status);
  } else if (event.type === 'outcome') {
    run(report(event.printId, event.outcome));
  } else if (event.type === 'reply') {
    bed.replied(event.id, event.refusal === undefined);
    const print = asked.get(event.id);
    asked.delete(event.id);
    if (print !== undefined && event.refusal !== undefined) {
      queues.delete(print);
      letGo(print);
      run(diary.dropped(print));
      post({ kind: 'refused', print, ...event.refusal });
    }
  }
}

/** On disk first, then told: whichever worker dies now, the outcome is not lost. What no disk takes is told at once. */
async function report(print: PrintId, outcome: PrintOutcome): Promise<void> {
  letGo(print);
  unreported.set(print, outcome);
  bed.ended(print, outcome);
  await diary.ended(print, outcome).catch((error: unknown) => {
    log.error(`how a print ended is not in the journal: ${messageOf(error)}`);
  });
  post({ kind: 'outcome', print, outcome });
}

/** That the machine may be hot from now on is on disk before it is. */
async function answerFence(print: PrintId, go: boolean): Promise<void> {
  if (go) {
    running = print;
    await diary.opened(print, host.status());
  }
  fences.get(print)?.(go);
  fences.delete(print);
}

function letGo(print: PrintId): void {
  if (inHand === print) inHand = undefined;
  if (running === print) running = undefined;
}

async function forget(print: PrintId): Promise<void> {
  queues.delete(print);
  unreported.delete(print);
  await diary.reported(print);
}

function give(request: PrinterRequest): void {
  for (const listener of listeners) listener({ data: request });
}

function post(message: PrinterToPeer): void {
  peer?.postMessage(message);
}

function run(work: Promise<void>): void {
  work.catch((error: unknown) => {
    log.error(error instanceof RefusalError ? error.message : messageOf(error));
  });
}

function virtualOptions(target: Extract<LinkTarget, { kind: 'virtual' }>) {
  const { speed, name, seed } = target;
  return { speed, ...(name === undefined ? {} : { name }), ...(seed === undefined ? {} : { seed }) };
}
