import type { Bytes, PeerId, Result } from '../base/index.ts';
import { Fault, messageOf, ok } from '../base/index.ts';
import { rendezvousBytes, roles } from './command.ts';
import { openGenesis } from './genesis.ts';

import { Reader, Unreadable, Writer, array, list, pick, repeat } from './pack.ts';
import { counterMax, rowSumBytes, rulesVersionMax, stampMsMax } from './limits.ts';
import type { QueueRefusal } from './refusals.ts';
import { malformed, refusalSchema } from './refusals.ts';
import { settingsSchema } from './settings.ts';
import { readEnded, readTotals, readWork, writeEnded, writeTotals, writeWork } from './snapshot-work.ts';
import type { HistoryEntry, Member, Removed, Settled } from './state.ts';
import type { Session, StoredInvitation, Tables, Voucher } from './tables.ts';
import { deadlineOf, emptyTables } from './tables.ts';

/** Written first. A change of the form below is a new number. */
export const formatVersion = 1;

/** @param rowSum of `StateHash`, so that who reads the snapshot need not hash every row */
export function writeTables(tables: Tables, rowSum: Uint8Array): Bytes {
  const w = new Writer();
  w.uint(formatVersion);
  w.uint(tables.rules);
  w.bytes(tables.genesis.bytes);
  w.uint(tables.index);
  w.uint(tables.stampMs);
  w.text(tables.name);
  w.value(tables.settings);
  list(w, tables.relays, tables.relays.length, (relay) => w.text(relay));
  w.uint(tables.nextReplicaId);
  writeRendezvous(w, tables);
  writePeople(w, tables);
  writeWork(w, tables);
  list(w, tables.history.values(), tables.history.size, (entry) => writeEnded(w, entry));
  list(w, tables.awaited.values(), tables.awaited.size, (entry) => writeEnded(w, entry));
  writeTotals(w, tables.totals.all);
  for (const table of [tables.totals.byPrinter, tables.totals.byPerson, tables.totals.byMaterial]) {
    list(w, table, table.size, ([key, totals]) => {
      w.name(key);
      writeTotals(w, totals);
    });
  }
  w.bytes(rowSum);
  return w.finish();
}

/** Reads a snapshot. Its bytes come from a voter that is trusted with the log itself; still nothing in them may crash. */
export function readTables(
  bytes: Uint8Array,
): Result<{ readonly tables: Tables; readonly rowSum: Bytes }, QueueRefusal> {
  const r = new Reader(bytes);
  try {
    if (r.uint() !== formatVersion) return newer;
    const rules = r.uint();
    if (rules > rulesVersionMax) return newer;
    if (rules < 1) throw new Unreadable('rules that were never made');
    const genesis = openGenesis(r.bytes());
    if (!genesis.ok) return genesis;
    const index = r.uint();
    if (index > counterMax) throw new Unreadable('an index that no log reaches');
    const stampMs = r.uint();
    if (stampMs > stampMsMax) throw new Unreadable('a time that no log reaches');
    const name = r.text();
    const settings = r.value(settingsSchema);
    const tables = emptyTables(genesis.value, settings);
    tables.rules = rules;
    tables.index = index;
    tables.stampMs = stampMs;
    tables.name = name;
    tables.relays = array(r, () => r.text());
    tables.nextReplicaId = r.uint();
    readRendezvous(r, tables);
    readPeople(r, tables);
    readWork(r, tables);
    repeat(r, tables.history, () => fill(tables.history, readEnded(r)));
    repeat(r, tables.awaited, () => fill(tables.awaited, readEnded(r)));
    tables.totals.all = readTotals(r);
    for (const table of [tables.totals.byPrinter, tables.totals.byPerson, tables.totals.byMaterial]) {
      repeat(r, table, () => table.set(r.name(), readTotals(r)));
    }
    const rowSum = r.bytes();
    if (rowSum.length !== rowSumBytes) throw new Unreadable('a sum of the wrong length');
    r.end();
    for (const id of tables.prints.keys()) {
      const at = deadlineOf(tables, id);
      if (at !== undefined) tables.deadlines.add(id, at);
    }
    return ok({ tables, rowSum });
  } catch (error) {
    if (error instanceof Unreadable || error instanceof Fault) {
      return { ok: false, refusal: malformed('copy', messageOf(error)) };
    }
    throw error;
  }
}

const newer = { ok: false, refusal: { code: 'rules-version', of: 'copy' } } as const;

export function writeRendezvous(w: Writer, { rendezvous, rendezvousDue }: Tables): void {
  w.bytes(rendezvous);
  w.uint(rendezvousDue);
}

