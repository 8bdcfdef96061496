import type { PeerId } from '../base/index.ts';
import { equalBytes } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import type { SignedCommand } from './envelope.ts';
import * as limits from './limits.ts';
import type { QueueRefusal } from './refusals.ts';
import { malformed } from './refusals.ts';
import type { Settled } from './state.ts';
import type { Answer, Session, Tables, Turn } from './tables.ts';

/**
 * Client sessions, after the Raft dissertation, section 6.3: a command is applied once, however often it is sent, also
 * across snapshots and leader changes.
 */

/** Drops sessions that were not used for too long. They stand in order of their last use. */
export function expireSessions(tables: Tables): void {
  for (;;) {
    const id = tables.sessions.oldest();
    const session = id === undefined ? undefined : tables.sessions.get(id);
    if (id === undefined || session === undefined) return;
    if (session.usedMs + limits.sessionLifeMs > tables.stampMs) return;
    tables.sessions.delete(id);
  }
}

/** Virtual time at which the first of them has not been used for too long. */
export function firstExpiryMs({ sessions }: Pick<Tables, 'sessions'>): number | undefined {
  const id = sessions.oldest();
  const session = id === undefined ? undefined : sessions.get(id);
  return session === undefined ? undefined : session.usedMs + limits.sessionLifeMs;
}

export function openSession(turn: Turn, command: CommandOf<'open-session'>): Answer {
  const { tables, author } = turn;
  if (turn.member === undefined) {
    return { code: 'not-a-member' };
  }
  let count = 0;
  let leastUsed: Session | undefined;
  for (const session of tables.sessions.values()) {
    if (session.author !== author) continue;
    if (equalBytes(session.nonce, command.nonce)) return session.id;
    leastUsed ??= session;
    count++;
  }
  if (count >= limits.sessionsPerMemberMax && leastUsed !== undefined) tables.sessions.delete(leastUsed.id);
  tables.sessions.set(tables.index, {
    id: tables.index,
    author,
    nonce: command.nonce,
    usedMs: tables.stampMs,
    low: 1,
    results: new Map(),
  });
  return tables.index;
}

/** Where a command stands in its session: to be applied, answered before, or refused. */
export type Place =
  | { readonly kind: 'new'; readonly session: Session }
  | { readonly kind: 'repeated'; readonly result: Settled }
  | { readonly kind: 'refused'; readonly refusal: QueueRefusal };

export function placeOf(tables: Tables, author: PeerId, signed: SignedCommand): Place {
  const session = tables.sessions.get(signed.session);
  if (session?.author !== author) {
    return refused({ code: 'session-expired' });
  }
  if (signed.seq < 1 || signed.ack > signed.seq) return refused(malformed('numbers'));
  // Used now: to the end of the order in which sessions expire.
  tables.sessions.delete(session.id);
  tables.sessions.set(session.id, session);
  session.usedMs = tables.stampMs;
  if (signed.ack > session.low) {
    if (signed.ack - session.low > session.results.size) {
      for (const seq of session.results.keys()) if (seq < signed.ack) session.results.delete(seq);
    } else {
      for (let seq = session.low; seq < signed.ack; seq++) session.results.delete(seq);
    }
    session.low = signed.ack;
  }
  if (signed.seq < session.low) return refused({ code: 'already-settled' });
  const result = session.results.get(signed.seq);
  if (result !== undefined) return { kind: 'repeated', result };
  if (signed.seq >= session.low + limits.sessionWindow) {
    return refused({ code: 'session-window' });
  }
  return { kind: 'new', session };
}

function refused(refusal: QueueRefusal): Place {
  return { kind: 'refused', refusal };
}
