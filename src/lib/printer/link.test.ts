import { createServer, type Socket } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { type Bytes, concat, utf8 } from '../base/index.ts';
import { openTcp } from './cli/node-link.ts';
import { linkSuite } from './link.suite.ts';
import { JumpingClock } from './test-kit.ts';
import { VirtualLink } from './virtual/index.ts';
import { openWebSerial, type SerialPortLike, WebSerialLink } from './web-serial.ts';

function domError(name: string): DOMException {
  return new DOMException(name, name);
}

/** A serial port as the specification describes it: an error ends `readable`, and a new one takes its place. */
class FakePort implements SerialPortLike {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  got: Bytes = new Uint8Array();
  opened: { baudRate: number; bufferSize?: number }[] = [];
  #source: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #ids: { usbVendorId?: number; usbProductId?: number };

  constructor(
    ids: { usbVendorId?: number; usbProductId?: number } = { usbVendorId: 0x2c99, usbProductId: 2 },
  ) {
    this.#ids = ids;
  }

  open(options: { baudRate: number; bufferSize?: number }): Promise<void> {
    if (this.writable !== null) return Promise.reject(domError('InvalidStateError'));
    this.opened.push(options);
    this.#renew();
    this.writable = new WritableStream({
      write: (bytes) => {
        this.got = concat(this.got, bytes);
      },
    });
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.readable?.locked === true || this.writable?.locked === true)
      return Promise.reject(new TypeError('locked'));
    this.readable = this.writable = null;
    return Promise.resolve();
  }

  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    return this.#ids;
  }

  arrive(bytes: Bytes): void {
    this.#source?.enqueue(bytes);
  }

  /** Parity, framing, overrun: what was read is lost, the port goes on. */
  stumble(name: string): void {
    const source = this.#source;
    this.#renew();
    source?.error(domError(name));
  }

  unplug(): void {
    const source = this.#source;
    this.readable = this.writable = null;
    source?.error(domError('NetworkError'));
  }

  #renew(): void {
    this.readable = new ReadableStream({
      start: (controller) => {
        this.#source = controller;
      },
    });
  }
}

linkSuite('Web Serial', async () => {
  const port = new FakePort();
  const link = await WebSerialLink.open(port);
  if (!link.ok) throw new Error(link.refusal.text);
  return {
    link: link.value,
    arrive: (bytes) => port.arrive(bytes),
    written: () => Promise.resolve(port.got),
    vanish: () => port.unplug(),
  };
});

linkSuite('the virtual printer', () => {
  // Never booted: its own words would be in the way.
  const link = new VirtualLink({ speed: 1, bootMs: 1e9 }, new JumpingClock());
  const got: Bytes[] = [];
  const receive = link.firmware.receive.bind(link.firmware);
  link.firmware.receive = (bytes) => {
    got.push(new Uint8Array(bytes));
    receive(bytes);
  };
  return Promise.resolve({
    link,
    arrive: (bytes) => link.firmware.say(new TextDecoder().decode(bytes).replace(/\n$/, '')),
    written: () => Promise.resolve(concat(...got)),
    vanish: () => link.unplug(),
  });
});

const far: Socket[] = [];
let arrived: Bytes = new Uint8Array();
const server = createServer((socket) => {
  arrived = new Uint8Array();
  socket.on('data', (bytes) => (arrived = concat(arrived, bytes)));
  socket.on('error', () => socket.destroy());
  far.push(socket);
});
const listening = new Promise<number>((resolve) => {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  });
});
afterAll(() => {
  for (const socket of far) socket.destroy();
  server.close();
});

linkSuite('TCP', async () => {
  const before = far.length;
  const link = await openTcp('127.0.0.1', await listening);
  if (!link.ok) throw new Error(link.refusal.text);
  while (far.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
  const socket = far[before];
  return {
    link: link.value,
    arrive: (bytes) => void socket?.write(bytes),
    async written(length) {
      while (arrived.length < length) await new Promise((resolve) => setTimeout(resolve, 1));
      return arrived;
    },
    vanish: () => void socket?.end(),
  };
});

test.each(['BufferOverrunError', 'FramingError', 'ParityError', 'BreakError'])(
  'Web Serial reads on after a %s',
  async (name) => {
    const port = new FakePort();
    const link = await WebSerialLink.open(port);
    if (!link.ok) throw new Error(link.refusal.text);
    const waiting = link.value.read();
    port.stumble(name);
    port.arrive(utf8('ok\n'));
    expect(await waiting).toEqual(utf8('ok\n'));
    expect(link.value.ended()).toBeUndefined();
    await link.value.close();
  },
);

test('Web Serial asks for a buffer that does not overrun, and changes its speed with a read waiting', async () => {
  const port = new FakePort();
  const link = await WebSerialLink.open(port);
  if (!link.ok) throw new Error(link.refusal.text);
  const waiting = link.value.read();
  await link.value.reopen?.(250_000);
  port.arrive(utf8('start\n'));
  expect(await waiting).toEqual(utf8('start\n'));
  expect(port.opened).toEqual([
    { baudRate: 115_200, bufferSize: 65_536 },
    { baudRate: 250_000, bufferSize: 65_536 },
  ]);
  await link.value.close();
  // Closed in the right order, or the fake would have refused: it can be opened again.
  expect(port.writable).toBeNull();
});

test('Web Serial finds its port among equal ones, and says so when it is gone', async () => {
  const ports = [new FakePort({ usbVendorId: 1, usbProductId: 1 }), new FakePort(), new FakePort()];
  const target = { kind: 'web-serial' as const, info: { usbVendorId: 0x2c99, usbProductId: 2 }, index: 1 };
  expect(await openWebSerial(ports, target)).toMatchObject({ ok: true });
  expect(ports.map((port) => port.opened.length)).toEqual([0, 0, 1]);
  expect(await openWebSerial(ports, { ...target, index: 2 })).toMatchObject({
    ok: false,
    refusal: { code: 'no-port' },
  });
});

test('TCP says so when nothing listens', async () => {
  expect(await openTcp('127.0.0.1', 1)).toMatchObject({ ok: false, refusal: { code: 'no-port' } });
});
