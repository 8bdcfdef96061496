import {
  type FileId,
  type JobId,
  type PeerId,
  type PrintId,
  type PrinterId,
  type QueueId,
  type Result,
  type SetId,
  hex,
  ok,
  publicKeyOf,
  refuse,
} from '../base/index.ts';
import { type Command, type Role, grants, roles } from '../queue/index.ts';
import {
  type Link,
  encodeLink,
  linkPeersMax,
  linkRelaysMax,
  nameCharsMax,
  parseLink,
} from '../registry/index.ts';
import type {
  Diagnostics,
  FileProgress,
  FileView,
  JobChange,
  LinkPreview,
  LinkRole,
  NewJob,
  PrinterChange,
  Settled,
  ShareLink,
} from './api.ts';
import { diagnosticsOf } from './diagnosing.ts';
import { takeIn } from './file-intake.ts';
import { peerNameCharsMax } from './identity.ts';
import { joinPatienceMs, linkLifeMsMax } from './limits.ts';
import type { Peer } from './peer.ts';
import { printerCommand } from './printer-command.ts';
import type { Joining } from './joins.ts';
import type { JoinTarget } from './joining.ts';
import type { QueueHost } from './queue-host.ts';

/** What the pages ask for, carried out by the peer. One method per call of `PeerPrintClient`. */
export class Service {
  readonly #peer: Peer;
  readonly #viewOfFile: (host: QueueHost, file: FileId) => FileView | undefined;

