import {
  type Clock,
  type Log,
  type PrintId,
  type PrinterId,
  type Random,
  type SetId,
  hex,
  messageOf,
} from '../../base/index.ts';
import type { Print, Printer } from '../../queue/index.ts';
import { isTouched, isWanted } from '../../schedule/index.ts';
import { type FileKeeper, wantedOf } from '../files/file-keeper.ts';
import { type Held, sureFrom } from './lease-keeping.ts';
import { aheadIdleMs, aheadPatienceMs } from '../limits.ts';
import type { QueueHost } from '../host/queue-host.ts';

export interface AheadPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keeper: FileKeeper;
}

/** Where one printer stands in one queue, looked at every round. */
export interface AheadRound {
  readonly host: QueueHost;
  readonly record: Printer;
  /** The print of this queue that the printer works on, in whatever stage. */
  readonly workingOn: PrintId | undefined;
  /** Sets that are left to others just now. */
  readonly skip: (set: SetId) => boolean;
}

/**
 * The copies that printers here hold ahead (a queue's `claimAhead`): claimed while the others are there to agree, brought here with their
 * files, kept by renewals, and handed back when they are not wanted any more. What a printer does with them when the others sleep is in
 * `schedule/alone.ts`.
 */
export class ClaimsAhead {
  readonly #ports: AheadPorts;
  readonly #claiming = new Set<PrinterId>();
  readonly #returning = new Set<PrintId>();
  /** Since when each copy is held by our own clock; nothing is measured against it but the next renewal. */
  readonly #leases = new Map<PrintId, Held>();
  readonly #fetching = new Map<PrintId, AbortController>();
  /** What the agenda named for a printer, and since when: an idle printer elsewhere takes it first. */
  readonly #named = new Map<PrinterId, { readonly set: SetId; readonly sinceMs: number }>();
  /** Since when a printer stands still with its bed not clear. */
  readonly #idleSince = new Map<PrinterId, number>();

  constructor(ports: AheadPorts) {
    this.#ports = ports;
  }

  /** Takes the next step for one printer in one queue that is ready. */
  look(round: AheadRound): void {
    const held = heldAhead(round.host, round.record, round.workingOn);
    for (const print of held) {
      if (this.#mustGiveBack(round, print)) this.giveBack(round.host, print);
      else this.#bring(round.host, print);
    }
    if (round.workingOn !== undefined) this.#claimMore(round);
    else this.#named.delete(round.record.id);
  }

  /** What is renewed together with the leases of the prints under way. */
  leases(host: QueueHost, record: Printer): Held[] {
    return heldAhead(host, record).map(({ id }) => {
      const known = this.#leases.get(id);
      if (known?.host === host) return known;
      const held = { host, print: id, sureUntil: sureFrom(this.#ports.clock, host) };
      if (this.#leases.size >= leasesMax) this.#leases.clear();
      this.#leases.set(id, held);
      return held;
    });
  }

  /** The printer has left: what it held and had not begun goes back. */
  leave(host: QueueHost, record: Printer, workingOn: PrintId | undefined): void {
    for (const print of heldAhead(host, record, workingOn)) this.giveBack(host, print);
    this.#idleSince.delete(record.id);
  }

  giveBack(host: QueueHost, print: Print): void {
    if (this.#returning.has(print.id)) return;
    this.#returning.add(print.id);
    this.#fetching.get(print.id)?.abort();
    this.#fetching.delete(print.id);
    const done = () => this.#returning.delete(print.id);
    host.submit({ type: 'release', print: print.id }, 'Hand a copy back').then(done, (error: unknown) => {
      done();
      this.#ports.log.error(`a copy held ahead could not be handed back: ${messageOf(error)}`);
    });
  }

  close(): void {
    for (const abort of this.#fetching.values()) abort.abort();
  }

  #mustGiveBack({ host, record, workingOn }: AheadRound, print: Print): boolean {
    if (record.stopped !== undefined || !record.enabled || !isWanted(host.state, print)) return true;
    // A printer that waits for a person does not keep copies from those that could print them.
    const now = this.#ports.clock.monotonicMs();
    if (workingOn !== undefined || record.bed === 'clear') {
      this.#idleSince.delete(record.id);
      return false;
    }
    const since = this.#idleSince.get(record.id) ?? now;
    this.#idleSince.set(record.id, since);
    return now - since >= aheadIdleMs;
  }

  #claimMore({ host, record, skip }: AheadRound): void {
    const { agenda, unattendedMs } = host.indexes;
    const choice = this.#claiming.has(record.id) ? undefined : agenda.next(record.id, { skip, unattendedMs });
    if (choice?.kind !== 'claim') {
      this.#named.delete(record.id);
      return;
    }
    const now = this.#ports.clock.monotonicMs();
    const named = this.#named.get(record.id);
    if (named?.set !== choice.set) this.#named.set(record.id, { set: choice.set, sinceMs: now });
    if (named?.set !== choice.set || now - named.sinceMs < aheadPatienceMs) return;
    this.#claiming.add(record.id);
    const print = hex(this.#ports.random.bytes(10)) as PrintId;
    const done = () => this.#claiming.delete(record.id);
    host
      .submit(
        { type: 'claim', print, set: choice.set, printer: record.id },
        `Claim a copy ahead for ${record.name}`,
        // A claim that comes hours later is no use to anybody.
        { kept: false },
      )
      .then(done, (error: unknown) => {
        done();
        this.#ports.log.error(`no copy could be claimed ahead: ${messageOf(error)}`);
      });
  }

  /** At night there is nobody to copy a file from. */
  #bring(host: QueueHost, print: Print): void {
    const set = host.state.sets.get(print.set);
    const file = set === undefined ? undefined : host.state.files.get(set.file);
    if (file === undefined || this.#fetching.has(print.id) || this.#ports.keeper.whole(file.id)) return;
    const abort = new AbortController();
    this.#fetching.set(print.id, abort);
    const done = () => this.#fetching.delete(print.id);
    this.#ports.keeper.ensure(wantedOf(file), abort.signal).then(
      (ensured) => {
        done();
        if (!ensured.ok && !abort.signal.aborted) this.giveBack(host, print);
      },
      (error: unknown) => {
        done();
        this.#ports.log.error(`the file of a copy held ahead could not be brought: ${messageOf(error)}`);
      },
    );
  }
}

/** What a printer holds ahead and has not begun, ended or handed back, oldest first; what it works on is none of that. */
function heldAhead(host: QueueHost, record: Printer, workingOn?: PrintId): Print[] {
  const pending = host.unsettled();
  return record.prints.flatMap((id) => {
    const print = host.state.prints.get(id);
    return print?.phase === 'ahead' && id !== workingOn && !isTouched(id, pending) ? [print] : [];
  });
}

/** Leases that are remembered: far more than printers here can hold; forgotten ones are only renewed earlier. */
const leasesMax = 1_000;
