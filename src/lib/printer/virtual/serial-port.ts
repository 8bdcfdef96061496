import { type Bytes, type Clock, concat, seededRandom } from '../../base/index.ts';
import type { LinkSignals } from '../port.ts';
import { Noise } from './faults.ts';
import { VirtualFirmware, type VirtualOptions } from './firmware.ts';

/** What a browser's serial port does of its own. Rates: one in so many pieces; 0 or absent: never. */
export interface PortFaults {
  /** Bytes that wait in the system's buffer from before the port was opened. */
  readonly stale?: string;
  /** A framing error: the stream ends with it and another takes its place. What was in the old one is lost. */
  readonly stumble?: number;
  /** Milliseconds that a write takes to be accepted. */
  readonly writeMs?: number;
  /** The board does not reset when the port opens. */
  readonly keepsRunning?: boolean;
}

/**
 * A serial port as the Web Serial specification describes it, with the virtual firmware on its far side: streams that are replaced
 * after an error, a buffer that overruns, writes that press back.
 */
export class VirtualSerialPort {
  readonly firmware: VirtualFirmware;
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #clock: Clock;
  readonly #faults: PortFaults;
  readonly #noise: Noise;
  readonly #cut: boolean;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #bufferBytes = 255;
  #waiting: Bytes[] = [];
  #scheduled = false;
  #powered = false;

  constructor(options: VirtualOptions, clock: Clock, faults: PortFaults = {}) {
    this.#clock = clock;
    this.#faults = faults;
    this.#noise = new Noise(seededRandom((options.seed ?? 1) + 13));
    this.#cut = options.faults?.cut === true;
    this.firmware = new VirtualFirmware(options, clock, {
      send: (bytes) => this.#send(bytes),
      unplug: () => this.unplug(),
    });
  }

  getInfo(): { usbVendorId: number; usbProductId: number } {
    return { usbVendorId: 0x1a86, usbProductId: 0x7523 };
  }

  open(options: { readonly baudRate: number; readonly bufferSize?: number }): Promise<void> {
    if (this.writable !== null) return Promise.reject(new DOMException('open already', 'InvalidStateError'));
    this.#bufferBytes = options.bufferSize ?? 255;
    this.#renew();
    this.writable = new WritableStream<Uint8Array>({
      write: (bytes) => this.#accept(bytes),
    });
    // Opening raises DTR, and that resets most boards.
    if (!this.#powered || this.#faults.keepsRunning !== true) this.firmware.powerOn();
    this.#powered = true;
    if (this.#faults.stale !== undefined) this.#send(new TextEncoder().encode(this.#faults.stale));
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.readable?.locked === true || this.writable?.locked === true)
      return Promise.reject(new TypeError('its streams are locked'));
    this.readable = this.writable = null;
    this.#controller = undefined;
    return Promise.resolve();
  }

  /** DTR that goes from low to high resets the board. */
  setSignals(signals: LinkSignals): Promise<void> {
    if (signals.dataTerminalReady === true) this.firmware.reset();
    return Promise.resolve();
  }

  /** Pulls the cable. The firmware goes on by itself. */
  unplug(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    this.readable = this.writable = null;
    controller?.error(new DOMException('The device has been lost.', 'NetworkError'));
  }

  #renew(): void {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: this.#bufferBytes }),
    );
  }

  #accept(bytes: Uint8Array): Promise<void> | undefined {
    const copy = new Uint8Array(bytes);
    const { writeMs } = this.#faults;
    if (writeMs === undefined) {
      this.firmware.receive(copy);
      return undefined;
    }
    return new Promise((resolve) => {
      this.#clock.after(writeMs, () => {
        this.firmware.receive(copy);
        resolve();
      });
    });
  }

  /** Not inside the call of the host that made the firmware answer. */
  #send(bytes: Bytes): void {
    this.#waiting.push(bytes);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      const all = this.#waiting.length === 1 ? this.#waiting[0] : concat(...this.#waiting);
      this.#waiting = [];
      if (all !== undefined) this.#deliver(all);
    });
  }

  #deliver(bytes: Bytes): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    if (this.#noise.hits(this.#faults.stumble)) {
      this.#stumble(controller, 'FramingError');
      return;
    }
    // The browser reads the device into a buffer of this size; what does not fit is lost, with an error.
    if ((controller.desiredSize ?? 0) < bytes.length && bytes.length < this.#bufferBytes) {
      this.#stumble(controller, 'BufferOverrunError');
      return;
    }
    if (this.#cut && bytes.length > 1) {
      const at = 1 + this.#noise.below(bytes.length - 1);
      controller.enqueue(bytes.slice(0, at));
      controller.enqueue(bytes.slice(at));
    } else controller.enqueue(bytes);
  }

  #stumble(controller: ReadableStreamDefaultController<Uint8Array>, name: string): void {
    this.#renew();
    controller.error(new DOMException(name, name));
  }
}
