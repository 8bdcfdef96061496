import type { FileId, JobId, PeerId, PrinterId, PrintId, QueueId, SetId } from '../../base/ids.ts';
import { delay, systemClock } from '../../base/clock.ts';
import { ok } from '../../base/result.ts';
import type { Result } from '../../base/result.ts';
import type {
  HistoryFormat,
  InvitationView,
  JobChange,
  JobPlace,
  JobView,
  ListName,
  ListWatch,
  NewInvitation,
  PageOf,
  PeerPrintClient,
  QueueView,
  Settled,
  SettingsChange,
  WindowOf,
} from '../../peer/api.ts';
import { arranged } from '../order.ts';
import { fakeFigures, fakePage } from './fake-lists.ts';
import type { FakeOptions } from './fake-scenes.ts';
import { queueOf } from './fake-scenes.ts';
import { ada, job } from './fake-views.ts';

/** What a pretended peer answers about its queue. */
export abstract class FakeQueue {
  readonly calls: string[] = [];
  protected readonly options: FakeOptions;
  protected view: QueueView;
  protected readonly listSenders = new Set<() => void>();
  protected count = 0;
  /** How long views come after the answer to a command, as they do from a real peer, in milliseconds. */
  viewsLateMs = 0;
  #asked: readonly InvitationView[] = [];

  constructor(options: FakeOptions) {
    this.options = options;
    this.view = queueOf(options.scene);
  }

  protected abstract emit(): void;
  protected abstract summarise(): void;
  abstract makeLink(
    queue: QueueId,
    options: { readonly role: 'trusted' | 'guest'; readonly lifeMs: number },
  ): ReturnType<PeerPrintClient['makeLink']>;

  watchList<Name extends ListName>(
    _queue: QueueId,
    list: Name,
    window: WindowOf<Name>,
    listener: (page: PageOf<Name>) => void,
  ): ListWatch<Name> {
    let wanted = window;
    const send = () => listener(fakePage(this.view, list, wanted));
    this.listSenders.add(send);
    send();
    return {
      show: (next) => {
        wanted = next;
        send();
      },
      stop: () => this.listSenders.delete(send),
    };
  }

  pictureOf(_queue: QueueId, file: FileId): Promise<string | undefined> {
    return Promise.resolve(this.view.files.find((known) => known.file === file)?.thumbnail);
  }

  printerNames(): ReturnType<PeerPrintClient['printerNames']> {
    return Promise.resolve(this.view.printers.map(({ printer, name, model }) => ({ printer, name, model })));
  }

  figures(): ReturnType<PeerPrintClient['figures']> {
    return Promise.resolve(ok(fakeFigures(this.view)));
  }

  previewStrategies(): ReturnType<PeerPrintClient['previewStrategies']> {
    const [printer] = this.view.printers;
    const printers =
      printer === undefined
        ? []
        : [
            {
              printer: printer.printer,
              name: printer.name,
              coming: printer.coming,
              text: printer.next,
            },
          ];
    return Promise.resolve(
      ok(this.view.settings.strategies.map(({ id: strategy }) => ({ strategy, printers }))),
    );
  }

  census(): ReturnType<PeerPrintClient['census']> {
    const each = { peers: 2, deviation: 0 };
    return Promise.resolve(
      ok({
        peers: 6,
        deviation: 0,
        idle: each,
        busy: each,
        paused: each,
        answers: 5,
        overflowed: false,
      }),
    );
  }

  exportHistory(_queue: QueueId, format: HistoryFormat): Promise<Result<Blob>> {
    this.calls.push(`exportHistory ${format}`);
    return Promise.resolve(
      ok(new Blob([{ csv: 'print,job\r\n', 'totals-csv': 'by,name\r\n', json: '{}' }[format]])),
    );
  }

  invitations(): ReturnType<PeerPrintClient['invitations']> {
    return Promise.resolve(this.#asked);
  }

  async invite(queue: QueueId, invitation: NewInvitation): ReturnType<PeerPrintClient['invite']> {
    this.calls.push(`invite ${invitation.role} ${String(invitation.voter)}`);
    const link = await this.makeLink(queue, {
      role: invitation.voter ? 'trusted' : 'guest',
      lifeMs: invitation.lifeMs,
    });
    const view: InvitationView = {
      ...invitation,
      invitation: `invitation-${++this.count}`,
      by: ada,
      byName: 'Ada',
      uses: 0,
      expiresWallMs: systemClock.wallMs() + invitation.lifeMs,
      state: 'open',
    };
    this.#asked = [view, ...this.#asked];
    this.emit();
    return link;
  }

  revokeInvitation(_queue: QueueId, invitation: string): Promise<Settled> {
    return this.settle(`revokeInvitation ${invitation}`, () => {
      this.#asked = this.#asked.map((each) =>
        each.invitation === invitation ? { ...each, state: 'revoked' } : each,
      );
    });
  }

