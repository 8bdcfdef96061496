import type { Bytes, JobId, PeerId, Result, SetId } from '../base/index.ts';
import { Fault, assert, equalBytes, must, ok } from '../base/index.ts';
import { sessionless } from './command.ts';
import { expirePrints } from './ending.ts';
import { decodeEntry, timeAfter } from './entry.ts';
import type { OpenEnvelope, SignedCommand } from './envelope.ts';
import { openEnvelope } from './envelope.ts';
import { openGenesis } from './genesis.ts';
import { goOnFrom } from './going-on.ts';
import { handle } from './handlers.ts';
import { rulesVersionMax } from './limits.ts';
import { judgeJoin, judgeRejoin } from './people.ts';
import type { QueueRefusal } from './refusals.ts';
import { malformed } from './refusals.ts';
import { expireSessions, firstExpiryMs, placeOf } from './sessions.ts';
import { defaultSettings } from './settings.ts';
import { readTables, writeTables } from './snapshot.ts';
import { StateHash } from './state-hash.ts';
import type { Applied, Change, Job, JobSet, QueueHead, QueueView, Settled } from './state.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { deadlineOf, emptyTables, isRefusal, putPrint } from './tables.ts';
import { proofOf, provesVote } from './vouchers.ts';

const committed: Settled = { kind: 'committed' };

/**
 * The replicated state of one queue: log entries in, what became of them out. Deterministic: every replica that applies
 * the same entries has the same snapshot bytes. It holds to this:
 *
 * 1. A refusal changes nothing but the session that asked.
 * 2. `prints`, the sets' `active` and the printers' `prints` name the same prints.
 * 3. Good and held copies of a set are never more than wanted, unless a person or the owner's rule gave a lost copy away,
 *    the job was made smaller, or a report came late.
 * 4. A printer has one print at most that is starting or started.
 * 5. The stamp never runs backwards nor past `stampMsMax`, and replica ids are never given twice.
 */
export class QueueState implements QueueView {
  readonly #tables: Tables;
  readonly #open: OpenEnvelope;
  readonly #hash: StateHash;
  #stopped = false;

  private constructor(tables: Tables, open: OpenEnvelope, rowSum?: Bytes) {
    this.#tables = tables;
    this.#open = open;
    this.#hash = new StateHash(tables, rowSum);
  }

  /**
   * The state of a queue before its first entry: its owner is its only member.
   * @param open opens envelopes; a `cachedOpener` saves checking signatures twice
   */
  static fromGenesis(
    signedGenesis: Uint8Array,
    open: OpenEnvelope = openEnvelope,
  ): Result<QueueState, QueueRefusal> {
    const opened = openGenesis(signedGenesis);
    if (!opened.ok) return opened;
    const { genesis, owner } = opened.value;
    const tables = emptyTables(opened.value, { ...defaultSettings, ...genesis.settings });
    tables.members.set(owner, {
      peer: owner,
      name: genesis.ownerName,
      role: 'owner',
      voter: true,
      replicaId: 1,
      incarnation: genesis.incarnation,
      joinedMs: 0,
    });
    return ok(new QueueState(tables, open));
  }

  /** The beginning of a queue that goes on from a copy of another; see `goOnFrom`. Codes: those of `restore`, and `wrong-queue`. */
  static goOn(
    snapshot: Uint8Array,
    signedGenesis: Uint8Array,
    open: OpenEnvelope = openEnvelope,
  ): Result<QueueState, QueueRefusal> {
    const tables = goOnFrom(snapshot, signedGenesis);
    return tables.ok ? ok(new QueueState(tables.value, open)) : tables;
  }

  /** Reads a snapshot. Codes: `malformed`, `rules-version`, and those of `openGenesis`. */
  static restore(snapshot: Uint8Array, open: OpenEnvelope = openEnvelope): Result<QueueState, QueueRefusal> {
    const read = readTables(snapshot);
    return read.ok ? ok(new QueueState(read.value.tables, open, read.value.rowSum)) : read;
  }

