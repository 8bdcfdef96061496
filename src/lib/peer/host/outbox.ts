import * as v from 'valibot';
import {
  type Bytes,
  type Clock,
  type Log,
  type PeerId,
  type Random,
  base64url,
  encode,
  messageOf,
  parse,
  shape,
} from '../../base/index.ts';
import {
  type Applied,
  type Command,
  type QueueRefusal,
  commandSchemas,
  signCommand,
  unfit,
} from '../../queue/index.ts';
import type { Store } from '../../storage/port.ts';
import type { SettledFacts } from '../view-facts.ts';
import type { Identity } from '../identity.ts';
import {
  commandPatienceMs,
  commandRetryMs,
  commandSeekMs,
  commandsInFlightMax,
  outboxMax,
} from '../limits.ts';

/** What a leader (or whoever was asked) said to an offered command. */
export type Offer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly refusal: QueueRefusal }
  /** No leader is known, or it did not answer: offered again later. */
  | { readonly kind: 'nobody' }
  /** The leader takes no more from this peer now. */
  | { readonly kind: 'later'; readonly afterMs: number };

export interface OutboxPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly identity: Identity;
  /** The 32-byte digest of the queue. */
  readonly queue: Bytes;
  /** The session that this peer opened with that nonce, as its own copy of the queue has it. */
  readonly sessionOf: (nonce: Bytes) => number | undefined;
  /** Who leads, as far as is known here. */
  readonly leader: () => PeerId | undefined;
  /** Brings a signed command to the leader. */
  readonly offer: (envelope: Bytes) => Promise<Offer>;
  /** The list of waiting commands changed. */
  readonly onChange: () => void;
}

export interface SubmitOptions {
  /** Whether it must outlive this browser's process. True unless said otherwise; a lease's renewal need not. */
  readonly kept?: boolean;
  /** Called once it is on disk: from then on it can't be lost. */
  readonly onKept?: () => void;
}

interface Item {
  readonly key: string;
  readonly text: string;
  readonly sinceMs: number;
  readonly command: Command;
  /** Set once it is signed under a session; from then on it is only ever sent as it is. */
  envelope: Bytes | undefined;
  session: number;
  seq: number;
  /** It is being written to disk, or a leader is asked. */
  offering: boolean;
  /** How often a leader was asked; only the answer to the last question counts. */
  asks: number;
  /** A leader was asked and has not answered. */
  asked: boolean;
  /** Not offered again before this time of our monotonic clock. */
  againAtMs: number;
  readonly settle: ((settled: SettledFacts) => void)[];
  readonly kept: boolean;
  done: boolean;
}

const itemBytesMax = 128 * 1024;
export const outboxItemSchema = v.strictObject({
  v: v.literal(1),
  text: v.string(),
  sinceMs: v.number(),
  envelope: v.nullable(v.custom<Bytes>((x) => x instanceof Uint8Array)),
  session: v.number(),
  seq: v.number(),
  command: v.looseObject({ type: v.string() }),
});