  setSettings(_queue: QueueId, change: SettingsChange): Promise<Settled> {
    return this.settle(`setSettings ${JSON.stringify(change)}`, () => {
      const all = { ...this.view.settings.all, ...change };
      this.set({ settings: { ...this.view.settings, ...all, all } });
    });
  }

  setQueueRelays(_queue: QueueId, addresses: readonly string[]): Promise<Settled> {
    return this.settle(`setQueueRelays ${addresses.length}`, () =>
      this.set({ settings: { ...this.view.settings, relays: addresses } }),
    );
  }

  addJob(_queue: QueueId, given: Parameters<PeerPrintClient['addJob']>[1]): Promise<Settled> {
    const options = { copies: 1, draft: false, notes: '', ...given };
    return this.settle(`addJob ${options.name} ${options.copies}`, () => {
      const sets = options.sets.map((set, at) => ({
        set: `set-${++this.count}-${at}` as SetId,
        file: set.file,
        fileName: this.view.files.find((file) => file.file === set.file)?.name ?? 'file',
        count: set.count,
        good: 0,
        remaining: set.count * options.copies,
        onHold: [],
        needs: '',
        requirements: set.requirements ?? {},
        fileNeeds: {},
        held: undefined,
        quarantine: undefined,
        prints: [],
        waits: undefined,
        why: undefined,
      }));
      const added: JobView = {
        ...job(options.name, { copies: options.copies, draft: options.draft, notes: options.notes }),
        job: `job-${++this.count}` as JobId,
        sets,
        remaining: sets.reduce((sum, set) => sum + set.remaining, 0),
        why: 'No printer is free.',
      };
      this.set({ jobs: [...this.view.jobs, added] });
    });
  }

  changeJob(_queue: QueueId, id: JobId, change: JobChange): Promise<Settled> {
    const { dueWallMs, sets, ...rest } = change;
    const due = dueWallMs === undefined ? {} : { dueWallMs: dueWallMs ?? undefined };
    return this.settle(`changeJob ${id} ${JSON.stringify(change)}`, () =>
      this.set({
        jobs: this.view.jobs.map((known) =>
          known.job === id ? { ...known, ...rest, ...due, sets: setsAfter(known, sets) } : known,
        ),
      }),
    );
  }

  moveJob(_queue: QueueId, id: JobId, to: JobPlace): Promise<Settled> {
    return this.settle(`moveJob ${id} ${JSON.stringify(to)}`, () => {
      const { jobs } = this.view;
      const rest = jobs.filter((each) => each.job !== id);
      const after = to === null || typeof to === 'string' ? to : (rest[to.place - 1]?.job ?? null);
      this.set({ jobs: arranged(jobs, [{ job: id, after }]) });
    });
  }

  duplicateJob(_queue: QueueId, id: JobId): Promise<Settled> {
    return this.settle(`duplicateJob ${id}`, () => {
      const known = this.view.jobs.find((each) => each.job === id);
      if (known === undefined) return;
      const copy = { ...known, job: `job-${++this.count}` as JobId, draft: true, good: 0, printing: 0 };
      this.set({ jobs: this.view.jobs.flatMap((each) => (each.job === id ? [each, copy] : [each])) });
    });
  }

  releaseSet(_queue: QueueId, id: SetId): Promise<Settled> {
    return this.settle(`releaseSet ${id}`, () =>
      this.set({
        jobs: this.view.jobs.map((known) => ({
          ...known,
          sets: known.sets.map((each) => (each.set === id ? { ...each, quarantine: undefined } : each)),
        })),
      }),
    );
  }

  decideCopies(
    _queue: QueueId,
    id: SetId,
    copies: readonly number[],
    verdict: 'print-again' | 'take-off',
  ): Promise<Settled> {
    return this.settle(`decideCopies ${id} ${copies.join(' ')} ${verdict}`, () =>
      this.set({
        jobs: this.view.jobs.map((known) => ({
          ...known,
          sets: known.sets.map((each) => {
            if (each.set !== id) return each;
            const onHold = each.onHold.filter((copy) => !copies.includes(copy));
            return verdict === 'take-off'
              ? { ...each, onHold }
              : { ...each, onHold, remaining: each.remaining + 1 };
          }),
        })),
      }),
    );
  }

  setVoter(_queue: QueueId, peer: PeerId, voter: boolean): Promise<Settled> {
    return this.settle(`setVoter ${peer} ${String(voter)}`, () =>
      this.set({
        peers: this.view.peers.map((known) =>
          known.peer === peer ? { ...known, part: voter ? 'learner' : 'listener' } : known,
        ),
      }),
    );
  }

