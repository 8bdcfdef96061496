import type { Result } from '../base/index.ts';
import { equalBytes, ok } from '../base/index.ts';
import { loseContact } from './ending.ts';
import { openGenesis } from './genesis.ts';
import type { QueueRefusal } from './refusals.ts';
import { readTables } from './snapshot.ts';
import type { Tables } from './tables.ts';
import { emptyTables } from './tables.ts';
import { freeClaim } from './upkeep.ts';

/**
 * The state with which a queue begins that goes on from a copy of another, whose peers are lost for good: all jobs, files, printers, history,
 * totals and settings; nobody but its owner. What was being printed has lost contact, and stays so until a person decides: a rule that would give such a
 * copy away by itself is switched off, because its printer may be printing for the old queue.
 *
 * @param snapshot of the old queue at the index that the genesis names
 * @param signedGenesis of the new queue, with `continues`
 */
export function goOnFrom(snapshot: Uint8Array, signedGenesis: Uint8Array): Result<Tables, QueueRefusal> {
  const read = readTables(snapshot);
  if (!read.ok) return read;
  const opened = openGenesis(signedGenesis);
  if (!opened.ok) return opened;
  const { genesis, owner } = opened.value;
  const old = read.value.tables;
  const { continues } = genesis;
  if (
    continues === undefined ||
    !equalBytes(continues.queue, old.genesis.digest) ||
    continues.index !== old.index
  )
    return { ok: false, refusal: { code: 'wrong-queue', of: 'copy' } };
  const nobody = emptyTables(opened.value, old.settings, old.noting);
  const tables: Tables = {
    ...old,
    genesis: opened.value,
    rules: genesis.rules,
    name: genesis.name,
    settings: { ...old.settings, lostAfterMs: null },
    nextReplicaId: nobody.nextReplicaId,
    rendezvous: nobody.rendezvous,
    rendezvousDue: nobody.rendezvousDue,
    members: nobody.members,
    removed: nobody.removed,
    invitations: nobody.invitations,
    vouchers: nobody.vouchers,
    sessions: nobody.sessions,
  };
  const hand = { tables, changed: [] };
  for (const print of [...tables.prints.values()]) {
    if (print.phase === 'claimed') freeClaim(hand, print);
    else if (print.lostMs === undefined) loseContact(hand, print);
  }
  const added = {
    peer: owner,
    name: genesis.ownerName,
    role: 'owner' as const,
    voter: true,
    replicaId: 1,
    incarnation: genesis.incarnation,
    joinedMs: tables.stampMs,
  };
  tables.members.set(owner, added);
  return ok(tables);
}
