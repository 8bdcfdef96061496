import {
  type FileId,
  type PrintId,
  type PrinterId,
  type QueueId,
  type Result,
  delay,
  ok,
  refuse,
} from '../../base/index.ts';
import type { Command } from '../../queue/index.ts';
import { nameCharsMax, parseLink } from '../../registry/index.ts';
import { bedWord } from '../../schedule/index.ts';
import type { Diagnostics, FileProgress, LinkPreview, PrinterChange } from '../api.ts';
import { diagnosticsOf } from './diagnosing.ts';
import { takeIn } from '../files/file-intake.ts';
import { peerNameCharsMax } from '../identity.ts';
import { joinPatienceMs, ownRelaysMax, relayCharsMax } from '../limits.ts';
import type { Peer } from '../peer.ts';
import { forgetPrint, keptStandings } from '../printing/print-journal.ts';
import type { LeftPrint } from '../printer-api.ts';
import { printerCommand } from '../printing/printer-command.ts';
import type { Joining } from '../members/joins.ts';
import { sayGoodbye } from '../members/leaving.ts';
import type { JoinTarget } from '../members/joining.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { QueueService } from './queue-service.ts';
import type { FileFacts, SettledFacts } from '../view-facts.ts';
import { notKnownTexts, worded } from '../../words/index.ts';

/** What the pages ask for, carried out by the peer. One method per call of `PeerPrintClient`. */
export class Service extends QueueService {
  readonly #peer: Peer;
  readonly #viewOfFile: (host: QueueHost, file: FileId) => FileFacts | undefined;

  constructor(peer: Peer, viewOfFile: (host: QueueHost, file: FileId) => FileFacts | undefined) {
    super(peer);
    this.#peer = peer;
    this.#viewOfFile = viewOfFile;
  }

  async setName(name: string): Promise<Result<undefined>> {
    const trimmed = name.trim().slice(0, peerNameCharsMax);
    if (trimmed === '') return refuse('name-missing', 'A name needs at least one letter.');
    await this.#peer.setName(trimmed);
    return ok(undefined);
  }

