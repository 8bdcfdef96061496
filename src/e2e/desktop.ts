import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The part of a Linux desktop that shows notifications, for browsers of a test: they hand theirs to the session's message bus
 * (D-Bus specification 0.43) and hear from it when a person clicks on one. Bus and notification server are one here, and serve one browser.
 */

/** A notification as the desktop was asked to show it. */
export interface Shown {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

const notifications = 'org.freedesktop.Notifications';
const bus = 'org.freedesktop.DBus';
/** Numbers of the fields of a message's header. */
const field = {
  path: 1,
  interface: 2,
  member: 3,
  error: 4,
  replySerial: 5,
  destination: 6,
  sender: 7,
  signature: 8,
};
const kind = { call: 1, answer: 2, error: 3, signal: 4 };
/** What the browser is called on the bus. */
const caller = ':1.1';
/** What the notification server is called. */
const server = ':1.0';

export class Desktop {
  readonly #folder = mkdtempSync(join(tmpdir(), 'peerprint-desktop-'));
  readonly #sockets = new Set<Socket>();
  readonly #shown = new Map<number, Shown>();
  #listener: Server | undefined;
  #browser: Socket | undefined;
  #lastId = 0;
  #serial = 0;

  async start(): Promise<this> {
    const listener = createServer((socket) => this.#serve(socket));
    this.#listener = listener;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#path, resolve);
    });
    return this;
  }

  get #path(): string {
    return join(this.#folder, 'bus');
  }

  /** The environment in which a browser finds it. */
  get env(): Readonly<Record<string, string>> {
    return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${this.#path}` };
  }

  /** What is on the screen now. */
  get shown(): readonly Shown[] {
    return [...this.#shown.values()];
  }

  /** A person clicks on a notification. */
  click(id: number): void {
    const body = new Writer().uint32(id).string('default');
    this.#signal('ActionInvoked', 'us', body);
  }

  remove(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let waiting = Buffer.alloc(0);
    let begun = false;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (data) => {
      waiting = Buffer.concat([waiting, data]);
      while (!begun) {
        const end = waiting.indexOf('\r\n');
        if (end === -1) return;
        const line = waiting.subarray(0, end).toString('latin1').replace('\0', '');
        waiting = waiting.subarray(end + 2);
        if (line.startsWith('AUTH EXTERNAL')) socket.write('OK 00112233445566778899aabbccddeeff\r\n');
        else if (line === 'BEGIN') begun = true;
        else socket.write('ERROR\r\n');
      }
      for (;;) {
        const message = readMessage(waiting);
        if (message === undefined) return;
        waiting = waiting.subarray(message.bytes);
        if (message.kind === kind.call) this.#answer(socket, message);
      }
    });
  }

  #answer(socket: Socket, call: Message): void {
    const { member } = call;
    const { body } = call;
    const reply = (signature: string, written: Writer = new Writer()) =>
      this.#send(socket, kind.answer, [[field.replySerial, 'u', call.serial]], signature, written);
    if (call.interface === bus) {
      if (member === 'Hello') reply('s', new Writer().string(caller));
      else if (member === 'NameHasOwner')
        reply('b', new Writer().uint32(body.string() === notifications ? 1 : 0));
      else if (member === 'GetNameOwner' && body.string() === notifications)
        reply('s', new Writer().string(server));
      else if (member === 'StartServiceByName' || member === 'RequestName')
        reply('u', new Writer().uint32(1));
      else if (member === 'AddMatch' || member === 'RemoveMatch') reply('');
      else if (member === 'ListNames' || member === 'ListActivatableNames')
        reply('as', new Writer().strings([bus, notifications]));
      else this.#refuse(socket, call);
    } else if (call.interface === notifications) {
      this.#browser = socket;
      if (member === 'GetCapabilities') reply('as', new Writer().strings(['actions', 'body']));
      else if (member === 'GetServerInformation') {
        const words = new Writer().string('desktop').string('PeerPrint').string('1').string('1.2');
        reply('ssss', words);
      } else if (member === 'Notify') {
        body.string();
        const replaces = body.uint32();
        body.string();
        const id = replaces === 0 ? ++this.#lastId : replaces;
        this.#shown.set(id, { id, title: body.string(), text: body.string() });
        reply('u', new Writer().uint32(id));
      } else if (member === 'CloseNotification') {
        const id = body.uint32();
        this.#shown.delete(id);
        reply('');
        const closedByCall = 3;
        this.#signal('NotificationClosed', 'uu', new Writer().uint32(id).uint32(closedByCall));
      } else this.#refuse(socket, call);
    } else this.#refuse(socket, call);
  }

