import { type Bytes, type Clock, type PeerId, TokenBuckets, equalBytes, hex } from '../../base/index.ts';
import {
  type Applied,
  type OpenEnvelope,
  type QueueRefusal,
  type SignedCommand,
  malformed,
} from '../../queue/index.ts';
import { authorsWatchedMax, commandBytesRate, commandRate, wastedCommandRate } from '../limits.ts';
import type { CommandReply } from '../wire-shapes.ts';

export interface CommandDeskPorts {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly self: PeerId;
  /** Digest of the queue. */
  readonly queue: Bytes;
  readonly opener: () => OpenEnvelope;
  readonly isMember: (peer: PeerId) => boolean;
  /** The term in which this peer leads and has applied all that came before; undefined while it may not admit anything. */
  readonly term: () => number | undefined;
  readonly leader: () => PeerId | undefined;
  /** Puts an envelope into the log; false when this peer does not lead. */
  readonly propose: (envelope: Uint8Array) => boolean;
}

/**
 * The leader's desk: what members want to be put into the log. Whoever is no member is not read. Each author is held to rates of commands and
 * bytes, and to a low one of such that come to nothing: who is over them is told to wait, which is neither logged nor uses up a number.
 * A command that is under way already is not put into the log a second time. This peer's own commands are held to nothing.
 */
export class CommandDesk {
  readonly #ports: CommandDeskPorts;
  readonly #commands: TokenBuckets<PeerId>;
  readonly #bytes: TokenBuckets<PeerId>;
  /** Taken from by every command, and given back by those that were of use. */
  readonly #wasted: TokenBuckets<PeerId>;
  /** What this leader has proposed and not applied yet, by author and number. */
  readonly #underWay = new Set<string>();
  #term: number | undefined;

  constructor(ports: CommandDeskPorts) {
    this.#ports = ports;
    const { clock } = ports;
    this.#commands = new TokenBuckets(clock, commandRate, authorsWatchedMax);
    this.#bytes = new TokenBuckets(clock, commandBytesRate, authorsWatchedMax);
    this.#wasted = new TokenBuckets(clock, wastedCommandRate, authorsWatchedMax);
  }

  /** A signed command that a peer brings: its own, for nobody else's is taken from it. */
  admit(from: PeerId, envelope: Uint8Array): CommandReply {
    const { self, isMember } = this.#ports;
    const term = this.#follow();
    if (term === undefined) return this.#notLeader(from);
    if (!isMember(from)) return refused({ code: 'not-a-member' });
    const isHeld = from !== self;
    const waitMs = isHeld ? this.#wasted.take(from) : 0;
    if (waitMs > 0) return later(waitMs);
    const opened = this.#ports.opener()(envelope);
    if (!opened.ok) return { kind: 'refused', refusal: opened.refusal };
    const refusal = this.#judge(from, opened.value);
    if (refusal !== undefined) return refusal;
    const key = keyOf(opened.value);
    if (this.#underWay.has(key)) {
      // Offered again while it is slow: that is no waste.
      this.#wasted.give(from);
      return { kind: 'accepted' };
    }
    const tooFastMs = isHeld ? this.#pass(from, envelope.length) : 0;
    if (tooFastMs > 0) return later(tooFastMs);
    this.#underWay.add(key);
    if (this.#ports.propose(envelope)) return { kind: 'accepted' };
    this.#underWay.delete(key);
    this.#wasted.give(from);
    return this.#notLeader(from);
  }

  /** What became of a command: one that was of use counts as no waste. */
  applied({ author, session, seq, result, repeated }: Applied): void {
    if (author === undefined || this.#follow() === undefined) return;
    if (session === 0) {
      for (const key of this.#underWay) if (key.startsWith(`${author}/0/`)) this.#underWay.delete(key);
      return;
    }
    const wasUnderWay = this.#underWay.delete(`${author}/${session}/${seq}`);
    if (wasUnderWay && result.kind === 'committed' && !repeated) this.#wasted.give(author);
  }

  #judge(from: PeerId, { author, queue, command }: SignedCommand): CommandReply | undefined {
    if (author !== from) return refused(malformed('author'));
    if (!equalBytes(queue, this.#ports.queue)) return refused({ code: 'wrong-queue', of: 'command' });
    if (command.type === 'join' || command.type === 'rejoin') return refused(malformed('protocol'));
    return undefined;
  }

  /** Another term is another log: what was under way in the last one may be cut off. */
  #follow(): number | undefined {
    const term = this.#ports.term();
    if (term !== this.#term) this.#underWay.clear();
    this.#term = term;
    return term;
  }

  /** Takes one command of so many bytes, or nothing. @returns 0, or the ms until there is room for it */
  #pass(from: PeerId, bytes: number): number {
    const tooManyMs = this.#commands.take(from);
    const waitMs = tooManyMs > 0 ? tooManyMs : this.#bytes.take(from, bytes);
    if (waitMs === 0) return 0;
    if (tooManyMs === 0) this.#commands.give(from);
    this.#wasted.give(from);
    return waitMs;
  }

  /** Strangers need not know who leads. */
  #notLeader(asker: PeerId): CommandReply {
    const leader = this.#ports.isMember(asker) ? this.#ports.leader() : undefined;
    return { kind: 'not-leader', leader: leader === this.#ports.self ? null : (leader ?? null) };
  }
}

/** A command without a session is known by what it carries. */
function keyOf({ author, session, seq, bytes }: SignedCommand): string {
  return session === 0 ? `${author}/0/${hex(bytes.subarray(-24))}` : `${author}/${session}/${seq}`;
}

function later(afterMs: number): CommandReply {
  return { kind: 'later', afterMs };
}

function refused(refusal: QueueRefusal): CommandReply {
  return { kind: 'refused', refusal };
}
