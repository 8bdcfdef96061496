import type { Clock, Log, PrintId, PrinterId, Random } from '../../base/index.ts';
import { messageOf } from '../../base/index.ts';
import type { PrintOutcome } from '../../printer/port.ts';
import type { AttachedPrinter, PrinterPort } from './attached-printer.ts';
import type { BegunPrints } from './begun-prints.ts';
import { type ChoosingPorts, chooseCopy } from './choosing.ts';
import { introduce } from '../members/introducing.ts';
import { InterruptedPrints } from './interrupted-prints.ts';
import { ClaimsAhead } from './claims-ahead.ts';
import { DeskBeds, type RecordOf } from './desk-beds.ts';
import type { FileKeeper } from '../files/file-keeper.ts';
import { renewLeases } from './lease-keeping.ts';
import type { PrinterToPeer } from '../messages.ts';
import { PrinterSlot, type SlotPorts } from './printer-slot.ts';
import { returnOf } from './print-work.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { Rounds } from '../rounds.ts';
import { SkippedSets } from './skipped-sets.ts';

export interface DeskPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keeper: FileKeeper;
  readonly begun: BegunPrints;
  /** The queues that printers here serve, in the order of their owner's choice. */
  readonly queues: () => Iterable<QueueHost>;
  readonly onChange: () => void;
  /** What the journal says of how a print ended. */
  readonly keptOutcome: (print: PrintId) => Promise<PrintOutcome | undefined>;
  /** A printer was attached: its former worker may have left outcomes in the journal that nobody was told. */
  readonly onAttach: () => void;
}

/**
 * The printers of this peer: brings what their workers and the queues say to each printer's assignment, and looks after leases, beds
 * and copies held ahead. It proposes and obeys; what is true is in the queue's log.
 */
