import { type Clock, type Log, type PeerId, type Random } from '../../lib/base/index.ts';
import type { MemoryNetwork } from '../../lib/network/memory.ts';
import type { Identity } from '../../lib/peer/identity.ts';
import type { PeerToPrinter, PrinterToPeer } from '../../lib/peer/messages.ts';
import { Peer } from '../../lib/peer/peer.ts';
import type { PrinterPort } from '../../lib/peer/printing/attached-printer.ts';
import type { QueueHost } from '../../lib/peer/host/queue-host.ts';
import type { Applied } from '../../lib/queue/index.ts';
import { FaultyDisk } from '../../lib/storage/memory.ts';
import type { Agenda } from '../agenda.ts';
import { LifeClock, MachineClock } from './clock.ts';
import { type FloorWatch, Machine, PrintWorker } from './floor.ts';
import { gatedWire } from './gated-wire.ts';
import type { MemberHabits } from './habits.ts';
import { heardLog } from './heard-log.ts';

export interface BrowserPorts {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly log: Log;
  readonly watch: FloorWatch;
  readonly printMs: () => number;
  readonly chanceOfFailure: () => number;
  readonly writeMsMax: number;
  /** Something broke that the product or the floor noticed and went on from. */
  readonly onFault: (text: string) => void;
  readonly onApplied: (browser: Browser, host: QueueHost, applied: Applied) => void;
}

/** `lost`: its disk is gone, so it never comes back as what it was. */
export type BrowserState = 'up' | 'opening' | 'down' | 'lost';

/** A machine with one browser profile: its disk, clocks and printers outlive its processes. */
export class Browser {
  readonly name: string;
  readonly identity: Identity;
  readonly disk: FaultyDisk;
  readonly clock: MachineClock;
  readonly machines: readonly Machine[];
  state: BrowserState = 'down';
  peer: Peer | undefined;
  /** Counts its lives. */
  life = 0;
  readonly #ports: BrowserPorts;
  #lifeClock: LifeClock | undefined;

  constructor(ports: BrowserPorts, identity: Identity, name: string, habits: MemberHabits) {
    this.#ports = ports;
    this.identity = identity;
    this.name = name;
    this.clock = new MachineClock(ports.agenda, habits.rate);
    this.disk = new FaultyDisk(this.clock, ports.random, {
      writeMsMin: 0,
      writeMsMax: ports.writeMsMax,
      fullOneIn: 0,
      tornOneIn: 0,
    });
    this.machines = habits.printers.map((autoClear, i) => {
      const id = `printer-${name}-${i}`;
      return new Machine(id as Machine['id'], `${name}’s printer ${i}`, autoClear);
    });
  }

  /** What befalls it when one of its print workers says that next. */
  onWord: { readonly kind: PrinterToPeer['kind']; readonly run: () => void } | undefined;

  get peerId(): PeerId {
    return this.identity.peer;
  }

  get isUp(): boolean {
    return this.state === 'up' && !this.clock.frozen;
  }

  /** Opens the app. Resolves when its peer runs, unless it was shut before that. */
  async open(): Promise<void> {
    if (this.state !== 'down') return;
    this.state = 'opening';
    const life = ++this.life;
    const clock = new LifeClock(this.clock);
    this.#lifeClock = clock;
    const { random, network, onApplied, onFault } = this.#ports;
    // What a dead process still says is nobody's.
    const log = heardLog(this.#ports.log, (text) => {
      if (this.life === life) onFault(`${this.name}: ${text}`);
    });
    const opened = await Peer.open({
      clock,
      random,
      log,
      store: this.disk.open(),
      wire: gatedWire(network.join(this.peerId), this.clock),
      identity: this.identity,
      onApplied: (host, applied) => {
        if (this.life === life) onApplied(this, host, applied);
      },
    });
    if (this.life !== life) return;
    this.peer = opened;
    this.state = 'up';
    for (const machine of this.machines) this.#openTab(machine);
  }

  /** All of it dies: worker and tabs, and with them what their printers print. */
  crash(): void {
    if (this.state === 'lost' || this.state === 'down') return;
    for (const machine of this.machines) machine.worker?.die();
    this.#endPeer();
  }

  /** The SharedWorker dies alone: its tabs, and what is printed from them, go on. */
  crashWorker(): void {
    if (this.state !== 'up') return;
    this.#endPeer();
  }

  lose(): void {
    this.crash();
    this.disk.wipe();
    this.state = 'lost';
  }

  /** A person closes the tab of a printer, and opens it again some time later. */
  closeTab(machine: Machine, forMs: number): void {
    const { worker } = machine;
    if (worker === undefined) return;
    this.#ports.agenda.after(forMs, () => this.reopenTab(machine));
    worker.die();
  }

  reopenTab(machine: Machine): void {
    if (this.state === 'up' && machine.worker === undefined) this.#openTab(machine);
  }

  /** Every tab that was closed is opened again. */
  reopenTabs(): void {
    if (this.isUp) for (const machine of this.machines) this.reopenTab(machine);
  }

  #endPeer(): void {
    this.life++;
    if (this.#lifeClock !== undefined) this.#lifeClock.over = true;
    this.#ports.network.crash(this.peerId);
    this.disk.crash();
    this.peer = undefined;
    this.state = 'down';
    this.clock.thaw();
  }

  /** Opens a printer's tab, or tells one that has outlived its peer of the new one. */
  #openTab(machine: Machine): void {
    const { agenda } = this.#ports;
    const { peer, life } = this;
    if (peer === undefined) return;
    const worker = machine.worker ?? this.#newWorker(machine);
    machine.worker = worker;
    let known: Machine['id'] | undefined;
    const port: PrinterPort = {
      post: (message: PeerToPrinter) => {
        if (this.life === life) worker.obey(message);
      },
    };
    const soon = (run: () => void) =>
      agenda.after(
        1,
        this.clock.gated(() => {
          if (this.life === life) run();
        }),
      );
    worker.connect({
      tell: (message: PrinterToPeer) =>
        soon(() => {
          if (message.kind === this.onWord?.kind) this.onWord.run();
          known = peer.desk.receive(port, known, message);
        }),
      gone: () => soon(() => peer.desk.lost(port)),
    });
  }

  #newWorker(machine: Machine): PrintWorker {
    const { agenda, random, watch, printMs, chanceOfFailure, onFault } = this.#ports;
    const tabClock: Clock = {
      monotonicMs: () => agenda.nowMs,
      wallMs: () => agenda.nowMs,
      after: (delayMs, run) => {
        agenda.after(delayMs, run);
        return () => undefined;
      },
    };
    return new PrintWorker(machine, {
      clock: tabClock,
      random,
      // A failed write is told and borne; a fault is not.
      log: heardLog(this.#ports.log, (text) => onFault(`${machine.name}: ${text}`)),
      store: async () => {
        if (this.state === 'lost') throw new Error('the disk is lost');
        return this.disk.open();
      },
      watch,
      printMs,
      chanceOfFailure,
    });
  }
}
