import { type Bytes, type Clock, concat, RefusalError, seededRandom } from '../../base/index.ts';
import type { Link, LinkEnd } from '../port.ts';
import { VirtualFirmware, type VirtualOptions } from './firmware.ts';
import { Noise } from './faults.ts';

/** Deliveries in a row before other tasks of this thread (messages, timers) get their turn. */
const deliveriesMax = 200;

/** A link to a firmware in this very thread. What both sides write is handed over between tasks, never inside a call. */
export class VirtualLink implements Link {
  readonly kind = 'virtual';
  readonly label: string;
  readonly firmware: VirtualFirmware;
  readonly #cuts: Noise | undefined;
  #incoming: Bytes[] = [];
  #reader: ((bytes: Bytes | undefined) => void) | undefined;
  #scheduled = false;
  #deliveries = 0;
  readonly #clock: Clock;
  #end: LinkEnd | undefined;

  constructor(options: VirtualOptions, clock: Clock) {
    this.#clock = clock;
    this.label = options.name ?? 'Virtual printer';
    this.#cuts = options.faults?.cut === true ? new Noise(seededRandom((options.seed ?? 1) + 7)) : undefined;
    this.firmware = new VirtualFirmware(options, clock, {
      send: (bytes) => this.#push(bytes),
      unplug: () => this.#finish({ code: 'unplugged', text: 'The printer was unplugged or switched off.' }),
    });
    this.firmware.powerOn();
  }

  read(): Promise<Bytes | undefined> {
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#schedule();
    });
  }

  write(bytes: Bytes): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(new RefusalError(this.#end));
    this.firmware.receive(bytes);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#finish({ code: 'closed', text: 'The connection to the virtual printer was closed.' });
    return Promise.resolve();
  }

  ended(): LinkEnd | undefined {
    return this.#end;
  }

  /** Pulls the cable. The firmware goes on by itself, as a real one does, until `firmware.powerOff()`. */
  unplug(): void {
    this.#finish({ code: 'unplugged', text: 'The printer was unplugged or switched off.' });
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (end.code === 'closed') this.firmware.retire();
    this.#schedule();
  }

  #push(bytes: Bytes): void {
    if (this.#end !== undefined) return;
    this.#incoming.push(bytes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#reader === undefined) return;
    if (this.#incoming.length === 0 && this.#end === undefined) return;
    this.#scheduled = true;
    const deliver = () => {
      this.#scheduled = false;
      this.#deliver();
    };
    this.#deliveries = (this.#deliveries + 1) % deliveriesMax;
    if (this.#deliveries === 0) this.#clock.after(0, deliver);
    else queueMicrotask(deliver);
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    let bytes: Bytes | undefined;
    if (this.#incoming.length > 0) {
      bytes = this.#incoming.length === 1 ? this.#incoming[0] : concat(...this.#incoming);
      this.#incoming = [];
      if (this.#cuts !== undefined && bytes !== undefined && bytes.length > 1) {
        const at = 1 + this.#cuts.below(bytes.length - 1);
        this.#incoming.push(bytes.slice(at));
        bytes = bytes.slice(0, at);
      }
    }
    if (bytes === undefined && this.#end === undefined) return;
    this.#reader = undefined;
    reader(bytes);
  }
}
