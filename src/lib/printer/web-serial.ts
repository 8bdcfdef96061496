import { type Bytes, messageOf, RefusalError, type Result, ok, refuse } from '../base/index.ts';
import { bauds, serialBufferBytes } from './limits.ts';
import type { Link, LinkEnd, LinkInfo, LinkSignals, LinkTarget } from './port.ts';

/**
 * The part of `SerialPort` that is used, so that a fake, or web-serial-polyfill's port, can stand in for it.
 */
export interface SerialPortLike {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: { baudRate: number; bufferSize?: number }): Promise<void>;
  close(): Promise<void>;
  getInfo(): { usbVendorId?: number | undefined; usbProductId?: number | undefined };
  setSignals?(signals: LinkSignals): Promise<void>;
}

/** The `name` of what streams reject with when the device is gone. The others (parity, overrun …) can be read past. */
const gone = new Set(['NetworkError', 'NotFoundError', 'InvalidStateError', 'SecurityError']);

/** Errors in a row, without a byte between, after which a port that keeps failing is given up. */
const errorsMax = 100;

const unplugged: LinkEnd = {
  code: 'unplugged',
  text: 'The printer was unplugged or switched off, or the computer slept.',
};

/** A byte stream over a serial port of the browser. Made in the thread that prints: ports can't be handed over. */
export class WebSerialLink implements Link {
  readonly kind: 'web-serial' | 'web-usb';
  readonly label: string;
  readonly info: LinkInfo;
  readonly #port: SerialPortLike;
  #baud: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #end: LinkEnd | undefined;
  #reopening: Promise<void> | undefined;
  #generation = 0;

  private constructor(port: SerialPortLike, baud: number, kind: 'web-serial' | 'web-usb') {
    this.kind = kind;
    this.#port = port;
    this.#baud = baud;
    const { usbVendorId, usbProductId } = port.getInfo();
    this.info = {
      ...(usbVendorId !== undefined && { usbVendorId }),
      ...(usbProductId !== undefined && { usbProductId }),
    };
    this.label = labelOf(this.info);
  }

  static async open(
    port: SerialPortLike,
    baud = bauds[0] ?? 115_200,
    kind: 'web-serial' | 'web-usb' = 'web-serial',
  ): Promise<Result<Link>> {
    try {
      await port.open({ baudRate: baud, bufferSize: serialBufferBytes });
    } catch (error) {
      return refuse('port', openFailure(error));
    }
    return ok(new WebSerialLink(port, baud, kind));
  }

  get baud(): number {
    return this.#baud;
  }

  ended(): LinkEnd | undefined {
    return this.#end;
  }

  async read(): Promise<Bytes | undefined> {
    for (let errors = 0; errors < errorsMax;) {
      if (this.#end !== undefined) return undefined;
      if (this.#reopening !== undefined) {
        await this.#reopening;
        continue;
      }
      const generation = this.#generation;
      // A recoverable error replaces `readable`; without one the device is gone.
      const { readable } = this.#port;
      if (readable === null) return this.#finish(unplugged);
      try {
        this.#reader ??= readable.getReader();
        const { value, done } = await this.#reader.read();
        if (value !== undefined && value.length > 0) return new Uint8Array(value);
        if (!done) continue;
        this.#release();
        if (generation === this.#generation && this.#reopening === undefined && this.#end === undefined)
          return this.#finish(unplugged);
      } catch (error) {
        this.#release();
        if (generation !== this.#generation || this.#reopening !== undefined) continue;
        if (gone.has(nameOf(error))) return this.#finish(unplugged);
        errors += 1;
      }
    }
    return this.#finish({
      code: 'failed',
      text: 'The serial port keeps failing. Try another cable or another USB port.',
    });
  }

  async write(bytes: Bytes): Promise<void> {
    if (this.#reopening !== undefined) await this.#reopening;
    if (this.#end !== undefined) throw new RefusalError(this.#end);
    const { writable } = this.#port;
    if (writable === null) {
      this.#finish(unplugged);
      throw new RefusalError(unplugged);
    }
    this.#writer ??= writable.getWriter();
    try {
      await this.#writer.write(bytes);
    } catch (error) {
      if (this.#reopening !== undefined) return;
      const end: LinkEnd = gone.has(nameOf(error))
        ? unplugged
        : { code: 'failed', text: `Writing to the port failed: ${messageOf(error)}` };
      this.#finish(end);
      throw new RefusalError(end);
    }
  }

  async close(): Promise<void> {
    this.#finish({ code: 'closed', text: 'The port was closed.' });
    await this.#closePort();
  }

  async reopen(baud: number): Promise<void> {
    if (this.#end !== undefined) throw new RefusalError(this.#end);
    this.#generation += 1;
    const reopened = (async () => {
      await this.#closePort();
      await this.#port.open({ baudRate: baud, bufferSize: serialBufferBytes });
      this.#baud = baud;
    })();
    this.#reopening = reopened.catch(() => undefined);
    try {
      await reopened;
    } catch (error) {
      const end: LinkEnd = { code: 'failed', text: openFailure(error) };
      this.#finish(end);
      throw new RefusalError(end);
    } finally {
      this.#reopening = undefined;
    }
  }

  async setSignals(signals: LinkSignals): Promise<void> {
    await this.#port.setSignals?.(signals);
  }

  #finish(end: LinkEnd): undefined {
    this.#end ??= end;
    return undefined;
  }

  #release(): void {
    this.#reader?.releaseLock();
    this.#reader = undefined;
  }

  /** Locks first, port last: a port whose streams are locked does not close. Each step may fail on a dead port. */
  async #closePort(): Promise<void> {
    const reader = this.#reader;
    const writer = this.#writer;
    this.#reader = this.#writer = undefined;
    await Promise.allSettled([reader?.cancel(), writer?.abort()]);
    reader?.releaseLock();
    writer?.releaseLock();
    await Promise.allSettled([this.#port.close()]);
  }
}

/** Finds the port that a page means among those this thread may open, and opens it. */
export async function openWebSerial(
  ports: readonly SerialPortLike[],
  target: Extract<LinkTarget, { kind: 'web-serial' | 'web-usb' }>,
): Promise<Result<Link>> {
  const equal = ports.filter((port) => {
    const info = port.getInfo();
    return info.usbVendorId === target.info.usbVendorId && info.usbProductId === target.info.usbProductId;
  });
  const port = equal[target.index];
  if (port === undefined) {
    return refuse(
      'no-port',
      'This port is not there any more. Plug the printer in, switch it on and choose it again.',
    );
  }
  return WebSerialLink.open(port, target.baud, target.kind);
}

function labelOf(info: LinkInfo): string {
  const digits = (id: number): string => id.toString(16).padStart(4, '0');
  if (info.usbVendorId === undefined) return 'Serial port';
  return `USB ${digits(info.usbVendorId)}:${digits(info.usbProductId ?? 0)}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

function openFailure(error: unknown): string {
  if (nameOf(error) === 'InvalidStateError') return 'This port is already open in this tab.';
  if (nameOf(error) === 'NetworkError') {
    return (
      'The port could not be opened. Close other programs and tabs that use the printer (slicers, OctoPrint). ' +
      'On Linux your user must be in the group "dialout".'
    );
  }
  return `The port could not be opened: ${messageOf(error)}`;
}
