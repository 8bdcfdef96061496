import { type Bytes, type Clock, type PeerId, TokenBucket, equalBytes, hex } from '../../base/index.ts';
import type { Applied, OpenEnvelope, SignedCommand } from '../../queue/index.ts';
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

/** What a member may still ask for. */
interface Allowance {
  readonly commands: TokenBucket;
  readonly bytes: TokenBucket;
  /** Taken by every command, and given back by those that were of use. */
  readonly wasted: TokenBucket;
}

/**
 * The leader's desk: what members want to be put into the log. Whoever is no member is not read. Each author is held to rates of commands and
 * bytes, and to a low one of such that come to nothing: who is over them is told to wait, which is neither logged nor uses up a number.
 * A command that is under way already is not put into the log a second time. This peer's own commands are held to nothing.
 */
export class CommandDesk {
  readonly #ports: CommandDeskPorts;
  readonly #allowances = new Map<PeerId, Allowance>();
  /** What this leader has proposed and not applied yet, by author and number. */
  readonly #underWay = new Set<string>();
  #term: number | undefined;

  constructor(ports: CommandDeskPorts) {
    this.#ports = ports;
  }

  /** A signed command that a peer brings: its own, for nobody else's is taken from it. */
  admit(from: PeerId, envelope: Uint8Array): CommandReply {
    const { self, isMember } = this.#ports;
    const term = this.#follow();
    if (term === undefined) return this.#notLeader(from);
    if (!isMember(from)) return refused('not-a-member', 'This peer is no member of the queue.');
    const allowance = from === self ? undefined : this.#allowanceOf(from);
    const waitMs = allowance?.wasted.take() ?? 0;
    if (waitMs > 0) return later(waitMs);
    const opened = this.#ports.opener()(envelope);
    if (!opened.ok) return { kind: 'refused', refusal: opened.refusal };
    const refusal = this.#judge(from, opened.value);
    if (refusal !== undefined) return refusal;
    const key = keyOf(opened.value);
    if (this.#underWay.has(key)) {
      // Offered again while it is slow: that is no waste.
      allowance?.wasted.give();
      return { kind: 'accepted' };
    }
    if (allowance !== undefined) {
      const bytes = envelope.length;
      const tooMany = allowance.commands.take();
      const tooMuch = tooMany > 0 ? tooMany : allowance.bytes.take(bytes);
      if (tooMuch > 0) {
        if (tooMany === 0) allowance.commands.give();
        allowance.wasted.give();
        return later(tooMuch);
      }
    }
    this.#underWay.add(key);
    if (this.#ports.propose(envelope)) return { kind: 'accepted' };
    this.#underWay.delete(key);
    allowance?.wasted.give();
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
    if (wasUnderWay && result.kind === 'committed' && !repeated) this.#allowances.get(author)?.wasted.give();
  }

  #judge(from: PeerId, { author, queue, command }: SignedCommand): CommandReply | undefined {
    if (author !== from) return refused('malformed', 'A command is brought by its author.');
    if (!equalBytes(queue, this.#ports.queue))
      return refused('wrong-queue', 'This command is for another queue.');
    if (command.type === 'join' || command.type === 'rejoin')
      return refused('malformed', 'Who asks to join asks so by the protocol for it.');
    return undefined;
  }

  /** Another term is another log: what was under way in the last one may be cut off. */
  #follow(): number | undefined {
    const term = this.#ports.term();
    if (term !== this.#term) this.#underWay.clear();
    this.#term = term;
    return term;
  }

  #allowanceOf(peer: PeerId): Allowance {
    const known = this.#allowances.get(peer);
    if (known !== undefined) return known;
    if (this.#allowances.size >= authorsWatchedMax) this.#forget();
    const { clock } = this.#ports;
    const allowance = {
      commands: new TokenBucket(clock, commandRate),
      bytes: new TokenBucket(clock, commandBytesRate),
      wasted: new TokenBucket(clock, wastedCommandRate),
    };
    this.#allowances.set(peer, allowance);
    return allowance;
  }

  /** Who has used nothing lately, or is no member any more, is as one who never came. Members alone are watched, so that they are few. */
  #forget(): void {
    for (const [peer, { commands, bytes, wasted }] of this.#allowances) {
      const isFull = commands.isFull && bytes.isFull && wasted.isFull;
      if (isFull || !this.#ports.isMember(peer)) this.#allowances.delete(peer);
    }
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

function refused(code: string, text: string): CommandReply {
  return { kind: 'refused', refusal: { code, text } };
}