  constructor(peer: Peer, viewOfFile: (host: QueueHost, file: FileId) => FileView | undefined) {
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
      if (!/^\/(ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d+\/(ws|wss|tls\/ws)\/p2p\/\w+$/.test(address)) {
        return refuse(
          'relay-address',
          `“${address.slice(0, 60)}” is no relay address. The relay prints it when it starts: it looks like /dns4/relay.example/tcp/443/wss/p2p/12D3…`,
        );
      }
    }
    this.#peer.setOwnRelays(addresses);
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
    const { queue, name, role, relays, expiresWallMs } = parsed.value;
    return ok({ queue, name, role, relays, expiresWallMs, known: this.#peer.hosts.has(queue) });
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

  async leaveQueue(queue: QueueId): Promise<Result<undefined>> {
    await this.#peer.leave(queue);
    return ok(undefined);
  }

  async makeLink(
    queue: QueueId,
    options: { readonly role: LinkRole; readonly lifeMs: number; readonly origin: string },
  ): Promise<Result<ShareLink>> {
    const host = this.#host(queue);
    if (host === undefined) return unknownQueue;
    const { random, clock, wire } = this.#peer.ports;
    const lifeMs = Math.min(Math.max(60_000, Math.floor(options.lifeMs)), linkLifeMsMax);
    const id = random.bytes(16);
    const seed = random.bytes(32);
    const grant = grants[options.role];
    const settled = await host.submit(
      {
        type: 'invite',
        invitation: hex(id),
        publicKey: publicKeyOf(seed),
        role: grant.role,
        voter: grant.voter,
        lifeMs,
        usesMax: linkUsesMax,
      },
      options.role === 'trusted' ? 'Invite trusted peers' : 'Invite guests',
    );
    if (settled.kind === 'refused') return refuse(settled.refusal.code, settled.refusal.text);
    if (settled.kind === 'unknown') return refuse('unknown', settled.text);
    const relays = [
      ...new Set([
        ...wire
          .relays()
          .filter((relay) => relay.state === 'connected')
          .map((relay) => relay.address),
        ...host.state.head.relays,
      ]),
    ]
      .filter((address) => !host.state.head.lan || isLocal(address))
      .sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
    const me = this.#peer.identity.peer;
    const voters = [...host.state.members.values()].filter((member) => member.voter && member.peer !== me);
    const link: Link = {
      queue,
      name: host.state.head.name.slice(0, nameCharsMax),
      role: options.role,
      invitation: { id, seed },
      expiresWallMs: Math.floor(clock.wallMs()) + lifeMs,
      rendezvous: host.state.head.lan ? undefined : host.state.head.rendezvous,
      relays: relays.slice(0, linkRelaysMax),
      peers: [me, ...voters.map((member) => member.peer)].slice(0, linkPeersMax),
    };
    this.#tellRelays(host, relays);
    const text = encodeLink(link);
    return ok({
      url: `${options.origin}/join#${text}`,
      text,
      role: options.role,
      expiresWallMs: link.expiresWallMs,
    });
  }

  async addFile(
    queue: QueueId,
    file: File,
    onProgress: (progress: FileProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<FileView>> {
    const host = this.#host(queue);
    if (host === undefined) return unknownQueue;
    const taken = await takeIn(
      this.#peer.files.store,
      file,
      (doneBytes) => onProgress({ doneBytes, totalBytes: file.size }),
      signal,
    );
    if (!taken.ok) return taken;
    const { file: id, name, size, meta } = taken.value;
    if (!host.state.files.has(id)) {
      const settled = await host.submit({ type: 'add-file', file: id, name, size, meta }, `Add ${name}`);
      if (settled.kind === 'refused') return refuse(settled.refusal.code, settled.refusal.text);
      if (settled.kind === 'unknown') return refuse('unknown', settled.text);
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

  addJob(queue: QueueId, job: NewJob): Promise<Settled> {
    const { random, clock } = this.#peer.ports;
    const id = hex(random.bytes(10)) as JobId;
    return this.#submit(
      queue,
      {
        type: 'add-job',
        job: id,
        name: job.name.trim() === '' ? 'Untitled' : job.name.trim(),
        copies: job.copies,
        draft: job.draft,
        keepTogether: false,
        notes: job.notes,
        wallMs: Math.floor(clock.wallMs()),
        sets: job.sets.map((set) => ({
          set: hex(random.bytes(10)) as SetId,
          file: set.file,
          count: set.count,
          requirements: {},
        })),
      },
      `Add job ${job.name}`,
    );
  }

  changeJob(queue: QueueId, job: JobId, change: JobChange): Promise<Settled> {
    return this.#submit(queue, { type: 'edit-job', job, ...change }, 'Change a job');
  }

  moveJob(queue: QueueId, job: JobId, after: JobId | null): Promise<Settled> {
    return this.#submit(queue, { type: 'move-job', job, after }, 'Move a job');
  }

  deleteJob(queue: QueueId, job: JobId): Promise<Settled> {
    return this.#submit(queue, { type: 'delete-job', job }, 'Delete a job');
  }

  setBed(
    queue: QueueId,
    printer: PrinterId,
    bed: 'clear' | 'occupied',
    verdict?: 'good' | 'failed',
  ): Promise<Settled> {
    const print = this.#host(queue)?.state.printers.get(printer)?.bedPrint;
    return this.#submit(
      queue,
      {
        type: 'set-bed',
        printer,
        bed,
        ...(verdict === undefined || print === undefined ? {} : { print, verdict }),
      },
      'Bed is clear',
    );
  }

  enablePrinter(queue: QueueId, printer: PrinterId, enabled: boolean): Promise<Settled> {
    return this.changePrinter(queue, printer, { enabled });
  }

  renamePrinter(queue: QueueId, printer: PrinterId, name: string): Promise<Settled> {
    return this.changePrinter(queue, printer, { name });
  }

  changePrinter(queue: QueueId, printer: PrinterId, change: PrinterChange): Promise<Settled> {
    const known = this.#host(queue)?.state.printers.get(printer);
    if (known === undefined) {
      return Promise.resolve({
        kind: 'refused',
        refusal: { code: 'printer-not-found', text: 'This queue does not know the printer any more.' },
      });
    }
    return this.#submit(queue, printerCommand(known, change), 'Change a printer');
  }

  resumePrinter(queue: QueueId, printer: PrinterId): Promise<Settled> {
    return this.#submit(queue, { type: 'resume-printer', printer }, 'Let a printer go on');
  }

  cancelPrint(queue: QueueId, print: PrintId, reason: string): Promise<Settled> {
    const said = reason.trim();
    return this.#submit(
      queue,
      { type: 'cancel-print', print, ...(said === '' ? {} : { reason: said }) },
      'Cancel a print',
    );
  }

  resolvePrint(queue: QueueId, print: PrintId, verdict: 'good' | 'failed' | 'lost'): Promise<Settled> {
    return this.#submit(
      queue,
      { type: 'resolve', print, verdict: verdict === 'lost' ? 'unknown' : verdict },
      'Decide about a lost print',
    );
  }

  setMember(queue: QueueId, peer: PeerId, role: string): Promise<Settled> {
    // The pages speak of trusted peers and guests; other software may name a role of the queue.
    if (role === 'trusted' || role === 'guest') {
      return this.#submit(queue, { type: 'set-member', peer, ...grants[role] }, 'Change a role');
    }
    const known = roles.find((each): each is Role => each === role);
    if (known === undefined) {
      return Promise.resolve({
        kind: 'refused',
        refusal: { code: 'unknown-role', text: `There is no role “${role}”.` },
      });
    }
    return this.#submit(queue, { type: 'set-member', peer, role: known }, 'Change a role');
  }

  removeMember(queue: QueueId, peer: PeerId): Promise<Settled> {
    return this.#submit(queue, { type: 'remove-member', peer }, 'Remove a peer');
  }

  renameQueue(queue: QueueId, name: string): Promise<Settled> {
    return this.#submit(queue, { type: 'rename-queue', name: name.trim() }, 'Rename the queue');
  }

  diagnostics(): Promise<Diagnostics> {
    return diagnosticsOf(this.#peer);
  }

  #submit(queue: QueueId, command: Command, text: string): Promise<Settled> {
    const host = this.#host(queue);
    if (host === undefined) return Promise.resolve({ kind: 'refused', refusal: unknownQueue.refusal });
    return host.submit(command, text);
  }

  #host(queue: QueueId): QueueHost | undefined {
    return this.#peer.hosts.get(queue);
  }

  /** Members reach each other through the relays that the queue knows: a link's maker adds those they use. */
  #tellRelays(host: QueueHost, relays: readonly string[]): void {
    const known = new Set(host.state.head.relays);
    if (relays.every((relay) => known.has(relay))) return;
    const addresses = [...new Set([...host.state.head.relays, ...relays])].slice(0, queueRelaysMax);
    void host.submit({ type: 'set-relays', addresses }, 'Tell the queue’s relays');
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

/** Joins by one link: a whole maker space may scan one QR code. */
const linkUsesMax = 100;
/** Relays that a queue is told of by link makers. */
const queueRelaysMax = 8;

const unknownQueue = refuse(
  'queue-not-found',
  'This queue is not open in this browser. Open its link again.',
);

/** Addresses that do not lead out of the room: loopback, private ranges, link-local, `.local` names. */
function isLocal(address: string): boolean {
  return (
    isLoopback(address) ||
    /^\/ip4\/(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(address) ||
    /^\/ip6\/f[cde]/i.test(address) ||
    /^\/dns[46]?\/[^/]+\.local\//.test(address)
  );
}

function isLoopback(address: string): boolean {
  return /^\/(dns4?|dns6)\/localhost\/|^\/ip4\/127\.|^\/ip6\/::1\//.test(address);
}
