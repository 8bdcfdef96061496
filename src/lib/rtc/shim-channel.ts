import type { Bytes } from '../base/index.ts';
import type { ChannelState } from './channel.ts';
import { sizeOf } from './channel.ts';
import type { AnchorSession } from './session.ts';

type Handler<E extends Event = Event> = ((event: E) => void) | null;
type ErrorEventOf = Event & { readonly error: Error };

/**
 * The worker's side of a data channel. `bufferedAmount` counts the bytes on their way through the port too: it is
 * what the sender waits on, so a slow anchor holds the sender back instead of filling the port.
 */
export class ShimDataChannel extends EventTarget {
  /** The number both sides know this channel by. */
  readonly number: number;
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly negotiated: boolean;
  binaryType: BinaryType = 'arraybuffer';
  bufferedAmountLowThreshold = 0;
  onopen: Handler = null;
  onclosing: Handler = null;
  onclose: Handler = null;
  onerror: Handler<ErrorEventOf> = null;
  onbufferedamountlow: Handler = null;
  onmessage: Handler<MessageEvent> = null;
  #isOthersToClose = false;
  #id: number | null;
  #readyState: RTCDataChannelState;
  #sentBytes = 0;
  #goneBytes = 0;
  #session: AnchorSession | undefined;

  constructor(number: number, label: string, options: RTCDataChannelInit, state: ChannelState) {
    super();
    this.number = number;
    this.label = label;
    this.protocol = options.protocol ?? '';
    this.ordered = options.ordered ?? true;
    this.negotiated = options.negotiated ?? false;
    this.#id = state.id;
    this.#readyState = state.readyState;
    this.addEventListener('open', (event) => this.onopen?.(event));
    this.addEventListener('closing', (event) => this.onclosing?.(event));
    this.addEventListener('close', (event) => this.onclose?.(event));
    this.addEventListener('error', (event) => this.onerror?.(event as ErrorEventOf));
    this.addEventListener('bufferedamountlow', (event) => this.onbufferedamountlow?.(event));
    this.addEventListener('message', (event) => this.onmessage?.(event as MessageEvent));
  }

  get id(): number | null {
    return this.#id;
  }

  get readyState(): RTCDataChannelState {
    return this.#readyState;
  }

  get bufferedAmount(): number {
    return this.#sentBytes - this.#goneBytes;
  }

  send(data: string | ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
    if (this.#readyState !== 'open' || this.#session === undefined) {
      throw new DOMException(`The channel is ${this.#readyState}.`, 'InvalidStateError');
    }
    if (typeof data === 'string') {
      this.#sentBytes += sizeOf(data);
      this.#session.post({ kind: 'channel-send', channel: this.number, data });
      return;
    }
    // The caller keeps its bytes; the copy is handed over to the tab without another one.
    const copy = bytesOf(data).slice().buffer;
    this.#sentBytes += copy.byteLength;
    this.#session.post({ kind: 'channel-send', channel: this.number, data: copy }, [copy]);
  }

  /** Leaves it to the other side, which opened it, to close it. */
  leaveToOther(): void {
    this.#isOthersToClose = true;
  }

  close(): void {
    if (this.#isOthersToClose) return;
    if (this.#readyState === 'closing' || this.#readyState === 'closed') return;
    this.#readyState = 'closing';
    this.#session?.post({ kind: 'channel-close', channel: this.number });
  }

  bind(session: AnchorSession): void {
    this.#session = session;
    session.addChannel(this);
  }

  setState(state: ChannelState): void {
    this.#id = state.id;
    const before = this.#readyState;
    // An "open" that was under way when we closed the channel comes too late.
    if (
      before === state.readyState ||
      before === 'closed' ||
      (before === 'closing' && state.readyState === 'open')
    )
      return;
    this.#readyState = state.readyState;
    if (state.readyState === 'open') this.dispatchEvent(new Event('open'));
    else if (state.readyState === 'closing') this.dispatchEvent(new Event('closing'));
    else if (state.readyState === 'closed') {
      this.#session?.removeChannel(this);
      this.#session = undefined;
      this.dispatchEvent(new Event('close'));
    }
  }

  fail(text: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { error: new Error(text) }));
  }

  receive(data: ArrayBuffer | string): void {
    if (this.#readyState === 'closed') return;
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  /** `bytes` of all that was sent have left the tab. */
  acknowledge(bytes: number): void {
    const before = this.bufferedAmount;
    this.#goneBytes = bytes;
    const after = this.bufferedAmount;
    if (before > this.bufferedAmountLowThreshold && after <= this.bufferedAmountLowThreshold) {
      this.dispatchEvent(new Event('bufferedamountlow'));
    }
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Bytes {
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