  #refuse(socket: Socket, call: Message): void {
    const fields: Field[] = [
      [field.error, 's', 'org.freedesktop.DBus.Error.UnknownMethod'],
      [field.replySerial, 'u', call.serial],
    ];
    this.#send(socket, kind.error, fields, '', new Writer());
  }

  #signal(member: string, signature: string, body: Writer): void {
    if (this.#browser === undefined) throw new Error('no browser has shown a notification');
    const fields: Field[] = [
      [field.path, 'o', '/org/freedesktop/Notifications'],
      [field.interface, 's', notifications],
      [field.member, 's', member],
    ];
    this.#send(this.#browser, kind.signal, fields, signature, body);
  }

  #send(socket: Socket, type: number, fields: readonly Field[], signature: string, body: Writer): void {
    const all: Field[] = [...fields, [field.destination, 's', caller], [field.sender, 's', server]];
    if (signature !== '') all.push([field.signature, 'g', signature]);
    const head = new Writer();
    head.byte('l'.charCodeAt(0)).byte(type).byte(0).byte(1);
    head.uint32(body.length).uint32(++this.#serial).fields(all).align(8);
    socket.write(Buffer.concat([head.done(), body.done()]));
  }
}

type Field = readonly [number: number, signature: 'o' | 's' | 'g' | 'u', value: string | number];

/** Writes little-endian values, each at a multiple of its size. */
class Writer {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  done(): Buffer {
    return Buffer.from(this.#bytes);
  }

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }

  byte(value: number): this {
    this.#bytes.push(value);
    return this;
  }

  uint32(value: number): this {
    this.align(4);
    for (let shift = 0; shift < 32; shift += 8) this.#bytes.push((value >>> shift) & 255);
    return this;
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    this.uint32(bytes.length);
    this.#bytes.push(...bytes, 0);
    return this;
  }

  /** Of at most 255 bytes. */
  signature(text: string): this {
    this.#bytes.push(text.length, ...Buffer.from(text), 0);
    return this;
  }

  strings(texts: readonly string[]): this {
    const at = this.uint32(0).length;
    for (const text of texts) this.string(text);
    return this.#setLength(at);
  }

  fields(all: readonly Field[]): this {
    const at = this.uint32(0).align(8).length;
    for (const [number, signature, value] of all) {
      this.align(8).byte(number).signature(signature);
      if (typeof value === 'number') this.uint32(value);
      else if (signature === 'g') this.signature(value);
      else this.string(value);
    }
    return this.#setLength(at);
  }

  /** Writes the length of an array whose first item begins at `at` before it. */
  #setLength(at: number): this {
    const length = new Writer().uint32(this.#bytes.length - at);
    // The length of an array of structures stands 4 bytes before the first of them too: the header's one begins at 16.
    this.#bytes.splice(at - 4, 4, ...length.#bytes);
    return this;
  }
}

/** Reads what a browser wrote, little-endian as on all machines that it runs on. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  align(to: number): void {
    this.#at = Math.ceil(this.#at / to) * to;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  uint32(): number {
    this.align(4);
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }

  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.byte());
  }

  #text(length: number): string {
    const text = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length + 1;
    return text;
  }
}

interface Message {
  readonly kind: number;
  readonly serial: number;
  readonly interface: string;
  readonly member: string;
  readonly body: Reader;
  /** Of the whole message. */
  readonly bytes: number;
}

/** The first message of what came; undefined while it is not whole. */
function readMessage(bytes: Buffer): Message | undefined {
  const fixedBytes = 16;
  if (bytes.length < fixedBytes) return undefined;
  const bodyLength = bytes.readUInt32LE(4);
  const fieldsEnd = fixedBytes + bytes.readUInt32LE(12);
  const bodyAt = Math.ceil(fieldsEnd / 8) * 8;
  if (bytes.length < bodyAt + bodyLength) return undefined;
  const texts = new Map<number, string>();
  const head = new Reader(bytes, fixedBytes);
  while (head.at < fieldsEnd) {
    head.align(8);
    const number = head.byte();
    const signature = head.signature();
    if (signature === 'u') head.uint32();
    else texts.set(number, signature === 'g' ? head.signature() : head.string());
  }
  return {
    kind: bytes.readUInt8(1),
    serial: bytes.readUInt32LE(8),
    interface: texts.get(field.interface) ?? '',
    member: texts.get(field.member) ?? '',
    body: new Reader(bytes.subarray(bodyAt, bodyAt + bodyLength)),
    bytes: bodyAt + bodyLength,
  };
}