export class PrinterDesk {
  readonly #ports: DeskPorts;
  readonly #attached = new Map<PrinterId, PrinterSlot>();
  /** Attachments that have ended and have something left to do: a report to write, a copy to give back. */
  readonly #leaving = new Set<PrinterSlot>();
  readonly #skipped: SkippedSets;
  readonly #ahead: ClaimsAhead;
  readonly #interrupted: InterruptedPrints;
  readonly #beds: DeskBeds;
  readonly #rounds: Rounds;
  readonly #slotPorts: SlotPorts;
  #closed = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#skipped = new SkippedSets(ports);
    this.#ahead = new ClaimsAhead(ports);
    this.#interrupted = new InterruptedPrints(ports);
    this.#beds = new DeskBeds({ ...ports, recordsOf: (printer) => this.#recordsOf(printer) });
    const choosing: ChoosingPorts = {
      ...ports,
      beds: this.#beds,
      skipped: this.#skipped,
      onOver: (host, print) => this.#run(this.#interrupted.report(host, print)),
    };
    this.#slotPorts = {
      ...ports,
      skipped: this.#skipped,
      hostOf: (print) => this.#hostOf(print),
      hostOfQueue: (queue) => [...ports.queues()].find((host) => host.queue === queue),
      choose: (slot, after) => (this.#closed ? undefined : chooseCopy(choosing, slot, after)),
      onChange: () => this.#changed(),
    };
    // Without printers there is nothing to look after, and a browser that is only in queues may sleep.
    this.#rounds = new Rounds(ports.clock, roundMs, () => {
      this.look();
      this.#lookAhead();
      this.#renew();
      return this.#attached.size > 0;
    });
  }

  printers(): readonly AttachedPrinter[] {
    return [...this.#attached.values()].map((slot) => slot.view);
  }

  /** Whether a person closing this browser would interrupt a print. */
  get printing(): boolean {
    return [...this.#attached.values()].some((slot) => slot.isRunning);
  }

  /** A print worker speaks. `attach` comes first. */
  receive(port: PrinterPort, known: PrinterId | undefined, message: PrinterToPeer): PrinterId | undefined {
    if (message.kind === 'attach') {
      this.#attach(port, message);
      return message.printer;
    }
    const slot = known === undefined ? undefined : this.#attached.get(known);
    if (slot === undefined || slot.port !== port) return known;
    switch (message.kind) {
      case 'status':
        // Whoever pulled the cable may have put something on the bed.
        if (message.status.state === 'connecting' && slot.status?.state !== 'connecting')
          slot.introduced.clear();
        slot.status = message.status;
        if (message.status.state === 'ready') this.look();
        break;
      case 'ask-start':
        slot.askStart(message.print);
        break;
      case 'outcome':
        slot.ended(message.print, message.outcome);
        break;
      case 'refused':
        this.#ports.log.info(`${slot.name} does not take print ${message.print}: ${message.text}`);
        slot.take({ on: 'refused', print: message.print, why: returnOf(message) });
        break;
      case 'bed-clear':
        this.#beds.told(slot, 'clear', message.print);
        break;
      case 'detach':
        this.#detach(slot);
        break;
    }
    this.#ports.onChange();
    return known;
  }

  /** The worker is gone without a word: its tab was closed. */
  lost(port: PrinterPort): void {
    for (const slot of [...this.#attached.values()]) if (slot.port === port) this.#detach(slot);
  }

  /** A queue was opened again, as another replica: what is printed for it goes on. */
  hostOpened(host: QueueHost): void {
    for (const slot of [...this.#attached.values(), ...this.#leaving]) slot.hostOpened(host);
  }

  /** Something changed that work may follow from: an applied entry, a status, time. */
  look(): void {
    if (this.#closed) return;
    for (const slot of this.#attached.values()) {
      for (const host of this.#ports.queues()) {
        if (slot.introduced.has(host.queue) || host.condition().condition !== 'ready') continue;
        slot.introduced.add(host.queue);
        introduce(host, slot, this.#beds.partOf(slot), this.#ports.log, () =>
          slot.introduced.delete(host.queue),
        );
      }
      this.#beds.follow(slot);
      slot.look();
    }
  }

  close(): void {
    this.#closed = true;
    this.#rounds.close();
    this.#ahead.close();
    for (const slot of [...this.#attached.values(), ...this.#leaving]) slot.close();
  }

  #attach(port: PrinterPort, message: Extract<PrinterToPeer, { kind: 'attach' }>): void {
    const { printer: id, name, virtual, busy } = message;
    const before = this.#attached.get(id);
    if (before !== undefined) this.#leave(before, () => before.take({ on: 'superseded', busy: busy?.print }));
    const slot = new PrinterSlot(this.#slotPorts, { id, name, virtual }, port, busy);
    this.#attached.set(id, slot);
    this.#rounds.start();
    const { work } = slot;
    this.#ports.log.info(`printer ${name} is here${work === undefined ? '' : `, with print ${work.print}`}`);
    this.#ports.onAttach();
    this.look();
  }

  #detach(slot: PrinterSlot): void {
    const workingOn = slot.work?.print;
    this.#attached.delete(slot.id);
    this.#leave(slot, () => slot.take({ on: 'detached' }));
    for (const { host, record } of this.#recordsOf(slot)) this.#ahead.leave(host, record, workingOn);
    this.#ports.onChange();
  }

  #leave(slot: PrinterSlot, tell: () => void): void {
    this.#leaving.add(slot);
    tell();
    if (slot.isOver) this.#leaving.delete(slot);
  }

  #changed(): void {
    for (const slot of this.#leaving) if (slot.isOver) this.#leaving.delete(slot);
    this.#ports.onChange();
  }

  #renew(): void {
    const slots = [...this.#attached.values()];
    const held = slots.flatMap((slot) => slot.held ?? []);
    const ahead = slots.flatMap((slot) =>
      this.#recordsOf(slot).flatMap(({ host, record }) => this.#ahead.leases(host, record)),
    );
    const known = new Set(held.map(({ print }) => print));
    renewLeases(this.#ports, [...held, ...ahead.filter(({ print }) => !known.has(print))]);
  }

  #lookAhead(): void {
    for (const slot of this.#attached.values()) {
      for (const { host, record } of this.#recordsOf(slot)) {
        // A printer holds copies ahead in the queue that it prints for, and in no other.
        if (host.condition().condition !== 'ready') continue;
        const workingOn = slot.work?.host === host ? slot.work.print : undefined;
        this.#ahead.look({ host, record, workingOn, skip: this.#skipped.in(host) });
      }
    }
  }

  /** What the queues know of a printer. */
  #recordsOf({ id }: { readonly id: PrinterId }): RecordOf[] {
    return [...this.#ports.queues()].flatMap((host) => {
      const record = host.state.printers.get(id);
      return record === undefined ? [] : [{ host, record }];
    });
  }

  #hostOf(print: PrintId): QueueHost | undefined {
    for (const host of this.#ports.queues()) {
      if (host.state.prints.has(print) || host.state.history.has(print)) return host;
    }
    return undefined;
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#ports.log.error(`an interrupted print could not be reported: ${messageOf(error)}`);
    });
  }
}

/** How often the desk looks for work and leases that are due, when no event tells it to. */
const roundMs = 2_000;