  async setRelays(addresses: readonly string[]): Promise<Result<undefined>> {
    for (const address of addresses) {
      if (address.length > relayCharsMax)
        return refuse(
          'relay-address',
          `“${address.slice(0, 60)}…” is longer than the ${relayCharsMax} characters that an address of a relay may have. Copy it again from the relay.`,
        );
      if (!/^\/(ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d+\/(ws|wss|tls\/ws)\/p2p\/\w+$/.test(address)) {
        return refuse(
          'relay-address',
          `“${address.slice(0, 60)}” is no relay address. The relay prints it when it starts: it looks like /dns4/relay.example/tcp/443/wss/p2p/12D3…`,
        );
      }
    }
    if (addresses.length > ownRelaysMax)
      return refuse(
        'too-many-relays',
        `At most ${ownRelaysMax} relays can be listed. Take one out to add another.`,
      );
    await this.#peer.relays.choose(addresses);
    return ok(undefined);
  }

  async createQueue(options: { readonly name: string; readonly lan: boolean }): Promise<Result<QueueId>> {
    const name = options.name.trim().slice(0, nameCharsMax);
    if (name === '') return refuse('name-missing', 'Give the queue a name, so that others know it.');
    return this.#peer.createQueue(name, options.lan);
  }

  async previewLink(text: string): Promise<Result<LinkPreview>> {
    const parsed = parseLink(text, this.#peer.ports.clock.wallMs());
    if (!parsed.ok) return parsed;
    const { queue, name, role, voter, relays, expiresWallMs } = parsed.value;
    return ok({ queue, name, role, voter, relays, expiresWallMs, known: this.#peer.hosts.has(queue) });
  }

  async joinQueue(text: string): Promise<Result<QueueId>> {
    const begun = await this.#peer.join(text);
    if (!begun.ok) return begun;
    if (typeof begun.value === 'string') return ok(begun.value);
    return this.#patiently(begun.value);
  }

  async rejoinQueue(queue: QueueId): Promise<Result<QueueId>> {
    const begun = await this.#peer.rejoin(queue, true);
    return begun.ok ? this.#patiently(begun.value) : begun;
  }

  goOnFrom(queue: QueueId): Promise<Result<QueueId>> {
    return this.#peer.goOn(queue);
  }

  /** A person is told when nobody answers; the asking goes on behind that. */
  async #patiently({ join, ended }: Joining): Promise<Result<QueueId>> {
    const late = new Promise<Result<QueueId>>((resolve) => {
      const cancel = this.#peer.ports.clock.after(joinPatienceMs, () =>
        resolve(this.#nobodyAnswers(join.link)),
      );
      ended.then(cancel, cancel);
    });
    return Promise.race([ended, late]);
  }

  async leaveQueue(queue: QueueId, options: { readonly anyway?: boolean } = {}): Promise<Result<undefined>> {
    const host = this.#host(queue);
    if (host !== undefined && options.anyway !== true) {
      const told = await sayGoodbye(this.#peer, host);
      if (!told.ok) return told;
    }
    await this.#peer.leave(queue);
    return ok(undefined);
  }

  async orderQueues(queues: readonly QueueId[]): Promise<Result<undefined>> {
    // Those that this browser is still joining, or cannot open, serve nobody.
    await this.#peer.order.put(queues.filter((queue) => this.#peer.hosts.has(queue)));
    this.#peer.changed(undefined);
    this.#peer.desk.look();
    return ok(undefined);
  }

  async addFile(
    queue: QueueId,
    file: File,
    onProgress: (progress: FileProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<FileFacts>> {
    const host = this.#host(queue);
    if (host === undefined) return unknownQueue;
    const taken = await takeIn(
      this.#peer.files.store,
      file,
      (doneBytes) => onProgress({ doneBytes, totalBytes: file.size }),
      signal,
      () => delay(this.#peer.ports.clock, 0),
    );
    if (!taken.ok) return taken;
    const { file: id, name, size, meta } = taken.value;
    this.#peer.files.keeper.own(id);
    const known = host.state.files.get(id);
    if (known?.size !== size) {
      const settled = await host.submit({ type: 'add-file', file: id, name, size, meta }, `Add ${name}`);
      if (settled.kind === 'refused') return { ok: false, refusal: worded(settled.refusal) };
      if (settled.kind === 'unknown') return refuse('unknown', notKnownTexts[settled.why]);
    }
    const view = this.#viewOfFile(host, id);
    return view === undefined
      ? refuse('file-gone', 'The file was removed from the queue meanwhile.')
      : ok(view);
  }

  async readFile(queue: QueueId, file: FileId): Promise<Result<Blob>> {
    const open =
      this.#host(queue)?.state.files.has(file) === true ? this.#peer.files.store.open(file) : undefined;
    if (open === undefined) {
      return refuse(
        'file-not-here',
        'The whole file is not in this browser yet. It is copied while a peer that has it is here.',
      );
    }
    const parts: BlobPart[] = [];
    for await (const chunk of open.chunks()) parts.push(chunk);
    return ok(new Blob(parts, { type: 'text/x.gcode' }));
  }

  async leftPrints(): Promise<readonly LeftPrint[]> {
    return (await keptStandings(this.#peer.ports.store)).map(
      ({ print, printer, printerName, fileName, wallMs, standing }) => ({
        print,
        printer,
        printerName,
        fileName,
        wallMs,
        standing,
      }),
    );
  }

  async forgetLeftPrint(print: PrintId): Promise<undefined> {
    await forgetPrint(this.#peer.ports.store, print);
    return undefined;
  }

  setBed(
    queue: QueueId,
    printer: PrinterId,
    bed: 'clear' | 'occupied',
    verdict?: 'good' | 'failed',
  ): Promise<SettledFacts> {
    const host = this.#host(queue);
    const record = host?.state.printers.get(printer);
    if (host === undefined || record === undefined) return printerUnknown();
    // What lies there once our own words have arrived: in the night they may be many.
    return this.#submit(queue, bedWord(host.state, record, host.unsettled(), bed, verdict), 'Bed is clear');
  }

  enablePrinter(queue: QueueId, printer: PrinterId, enabled: boolean): Promise<SettledFacts> {
    return this.changePrinter(queue, printer, { enabled });
  }

  renamePrinter(queue: QueueId, printer: PrinterId, name: string): Promise<SettledFacts> {
    return this.changePrinter(queue, printer, { name });
  }

  changePrinter(queue: QueueId, printer: PrinterId, change: PrinterChange): Promise<SettledFacts> {
    const known = this.#host(queue)?.state.printers.get(printer);
    if (known === undefined) return printerUnknown();
    return this.#submit(queue, printerCommand(known, change), 'Change a printer');
  }

  resumePrinter(queue: QueueId, printer: PrinterId): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'resume-printer', printer }, 'Let a printer go on');
  }

  removePrinter(queue: QueueId, printer: PrinterId): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'remove-printer', printer }, 'Remove a printer');
  }

  cancelPrint(queue: QueueId, print: PrintId, reason: string): Promise<SettledFacts> {
    const said = reason.trim();
    return this.#submit(
      queue,
      { type: 'cancel-print', print, ...(said === '' ? {} : { reason: said }) },
      'Cancel a print',
    );
  }

  resolvePrint(queue: QueueId, print: PrintId, verdict: 'good' | 'failed' | 'lost'): Promise<SettledFacts> {
    return this.#submit(
      queue,
      { type: 'resolve', print, verdict: verdict === 'lost' ? 'unknown' : verdict },
      'Decide about a lost print',
    );
  }

  diagnostics(): Promise<Diagnostics> {
    return diagnosticsOf(this.#peer);
  }

  #submit(queue: QueueId, command: Command, text: string): Promise<SettledFacts> {
    const host = this.#host(queue);
    if (host === undefined) return Promise.resolve({ kind: 'refused', refusal: unknownQueue.refusal });
    return host.submit(command, text);
  }

  #host(queue: QueueId): QueueHost | undefined {
    return this.#peer.hosts.get(queue);
  }

  #nobodyAnswers(link: JoinTarget): Result<QueueId> {
    const relays = this.#peer.ports.wire.relays();
    const reached = relays.some((relay) => relay.state === 'connected');
    return reached
      ? refuse(
          'nobody-here',
          `No peer of “${link.name}” answers: all of them are away. Keep this tab open, or come back later; it goes on asking, and you need not open the link again.`,
        )
      : refuse(
          'relay-unreachable',
          `The relay named in this link does not answer (${link.relays[0] ?? 'none is named'}). Check that you are on the same network as the queue’s peers, or that the relay is running; it goes on trying.`,
        );
  }
}

const unknownQueue = refuse(
  'queue-not-found',
  'This queue is not open in this browser. Open its link again.',
);

function printerUnknown(): Promise<SettledFacts> {
  return Promise.resolve({
    kind: 'refused',
    refusal: { code: 'printer-not-found', text: 'This queue does not know the printer any more.' },
  });
}
