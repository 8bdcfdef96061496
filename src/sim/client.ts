import { type Random, must } from '../lib/base/index.ts';
import type { Applied } from '../lib/queue/index.ts';
import { commandBytes, writeCommand } from './commands.ts';
import type { Operation } from './linearizable.ts';

/** What a client may do to the world. */
export interface ClientPorts {
  readonly random: Random;
  readonly digest: Uint8Array;
  readonly keys: number;
  readonly after: (delayMs: number, run: () => void) => void;
  /** Moments that only grow, for the history. */
  readonly moment: () => number;
  readonly nextNumber: () => number;
  /** Offers a command to some replica; whoever leads may take it. */
  readonly offer: (client: SimClient, number: number, bytes: Uint8Array) => void;
  /** Asks some replica for a linearizable read. */
  readonly ask: (client: SimClient, context: number, key: number) => void;
}

interface Wish {
  readonly kind: 'open' | 'read' | 'write';
  readonly key: number;
  readonly value: number;
  readonly called: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** One chance in this many, per retry, that a client gives up and starts over as another session: a tab was reloaded. */
const givesUpOneIn = 24;

/** A client with one wish at a time, repeated until it is answered. What it saw is its history. */
export class SimClient {
  readonly history: Operation[] = [];
  /** The replica in its own browser: half of its wishes go there. */
  home = 0;
  /** Wishes it may still begin; then it rests. */
  wishesLeft = Infinity;
  mayGiveUp = true;
  readonly #ports: ClientPorts;
  #session = 0;
  #seq = 0;
  #wish: Wish | undefined;
  #contexts = new Set<number>();

  constructor(ports: ClientPorts) {
    this.#ports = ports;
  }

  get rests(): boolean {
    return this.#wish === undefined && this.wishesLeft <= 0;
  }

  get wish(): string {
    return this.#wish === undefined ? 'nothing' : `${this.#wish.kind} ${this.#wish.key}`;
  }

  begin(): void {
    const { random } = this.#ports;
    if (this.#wish !== undefined || this.wishesLeft <= 0) return;
    this.wishesLeft--;
    this.#contexts.clear();
    if (this.#session === 0) this.#openSession();
    else if (random.below(2) === 0) this.#wishFor('read', 0, new Uint8Array());
    else this.#write();
    this.#send();
  }

  /** Its command was applied on the replica that took it. */
  settled(number: number, applied: Applied): void {
    const wish = this.#wish;
    if (wish?.number !== number || wish.kind === 'read') return;
    const { result } = applied;
    if (wish.kind === 'open') {
      if (result.kind === 'committed') {
        this.#session = must(result.value, 'a session has an id');
        this.#seq = 0;
      }
      this.#next();
    } else if (result.kind === 'committed') {
      this.#done(wish, wish.value, this.#ports.moment());
      this.#next();
    } else {
      // It may have been done before its session was forgotten: nobody knows any more.
      this.#forget();
    }
  }

  answered(context: number, value: number): void {
    const wish = this.#wish;
    if (wish?.kind !== 'read' || !this.#contexts.has(context)) return;
    this.#done(wish, value, this.#ports.moment());
    this.#next();
  }

  /** Ends the history: what is under way stays open. */
  close(): void {
    const wish = this.#wish;
    if (wish?.kind === 'write') this.#done(wish, wish.value, Infinity);
    this.#wish = undefined;
  }

  #openSession(): void {
    const { digest, random, nextNumber } = this.#ports;
    const number = nextNumber();
    const nonce = random.bytes(16);
    const bytes = commandBytes(
      digest,
      number,
      { session: 0, seq: 0, ack: 0 },
      { type: 'open-session', nonce },
    );
    this.#wish = { kind: 'open', key: 0, value: 0, called: 0, number, bytes };
  }

  #write(): void {
    const { digest, random, nextNumber, keys } = this.#ports;
    const number = nextNumber();
    const key = 1 + random.below(keys);
    const seq = ++this.#seq;
    const ack = Math.max(1, seq - random.below(4));
    const bytes = commandBytes(
      digest,
      number,
      { session: this.#session, seq, ack },
      writeCommand(key, number),
    );
    this.#wish = { kind: 'write', key, value: number, called: this.#ports.moment(), number, bytes };
  }

  #wishFor(kind: 'read', value: number, bytes: Uint8Array): void {
    const key = 1 + this.#ports.random.below(this.#ports.keys);
    this.#wish = { kind, key, value, called: this.#ports.moment(), number: 0, bytes };
  }

  #send(): void {
    const wish = this.#wish;
    if (wish === undefined) return;
    const { random } = this.#ports;
    if (wish.kind === 'read') {
      const context = this.#ports.nextNumber();
      this.#contexts.add(context);
      this.#ports.ask(this, context, wish.key);
    } else {
      this.#ports.offer(this, wish.number, wish.bytes);
    }
    this.#ports.after(100 + random.below(900), () => {
      if (this.#wish !== wish) return;
      if (this.mayGiveUp && random.below(givesUpOneIn) === 0) this.#forget();
      else this.#send();
    });
  }

  #forget(): void {
    this.close();
    this.#session = 0;
    this.#next();
  }

  #next(): void {
    this.#wish = undefined;
    this.#ports.after(this.#ports.random.below(120), () => this.begin());
  }

  #done(wish: Wish, value: number, returned: number): void {
    if (wish.kind === 'open') return;
    this.history.push({ key: wish.key, kind: wish.kind, value, called: wish.called, returned });
  }
}