/**
 * Commands of this peer for one queue, from the person's hand until they have settled. Each is on disk before it is sent and is sent
 * again until the log shows what became of it; the queue applies it once, however often it arrives (sessions, dissertation 6.3).
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #items: Item[] = [];
  #session = 0;
  #nextSeq = 1;
  #opening: { readonly envelope: Bytes; readonly nonce: Bytes } | undefined;
  #offeringSession = false;
  /** Counts the askings, so that an answer to an earlier one changes nothing any more. */
  #sessionAsks = 0;
  #sessionAgainAtMs = -Infinity;
  #cancelRetry: (() => void) | undefined;
  #closed = false;
  #counter = 0;
  /** The time in the newest key: keys ascend also where the clock was set back, or what happened to prints would be told out of order. */
  #orderMs = 0;
  #leader: PeerId | undefined;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** Reads what an earlier life of this browser left unsettled. Call before `submit`. */
  async load(): Promise<void> {
    const prefix = this.#prefix();
    const stored = await this.#ports.store.entries('outbox');
    for (const [key, bytes] of [...stored].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!key.startsWith(prefix)) continue;
      this.#orderMs = Math.max(this.#orderMs, Number(key.slice(prefix.length).split('-')[0]) + 1);
      const parsed = parse(outboxItemSchema, bytes, itemBytesMax);
      if (!parsed.ok) {
        this.#ports.log.warn(
          `an unsettled command could not be read and was put aside: ${parsed.refusal.text}`,
        );
        continue;
      }
      const { text, sinceMs, envelope, session, seq, command } = parsed.value;
      this.#items.push({
        key,
        text,
        sinceMs,
        command: command as unknown as Command,
        envelope: envelope ?? undefined,
        session,
        seq,
        offering: false,
        asks: 0,
        asked: false,
        againAtMs: -Infinity,
        settle: [],
        kept: true,
        done: false,
      });
    }
    this.pump();
  }

  /** Commands not settled yet, oldest first. */
  pending(): readonly { readonly text: string; readonly sinceMs: number }[] {
    return this.#items.map(({ text, sinceMs }) => ({ text, sinceMs }));
  }

  /** The commands themselves, oldest first. */
  commands(): readonly Command[] {
    return this.#items.map(({ command }) => command);
  }

  /** Whether a command that fits is waiting. */
  holds(fits: (command: Command) => boolean): boolean {
    return this.#items.some((item) => fits(item.command));
  }

  /**
   * Takes a command over. Resolves when the log has shown its end, or with `unknown` when that takes longer than a person waits;
   * it is then still in the outbox and goes on being offered.
   *
   * @param text what a person calls it, for the list of what waits
   */
  async submit(command: Command, text: string, options: SubmitOptions = {}): Promise<SettledFacts> {
    const kept = options.kept ?? true;
    // What cannot be a command is never taken over: it could be neither signed nor settled, and would wait for ever.
    const shaped = shape(commandSchemas[command.type], command);
    if (!shaped.ok) return { kind: 'refused', refusal: unfit(shaped.refusal) };
    if (this.#items.length >= outboxMax) {
      return {
        kind: 'refused',
        refusal: {
          code: 'outbox-full',
          text: `${outboxMax} changes are waiting for the other peers already. Wait until they are back, then try again.`,
        },
      };
    }
    const sinceMs = this.#ports.clock.wallMs();
    this.#orderMs = Math.max(this.#orderMs, Math.floor(sinceMs));
    const order = `${this.#orderMs.toString().padStart(15, '0')}-${(this.#counter++).toString().padStart(6, '0')}`;
    const item: Item = {
      key: `${this.#prefix()}${order}`,
      text,
      sinceMs,
      command,
      envelope: undefined,
      session: 0,
      seq: 0,
      offering: false,
      asks: 0,
      asked: false,
      againAtMs: -Infinity,
      settle: [],
      kept,
      done: false,
    };
    this.#items.push(item);
    const settled = new Promise<SettledFacts>((resolve) => {
      const cancel = this.#ports.clock.after(commandPatienceMs, () =>
        resolve({ kind: 'unknown', why: 'too-few-peers' }),
      );
      item.settle.push((end) => {
        cancel();
        resolve(end);
      });
    });
    // Signed at once where that is possible, so that one write is enough.
    if (this.#session !== 0) item.envelope = this.#sign(item);
    item.offering = true;
    try {
      await this.#keep(item);
    } catch (error) {
      // Neither kept nor sent: whoever asked is told so, and nothing of it stays behind.
      this.#end(item, { kind: 'unknown', why: 'not-kept' });
      throw error;
    }
    item.offering = false;
    options.onKept?.();
    this.#ports.onChange();
    this.pump();
    return settled;
  }

  /** Watches the log: what became of our commands. */
  applied(applied: Applied): void {
    if (applied.author !== this.#ports.identity.peer) return;
    if (applied.session === 0) {
      this.#beginSession();
      return;
    }
    const item = this.#items.find((each) => each.session === applied.session && each.seq === applied.seq);
    if (item === undefined) return;
    if (applied.result.kind === 'committed') this.#end(item, { kind: 'committed', index: applied.index });
    else if (applied.result.refusal.code === 'session-expired') this.#sessionLost(item);
    // Who was taken out may come back: what it has to tell waits for that.
    else if (applied.result.refusal.code === 'not-a-member') return;
    else this.#end(item, { kind: 'refused', refusal: applied.result.refusal });
  }

  /** Offers what waits. Called when anything changed that could let it settle: a leader, a connection, time. */
  pump(): void {
    if (this.#closed) return;
    this.#heedLeader();
    if (this.#items.length === 0) return;
    if (this.#session === 0) this.#beginSession();
    if (this.#session === 0) {
      // Envelopes signed in an earlier life carry their own session and need no new one.
      if (this.#items.some((item) => item.envelope === undefined)) void this.#openSession();
    }
    const now = this.#ports.clock.monotonicMs();
    let inFlight = 0;
    let awaited = false;
    for (const item of this.#items) {
      if (inFlight >= commandsInFlightMax) break;
      if (isAboutPrints(item.command)) {
        if (awaited) continue;
        awaited = true;
      }
      if (item.envelope === undefined && this.#session === 0) continue;
      inFlight += 1;
      if (!item.offering && now >= item.againAtMs) void this.#offer(item);
    }
    this.#cancelRetry ??= this.#ports.clock.after(commandSeekMs, () => {
      this.#cancelRetry = undefined;
      this.pump();
    });
  }

  /** Offers nothing any more. Who waits for an answer is told that there is none yet. */
  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    for (const { settle } of this.#items)
      for (const tell of settle.splice(0)) tell({ kind: 'unknown', why: 'closed' });
  }

  /** Another one leads: what its predecessor was asked, and may never answer, is asked of it at once. */
  #heedLeader(): void {
    const leader = this.#ports.leader();
    if (leader === undefined || leader === this.#leader) return;
    this.#leader = leader;
    this.#sessionAgainAtMs = -Infinity;
    this.#sessionAsks += 1;
    this.#offeringSession = false;
    for (const item of this.#items) {
      item.againAtMs = -Infinity;
      if (!item.asked) continue;
      item.asks += 1;
      item.asked = false;
      item.offering = false;
    }
  }

  async #offer(item: Item): Promise<void> {
    item.offering = true;
    let ask = item.asks;
    try {
      if (item.envelope === undefined) {
        const envelope = this.#sign(item);
        // On disk before it is sent: after a crash the same envelope goes out again, never a second one.
        await this.#keep(item, envelope);
        item.envelope = envelope;
      }
      ask = item.asks += 1;
      item.asked = true;
      const offer = await this.#ports.offer(item.envelope);
      if (item.asks !== ask) return;
      item.againAtMs = this.#nextOfferMs(offer);
      if (offer.kind === 'refused') {
        if (offer.refusal.code === 'session-expired') this.#sessionLost(item);
        else this.#end(item, { kind: 'refused', refusal: offer.refusal });
      }
    } catch (error) {
      this.#ports.log.warn(`a command could not be offered: ${messageOf(error)}`);
    } finally {
      if (item.asks === ask) {
        item.asked = false;
        item.offering = false;
      }
    }
  }

  #sign(item: Item): Bytes {
    item.session = this.#session;
    item.seq = this.#nextSeq++;
    // What waits for its turn is signed late, so that the list is not in the order of the numbers.
    const unsettled = this.#items.filter((each) => each.session === item.session).map(({ seq }) => seq);
    const lowest = Math.min(item.seq, ...unsettled);
    return signCommand(
      this.#ports.identity.seed,
      { queue: this.#ports.queue, session: item.session, seq: item.seq, ack: lowest },
      item.command,
    );
  }

  async #openSession(): Promise<void> {
    if (this.#offeringSession || this.#ports.clock.monotonicMs() < this.#sessionAgainAtMs) return;
    this.#offeringSession = true;
    const ask = (this.#sessionAsks += 1);
    try {
      if (this.#opening === undefined) {
        const nonce = this.#ports.random.bytes(16);
        const envelope = signCommand(
          this.#ports.identity.seed,
          { queue: this.#ports.queue, session: 0, seq: 0, ack: 0 },
          { type: 'open-session', nonce },
        );
        this.#opening = { envelope, nonce };
      }
      const offer = await this.#ports.offer(this.#opening.envelope);
      if (this.#sessionAsks === ask) this.#sessionAgainAtMs = this.#nextOfferMs(offer);
    } catch (error) {
      this.#ports.log.warn(`a session could not be opened: ${messageOf(error)}`);
    } finally {
      if (this.#sessionAsks === ask) this.#offeringSession = false;
    }
  }

  /**
   * Takes the session into use that we asked for, once the queue has it. Told by its nonce: after a restart the log shows sessions of
   * earlier lives again, whose numbers are used up, and what a snapshot brought is shown by no entry.
   */
  #beginSession(): void {
    const session = this.#opening === undefined ? undefined : this.#ports.sessionOf(this.#opening.nonce);
    if (session === undefined) return;
    this.#session = session;
    this.#nextSeq = 1;
    this.#opening = undefined;
    this.pump();
  }

  /** When something that was offered is offered again: an accepted command is on its way, a missing leader may be back soon. */
  #nextOfferMs(offer: Offer): number {
    const pause =
      offer.kind === 'later'
        ? Math.max(commandSeekMs, offer.afterMs)
        : offer.kind === 'nobody'
          ? commandSeekMs
          : commandRetryMs;
    return this.#ports.clock.monotonicMs() + pause;
  }

  /** The queue has forgotten the session: whether the command was applied cannot be known, and it is not sent again, a report apart. */
  #sessionLost(item: Item): void {
    if (item.session === this.#session) this.#session = 0;
    if (item.command.type === 'finish') {
      // How a print ended may be said twice: the queue records it once, and it must not be forgotten.
      item.envelope = undefined;
      item.session = 0;
      this.pump();
      return;
    }
    this.#end(item, { kind: 'unknown', why: 'forgotten' });
  }

  #end(item: Item, settled: SettledFacts): void {
    if (item.done) return;
    item.done = true;
    this.#items.splice(this.#items.indexOf(item), 1);
    if (item.kept) this.#forget(item);
    for (const settle of item.settle) settle(settled);
    this.#ports.onChange();
    this.pump();
  }

  #forget(item: Item): void {
    this.#ports.store.delete('outbox', item.key).catch((error: unknown) => {
      // Harmless: it is offered once more after a restart and answered from the session's memory.
      this.#ports.log.warn(`a settled command could not be removed: ${messageOf(error)}`);
    });
  }

  async #keep(item: Item, envelope = item.envelope): Promise<void> {
    if (!item.kept) return;
    const { text, sinceMs, session, seq, command } = item;
    const record = { v: 1, text, sinceMs, envelope: envelope ?? null, session, seq, command };
    await this.#ports.store.put('outbox', item.key, encode(record));
  }

  #prefix(): string {
    return `${base64url(this.#ports.queue)}/`;
  }
}

/**
 * What happened to prints and beds is told in the order in which it happened, one after the other: offers overtake each other on their
 * way, and a start that is heard of before the end of the print before it would be refused.
 */
function isAboutPrints({ type }: Command): boolean {
  return (
    type === 'starting' || type === 'started' || type === 'finish' || type === 'set-bed' || type === 'release'
  );
}