function readRendezvous(r: Reader, tables: Tables): void {
  const rendezvous = r.bytes();
  if (rendezvous.length !== rendezvousBytes) throw new Unreadable('a rendezvous of the wrong length');
  tables.rendezvous = rendezvous;
  tables.rendezvousDue = r.uint();
}

function writePeople(w: Writer, tables: Tables): void {
  list(w, tables.members.values(), tables.members.size, (member) => writeMember(w, member));
  list(w, tables.removed, tables.removed.size, ([peer, removed]) => {
    w.name(peer);
    writeRemoved(w, removed);
  });
  list(w, tables.invitations.values(), tables.invitations.size, (each) => writeInvitation(w, each));
  list(w, tables.vouchers, tables.vouchers.size, ([peer, vouchers]) => {
    w.name(peer);
    writeVouchers(w, vouchers);
  });
  list(w, tables.sessions.values(), tables.sessions.size, (session) => writeSession(w, session));
}

export function writeRemoved(w: Writer, { index, replicaId }: Removed): void {
  w.uint(index);
  w.uint(replicaId);
}

export function writeMember(w: Writer, member: Member): void {
  w.name(member.peer);
  w.text(member.name);
  w.uint(roles.indexOf(member.role));
  w.bool(member.voter);
  w.uint(member.replicaId);
  w.bytes(member.incarnation);
  w.uint(member.joinedMs);
}

export function writeInvitation(w: Writer, invitation: StoredInvitation): void {
  w.text(invitation.id);
  w.bytes(invitation.publicKey);
  w.uint(roles.indexOf(invitation.role));
  w.bool(invitation.voter);
  w.name(invitation.by);
  w.uint(invitation.createdMs);
  w.uint(invitation.expiresMs);
  w.uint(invitation.usesMax);
  w.uint(invitation.uses);
  w.bool(invitation.revoked);
  w.text(invitation.note);
  w.uint(invitation.index);
  w.bytes(invitation.envelope ?? new Uint8Array());
}

export function writeVouchers(w: Writer, vouchers: readonly Voucher[]): void {
  list(w, vouchers, vouchers.length, ({ by, envelope }) => {
    w.name(by);
    w.bytes(envelope);
  });
}

export function writeSession(w: Writer, session: Session): void {
  w.uint(session.id);
  w.name(session.author);
  w.bytes(session.nonce);
  w.uint(session.usedMs);
  w.uint(session.low);
  list(w, session.results, session.results.size, ([seq, result]) => {
    w.uint(seq);
    w.bool(result.kind === 'committed');
    if (result.kind === 'committed') {
      w.maybe(result.value);
    } else {
      w.value(result.refusal);
    }
  });
}

function readPeople(r: Reader, tables: Tables): void {
  repeat(r, tables.members, () => {
    const peer = r.name() as PeerId;
    tables.members.set(peer, {
      peer,
      name: r.text(),
      role: pick(r, roles),
      voter: r.bool(),
      replicaId: r.uint(),
      incarnation: r.bytes(),
      joinedMs: r.uint(),
    });
  });
  repeat(r, tables.removed, () =>
    tables.removed.set(r.name() as PeerId, { index: r.uint(), replicaId: r.uint() }),
  );
  repeat(r, tables.invitations, () => {
    const id = r.text();
    tables.invitations.set(id, {
      id,
      publicKey: r.bytes(),
      role: pick(r, roles),
      voter: r.bool(),
      by: r.name() as PeerId,
      createdMs: r.uint(),
      expiresMs: r.uint(),
      usesMax: r.uint(),
      uses: r.uint(),
      revoked: r.bool(),
      note: r.text(),
      index: r.uint(),
      envelope: present(r.bytes()),
    });
  });
  repeat(r, tables.vouchers, () => {
    const peer = r.name() as PeerId;
    tables.vouchers.set(
      peer,
      array(r, () => ({ by: r.name() as PeerId, envelope: r.bytes() })),
    );
  });
  repeat(r, tables.sessions, () => {
    const id = r.uint();
    const session = {
      id,
      author: r.name() as PeerId,
      nonce: r.bytes(),
      usedMs: r.uint(),
      low: r.uint(),
      results: new Map<number, Settled>(),
    };
    repeat(r, session.results, () => session.results.set(r.uint(), readSettled(r)));
    tables.sessions.set(id, session);
  });
}

function readSettled(r: Reader): Settled {
  if (!r.bool()) return { kind: 'refused', refusal: r.value(refusalSchema) };
  const value = r.maybe();
  return value === undefined ? { kind: 'committed' } : { kind: 'committed', value };
}

function present(bytes: Bytes): Bytes | undefined {
  return bytes.length === 0 ? undefined : bytes;
}

function fill(table: Map<HistoryEntry['id'], HistoryEntry>, entry: HistoryEntry): void {
  table.set(entry.id, entry);
}
