import {
  alertText,
  askText,
  comingText,
  deciderText,
  doingText,
  fileText,
  notKnownTexts,
  peerText,
  printText,
  quarantineText,
  reasonText,
  requirementsText,
  setWaitText,
  stopText,
  strategyChoices,
  worded,
} from '../../words/index.ts';
import type {
  Alert,
  AppView,
  FileView,
  JobView,
  ListName,
  PageOf,
  PeerView,
  PrintView,
  PrinterView,
  QueueView,
  SetView,
  Settled,
  StrategyPreview,
} from '../api.ts';
import type {
  AlertFacts,
  AppFacts,
  FileFacts,
  JobFacts,
  PageFacts,
  PeerFacts,
  PreviewFacts,
  PrintFacts,
  PrinterFacts,
  QueueFacts,
  RowFacts,
  SetFacts,
  SettledFacts,
} from '../view-facts.ts';

/** Views with their words: the worker sends facts, and the page that shows them makes the sentences. */

function perhaps<Fact>(fact: Fact | undefined, words: (fact: Fact) => string): string | undefined {
  return fact === undefined ? undefined : words(fact);
}

/** How a command ended. */
export function saidSettled(settled: SettledFacts): Settled {
  if (settled.kind === 'refused') return { ...settled, refusal: worded(settled.refusal) };
  return settled.kind === 'unknown' ? { ...settled, text: notKnownTexts[settled.why] } : settled;
}

export function saidPrint(print: PrintFacts): PrintView {
  return {
    ...print,
    text: printText(print.now),
    reason: perhaps(print.ending, reasonText),
    decidedBy: perhaps(print.decider, deciderText),
  };
}

function saidSet(set: SetFacts): SetView {
  return {
    ...set,
    prints: set.prints.map(saidPrint),
    needs: requirementsText(set.requirements),
    quarantine: perhaps(set.held, quarantineText),
    why: perhaps(set.waits, setWaitText),
  };
}

export function saidJob(job: JobFacts): JobView {
  return { ...job, sets: job.sets.map(saidSet), why: perhaps(job.waits, setWaitText) };
}

export function saidPrinter(printer: PrinterFacts): PrinterView {
  const { state, doing } = printer;
  return {
    ...printer,
    print: printer.print === undefined ? undefined : saidPrint(printer.print),
    text: doing === undefined ? 'Not connected' : doingText({ state, doing }),
    needs: perhaps(printer.asks, askText),
    next: comingText(printer.coming),
    stopped: perhaps(printer.stop, stopText),
  };
}

export function saidPeer(peer: PeerFacts): PeerView {
  return { ...peer, text: peerText(peer) };
}

export function saidFile(file: FileFacts): FileView {
  const isHere = file.hereBytes === file.sizeBytes;
  return { ...file, text: fileText(file.holders.length, isHere) };
}

export function saidAlert(alert: AlertFacts): Alert {
  return { ...alert, text: alertText(alert.printerName, alert.cause) };
}

export function saidApp(app: AppFacts): AppView {
  return { ...app, alerts: app.alerts.map(saidAlert) };
}

export function saidQueue(queue: QueueFacts): QueueView {
  return {
    ...queue,
    jobs: queue.jobs.map(saidJob),
    printers: queue.printers.map(saidPrinter),
    peers: queue.peers.map(saidPeer),
    files: queue.files.map(saidFile),
    history: queue.history.map(saidPrint),
    settings: { ...queue.settings, strategies: strategyChoices },
  };
}

export function saidPreview(preview: PreviewFacts): StrategyPreview {
  return {
    ...preview,
    printers: preview.printers.map((printer) => {
      const { name, coming } = printer;
      const text = comingText(coming, false);
      return { ...printer, text: coming.kind === 'claim' ? `Next on ${name}: ${text}` : text };
    }),
  };
}

const rows: { readonly [Name in ListName]: (row: RowFacts[Name]) => PageOf<Name>['items'][number] } = {
  jobs: saidJob,
  printers: saidPrinter,
  history: saidPrint,
  people: saidPeer,
  files: saidFile,
};

/** A window of a list. */
export function saidPage<Name extends ListName>(list: Name, page: PageFacts<Name>): PageOf<Name> {
  const said: (row: RowFacts[Name]) => PageOf<Name>['items'][number] = rows[list];
  return { ...page, items: page.items.map(said) } as PageOf<Name>;
}
