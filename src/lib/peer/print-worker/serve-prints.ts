import { type Clock, type Log, type PrintId, type PrinterId, unreachable } from '../../base/index.ts';
import { openStoredFile } from '../../files/index.ts';
import type { OpenLink, PrinterEvent, PrinterRequest } from '../../printer/port.ts';
import { WorkerHost } from '../../printer/index.ts';
import type { Store } from '../../storage/port.ts';
import type { PeerToPrinter } from '../messages.ts';
import type { BedClearingPlan } from '../printer-api.ts';
import { JobRunner } from './job-runner.ts';

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

export type PageToPrinter = PrintWorkerStart | PrintWorkerSetting | PrinterRequest;

/** The part of a dedicated worker's scope that is used: the way to the page that started it. */
export interface PrintScope {
  postMessage(event: PrinterEvent): void;
  addEventListener(type: 'message', listener: (event: { readonly data: PageToPrinter }) => void): void;
}

export interface PrintPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Promise<Store>;
  readonly openLink: OpenLink;
}

/**
 * One printer on this tab: its machine (`WorkerHost`), its prints (`stepJob`), the page and the peer, each wired to the others. It
 * reads the file itself and needs the peer for the start and for the report only. What was begun goes on when everything else is gone.
 */
export function servePrints(scope: PrintScope, { clock, log, store, openLink }: PrintPorts): void {
  const requests: ((message: { readonly data: PrinterRequest }) => void)[] = [];
  const questions = new Map<PrintId, (go: boolean) => void>();
  let peer: MessagePort | undefined;

  const give = (request: PrinterRequest) => {
    for (const listener of requests) listener({ data: request });
  };
  const runner = new JobRunner({
    clock,
    log,
    store: () => store,
    tell: (message) => peer?.postMessage(message),
    request: give,
    answer: (print, go) => {
      questions.get(print)?.(go);
      questions.delete(print);
    },
  });

  new WorkerHost({
    port: {
      postMessage(event) {
        scope.postMessage(event);
        hear(runner, event);
      },
      addEventListener(_type, listener) {
        requests.push(listener);
      },
    },
    clock,
    log,
    openLink,
    openFile: async (file) => openStoredFile(await store, file),
    askStart: (print) =>
      new Promise((resolve) => {
        // A question that is still open is answered: nobody may wait for ever.
        questions.get(print)?.(false);
        questions.set(print, resolve);
        runner.take({ on: 'asked', print });
      }),
  });

  const attach = (message: PrintWorkerStart) => {
    peer?.close();
    const now = message.peer;
    peer = now;
    now.addEventListener('message', (event: MessageEvent<PeerToPrinter>) => {
      if (peer === now) runner.take({ on: 'message', message: event.data });
    });
    now.start();
    const { printer, name, virtual } = message;
    runner.take({ on: 'peer-there', printer, name, virtual });
  };

  scope.addEventListener('message', ({ data }) => {
    if (data.type === 'start') attach(data);
    else if (data.type === 'clearing') runner.take({ on: 'plan', plan: data.plan });
    else {
      if (data.type === 'clear-bed') runner.take({ on: 'person-clears', request: data.id });
      give(data);
    }
  });
}

/** What the machine says, as the prints' events. */
function hear(runner: JobRunner, event: PrinterEvent): void {
  switch (event.type) {
    case 'status':
      return runner.take({ on: 'status', status: event.status });
    case 'outcome':
      return runner.take({ on: 'ended', print: event.printId, outcome: event.outcome });
    case 'reply':
      return runner.take({ on: 'replied', request: event.id, refusal: event.refusal });
    case 'terminal':
      return;
    default:
      unreachable(event);
  }
}