  get index() {
    return this.#tables.index;
  }
  get stampMs() {
    return this.#tables.stampMs;
  }
  get members() {
    return this.#tables.members;
  }
  get removed() {
    return this.#tables.removed;
  }
  get invitations() {
    return this.#tables.invitations;
  }
  get files() {
    return this.#tables.files;
  }
  get jobs() {
    return this.#tables.jobs;
  }
  get sets() {
    return this.#tables.sets;
  }
  get prints() {
    return this.#tables.prints;
  }
  get printers() {
    return this.#tables.printers;
  }
  get history() {
    return this.#tables.history;
  }
  get totals() {
    return this.#tables.totals;
  }
  /** The signed genesis. */
  get genesisBytes(): Bytes {
    return this.#tables.genesis.bytes;
  }
  /** What commands of this queue name in their envelope. */
  get digest(): Bytes {
    return this.#tables.genesis.digest;
  }
  /** True once an entry asked for rules that this build does not know: nothing is applied any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  get head(): QueueHead {
    const { genesis, name, rules, settings, relays, rendezvous, rendezvousDue } = this.#tables;
    return {
      id: genesis.id,
      name,
      owner: genesis.owner,
      createdWallMs: genesis.genesis.createdMs,
      lan: genesis.genesis.lan,
      continues: genesis.continues,
      rendezvous,
      rendezvousDue,
      rules,
      settings,
      relays,
    };
  }

  jobsInOrder(from?: JobId): IterableIterator<Job> {
    return this.#tables.jobs.from(from);
  }

  eachJob(visit: (job: Job, label: number, sets: readonly JobSet[]) => void): void {
    const { jobs, sets } = this.#tables;
    const setOf = sets.following((set) => set.id);
    const setThere = (id: SetId) => must(setOf(id), 'a job names sets that are there');
    jobs.each((job, label) => visit(job, label, job.sets.map(setThere)));
  }

  jobBefore(job: JobId): JobId | undefined {
    return this.#tables.jobs.before(job);
  }

  jobLabel(job: JobId): number {
    return this.#tables.jobs.labelOf(job);
  }

  /** Whether a session is known, for clients that ask before they send again. */
  hasSession(session: number, author: PeerId): boolean {
    return this.#tables.sessions.get(session)?.author === author;
  }

  /** The session that this author opened with that nonce, if it was opened and is still known. */
  sessionOf(author: PeerId, nonce: Uint8Array): number | undefined {
    for (const session of this.#tables.sessions.values()) {
      if (session.author === author && equalBytes(session.nonce, nonce)) return session.id;
    }
    return undefined;
  }

  /** The replica id that the next new member gets: all below are or were somebody's. */
  get nextReplicaId(): number {
    return this.#tables.nextReplicaId;
  }