  renameMember(_queue: QueueId, peer: PeerId, name: string): Promise<Settled> {
    return this.settle(`renameMember ${peer} ${name}`, () =>
      this.set({
        peers: this.view.peers.map((known) => (known.peer === peer ? { ...known, name } : known)),
      }),
    );
  }

  deleteJob(_queue: QueueId, id: JobId): Promise<Settled> {
    return this.settle(`deleteJob ${id}`, () =>
      this.set({ jobs: this.view.jobs.filter((known) => known.job !== id) }),
    );
  }

  setBed(
    _queue: QueueId,
    printer: PrinterId,
    bed: 'clear' | 'occupied',
    verdict?: 'good' | 'failed',
  ): Promise<Settled> {
    return this.settle(`setBed ${printer} ${bed} ${String(verdict)}`, () =>
      this.changePrinterView(printer, { bed }),
    );
  }

  enablePrinter(_queue: QueueId, printer: PrinterId, enabled: boolean): Promise<Settled> {
    return this.settle(`enablePrinter ${printer} ${String(enabled)}`, () =>
      this.changePrinterView(printer, { enabled }),
    );
  }

  renamePrinter(_queue: QueueId, printer: PrinterId, name: string): Promise<Settled> {
    return this.settle(`renamePrinter ${printer} ${name}`, () => this.changePrinterView(printer, { name }));
  }

  changePrinter(_queue: QueueId, printer: PrinterId, change: object): Promise<Settled> {
    return this.settle(`changePrinter ${printer} ${JSON.stringify(change)}`, () =>
      this.changePrinterView(printer, change),
    );
  }

  resumePrinter(_queue: QueueId, printer: PrinterId): Promise<Settled> {
    return this.settle(`resumePrinter ${printer}`, () =>
      this.changePrinterView(printer, { stopped: undefined }),
    );
  }

  removePrinter(_queue: QueueId, printer: PrinterId): Promise<Settled> {
    return this.settle(`removePrinter ${printer}`, () => {
      this.set({ printers: this.view.printers.filter((each) => each.printer !== printer) });
    });
  }

  cancelPrint(_queue: QueueId, print: PrintId, reason: string): Promise<Settled> {
    return this.settle(`cancelPrint ${print} ${reason}`, () => undefined);
  }

  resolvePrint(_queue: QueueId, print: PrintId, verdict: string): Promise<Settled> {
    return this.settle(`resolvePrint ${print} ${verdict}`, () => undefined);
  }

  setMember(_queue: QueueId, peer: PeerId, role: string): Promise<Settled> {
    return this.settle(`setMember ${peer} ${role}`, () =>
      this.set({
        peers: this.view.peers.map((known) => (known.peer === peer ? { ...known, role } : known)),
      }),
    );
  }

  removeMember(_queue: QueueId, peer: PeerId): Promise<Settled> {
    return this.settle(`removeMember ${peer}`, () =>
      this.set({ peers: this.view.peers.filter((known) => known.peer !== peer) }),
    );
  }

  renameQueue(_queue: QueueId, name: string): Promise<Settled> {
    return this.settle(`renameQueue ${name}`, () => this.set({ name }));
  }

  protected async settle(call: string, apply: () => void): Promise<Settled> {
    this.calls.push(call);
    await this.wait();
    if (this.options.scene === 'refuse') {
      return {
        kind: 'refused',
        refusal: { code: 'not-allowed', text: 'Only its owner and trusted peers may change this job.' },
      };
    }
    if (this.options.scene === 'unknown') {
      return {
        kind: 'unknown',
        why: 'too-few-peers',
        text: 'No answer yet. It may still be saved; the list will show it.',
      };
    }
    const index = this.view.committed + 1;
    const show = () => {
      apply();
      this.set({ committed: index });
    };
    if (this.viewsLateMs === 0) show();
    else systemClock.after(this.viewsLateMs, show);
    return { kind: 'committed', index };
  }

  protected wait(): Promise<void> {
    return delay(systemClock, this.options.latencyMs);
  }

  protected set(part: Partial<QueueView>): void {
    this.view = { ...this.view, ...part };
    this.summarise();
    this.emit();
  }

  protected changePrinterView(printer: PrinterId, part: object): void {
    this.set({
      printers: this.view.printers.map((known) =>
        known.printer === printer ? { ...known, ...part } : known,
      ),
    });
  }
}

function setsAfter(job: JobView, sets: JobChange['sets']): JobView['sets'] {
  if (sets === undefined) return job.sets;
  return sets.flatMap((spec) => {
    const known = job.sets.find((each) => each.set === spec.set);
    return known === undefined
      ? []
      : [{ ...known, count: spec.count, requirements: spec.requirements ?? {} }];
  });
}