  /**
   * What a `join` or `rejoin` would come to at that time of the log, changing nothing; undefined when it would be done. Its signature is not
   * looked at.
   */
  judgeEntry({ author, publicKey, command }: SignedCommand, stampMs: number): Settled | undefined {
    const entrant = { tables: this.#tables, author, publicKey, stampMs };
    const answer =
      command.type === 'join'
        ? judgeJoin(entrant, command)
        : command.type === 'rejoin'
          ? judgeRejoin(entrant, command)
          : malformed('join');
    return answer === undefined ? undefined : settled(answer);
  }

  /** The signed commands that prove a member's vote to a replica that does not know of it yet; see `provesVote`. */
  proofOf(peer: PeerId): readonly Bytes[] {
    return proofOf(this.#tables, peer);
  }

  /** Whether such a proof holds on top of what this state knows. */
  provesVote(peer: PeerId, envelopes: readonly Uint8Array[]): boolean {
    return provesVote(this.#tables, this.#open, peer, envelopes);
  }

  /**
   * Virtual time at which something happens by itself, or undefined. The leader must propose a tick by then, if
   * no command comes first.
   */
  nextDeadlineMs(): number | undefined {
    const { deadlines, invitations, stampMs } = this.#tables;
    let next = deadlines.first((id) => deadlineOf(this.#tables, id))?.atMs;
    const expiresMs = firstExpiryMs(this.#tables);
    if (expiresMs !== undefined && (next === undefined || expiresMs < next)) next = expiresMs;
    for (const invitation of invitations.values()) {
      const open =
        !invitation.revoked && invitation.uses < invitation.usesMax && invitation.expiresMs > stampMs;
      if (open && (next === undefined || invitation.expiresMs < next)) next = invitation.expiresMs;
    }
    return next;
  }

  /**
   * Applies the entry of a log index. Never refuses to go on but for `stopped`: what is wrong with a command is its result. After
   * `stopped` the state can still be read, but neither applied to nor saved: load the last snapshot with a newer build.
   */
  apply(index: number, data: Uint8Array): Applied {
    const tables = this.#tables;
    if (this.#stopped) throw new Fault('a stopped state applies nothing');
    assert(index > tables.index, `entry ${index} was applied before`);
    const entry = decodeEntry(data);
    if (entry.kind === 'unknown') {
      this.#stopped = true;
      return { ...this.#nothing(index), stopped: 'rules-version' };
    }
    tables.index = index;
    if (entry.kind === 'empty') return this.#nothing(index);
    const beforeMs = tables.stampMs;
    tables.stampMs = timeAfter(tables.stampMs, entry.stampMs);
    const changed: Change[] = [];
    for (const { id, expiresMs } of tables.invitations.values())
      if (expiresMs > beforeMs && expiresMs <= tables.stampMs) changed.push({ kind: 'invitation', id });
    if (entry.kind === 'tick' && entry.grace) this.#grace(changed);
    expirePrints({ tables, changed });
    expireSessions(tables);
    if (entry.kind === 'tick') return { ...this.#nothing(index), changed };
    const opened = this.#open(entry.envelope);
    if (!opened.ok) {
      return { ...this.#nothing(index), changed, result: { kind: 'refused', refusal: opened.refusal } };
    }
    return this.#applyCommand(opened.value, changed);
  }

  /** The state as bytes; equal states have equal bytes. */
  snapshot(): Bytes {
    if (this.#stopped) throw new Fault('a stopped state is not saved');
    return writeTables(this.#tables, this.#hash.rowSum());
  }

  /** The state hash: equal on all replicas that applied the same entries. Costs as much as rows changed since it was last asked for. */
  hash(): Bytes {
    return this.#hash.digest();
  }

  /** The same, from every row anew: for a state whose snapshot came from somebody who is not believed. Costs as much as the queue is large. */
  provenHash(): Bytes {
    return this.#hash.proven();
  }

  #applyCommand(signed: SignedCommand, changed: Change[]): Applied {
    const tables = this.#tables;
    const done = (result: Settled, repeated = false, stopped = false): Applied => {
      const applied = {
        index: tables.index,
        stampMs: tables.stampMs,
        author: signed.author,
        session: signed.session,
        seq: signed.seq,
        result,
        repeated,
        changed,
      };
      return stopped ? { ...applied, stopped: 'rules-version' } : applied;
    };
    const refused = (refusal: QueueRefusal) => done({ kind: 'refused', refusal });
    if (!equalBytes(signed.queue, tables.genesis.digest)) {
      return refused({ code: 'wrong-queue', of: 'command' });
    }
    const member = tables.members.get(signed.author);
    const turn: Turn = {
      tables,
      author: signed.author,
      publicKey: signed.publicKey,
      envelope: signed.bytes,
      member,
      changed,
    };
    if (sessionless.has(signed.command.type)) {
      if (signed.session !== 0) return refused(malformed('session'));
      return done(settled(handle(turn, signed.command)));
    }
    if (signed.session === 0) return refused({ code: 'session-required' });
    if (member === undefined) {
      return refused({ code: 'not-a-member' });
    }
    const place = placeOf(tables, signed.author, signed);
    if (place.kind === 'refused') return done({ kind: 'refused', refusal: place.refusal });
    if (place.kind === 'repeated') return done(place.result, true);
    const { command } = signed;
    if (command.type === 'set-rules' && command.rules > rulesVersionMax && member.role === 'owner') {
      this.#stopped = true;
      return done(committed, false, true);
    }
    const result = settled(handle(turn, command));
    place.session.results.set(signed.seq, result);
    return done(result);
  }

  /**
   * A new leader: nobody could renew while there was none. Live leases get a whole one, and a print that is lost as long before the owner's rule gives it out
   * again, though no longer than that rule lets it be lost: its holder may be among those who are back, if it is still a member.
   */
  #grace(changed: Change[]): void {
    const tables = this.#tables;
    const { leaseMs, lostAfterMs } = tables.settings;
    const leaseUntilMs = tables.stampMs + leaseMs;
    const leastLostMs =
      lostAfterMs === null ? undefined : tables.stampMs + Math.min(0, leaseMs - lostAfterMs);
    for (const print of tables.prints.values()) {
      const turn = { tables, changed };
      if (print.lostMs === undefined) {
        if (print.leaseUntilMs < leaseUntilMs) putPrint(turn, { ...print, leaseUntilMs });
      } else if (
        leastLostMs !== undefined &&
        print.lostMs < leastLostMs &&
        tables.members.has(print.holder)
      ) {
        putPrint(turn, { ...print, lostMs: leastLostMs });
      }
    }
  }

  #nothing(index: number): Applied {
    return {
      index,
      stampMs: this.#tables.stampMs,
      author: undefined,
      session: 0,
      seq: 0,
      result: committed,
      repeated: false,
      changed: [],
    };
  }
}

function settled(answer: Answer): Settled {
  if (answer === undefined) return committed;
  return isRefusal(answer) ? { kind: 'refused', refusal: answer } : { kind: 'committed', value: answer };
}
