import {
  type Clock,
  type PeerId,
  type QueueId,
  type Random,
  type Refusal,
  RefusalError,
  type Result,
  ok,
  refuse,
} from '../../base/index.ts';
import {
  type Command,
  type OpenedGenesis,
  QueueState,
  decodeEntry,
  openGenesis,
  queueLimits,
  signGenesis,
} from '../../queue/index.ts';
import { EntryType } from '../../raft/index.ts';
import type { Store } from '../../storage/port.ts';
import { mayGoOn } from './heirs.ts';
import type { Identity } from '../identity.ts';
import { queuesMax } from '../limits.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { encodeConfState, encodeReplicaRecord } from '../replica/replica-record.ts';
import { spoken } from '../../words/index.ts';

interface FoundingPorts {
  readonly store: Store;
  readonly random: Random;
  readonly clock: Clock;
}

/** Makes the log of a new queue, whose owner is its first and only replica. */
async function foundLog(
  store: Store,
  { genesis, bytes, id }: OpenedGenesis,
  owner: PeerId,
): Promise<Result<undefined>> {
  const record = {
    genesis: bytes,
    replicaId: 1,
    incarnation: genesis.incarnation,
    book: [{ replicaId: 1, peer: owner }],
  };
  try {
    await store.createLog(id, encodeReplicaRecord(record));
  } catch (error) {
    if (error instanceof RefusalError) return refuse(error.code, error.message);
    throw error;
  }
  return ok(undefined);
}

/** Begins a new queue that this peer owns. */
export async function found(
  { store, random, clock }: FoundingPorts,
  identity: Identity,
  options: { readonly name: string; readonly lan: boolean },
): Promise<Result<QueueId>> {
  const genesis = signGenesis(identity.seed, {
    name: options.name,
    ownerName: identity.name,
    createdMs: Math.floor(clock.wallMs()),
    nonce: random.bytes(16),
    rendezvous: random.bytes(16),
    lan: options.lan,
    incarnation: random.bytes(16),
  });
  const opened = openGenesis(genesis);
  if (!opened.ok) return { ok: false, refusal: spoken(opened.refusal) };
  const founded = await foundLog(store, opened.value, identity.peer);
  return founded.ok ? ok(opened.value.id) : founded;
}

/** Why there is no copy of a queue here that one could go on from: its log cannot be opened, nobody has answered yet, or it is not here. */
export function noCopy(broken: Refusal | undefined, joining: boolean): Result<never> {
  if (broken !== undefined)
    return refuse(broken.code, `This browser’s copy cannot be gone on from. ${broken.text}`);
  return joining
    ? refuse('nothing-here', 'Nobody has let this browser in yet: there is no copy to go on from.')
    : refuse('queue-not-found', 'This browser has no copy of that queue, so it cannot go on from one.');
}

/**
 * A person's way out when the other peers of a queue are lost for good: a new queue, of another id and with this peer as its only member,
 * that begins with everything this peer's copy holds, also with what lies in its log behind what is known to be agreed on. Its log begins
 * with that as a snapshot at the copy's index; nothing of the old log is changed.
 */
export async function goOn(
  ports: FoundingPorts,
  identity: Identity,
  old: QueueHost,
): Promise<Result<QueueId>> {
  const may = mayGoOn(old);
  if (!may.ok) return may;
  const copy = wholeCopy(old);
  return copy.ok ? goOnFromState(ports, identity, copy.value) : copy;
}

/** A state with everything that a copy of a queue holds, whether it is known to be agreed on or not. The copy stays as it is. */
function wholeCopy({ state, part }: QueueHost): Result<QueueState> {
  const tail = part.replica.tail();
  if (tail.length === 0) return ok(state);
  const copy = QueueState.restore(state.snapshot(), part.replica.opener);
  if (!copy.ok) return { ok: false, refusal: spoken(copy.refusal) };
  for (const { index, type, data } of tail) {
    // The queue counts every index; members of Raft begin anew.
    const applied = copy.value.apply(index, type === EntryType.Normal ? data : new Uint8Array());
    // What is of newer rules was never agreed on here.
    if (applied.stopped !== undefined) break;
  }
  return copy;
}

/** How many changes a copy holds that are not known to be agreed on: going on from it keeps them. */
export function keptBehind({ part }: QueueHost): number {
  return part.replica
    .tail()
    .filter(({ type, data }) => type === EntryType.Normal && decodeEntry(data).kind === 'command').length;
}

/** Begins a queue with everything that a state of another one holds. */
export async function goOnFromState(
  { store, random, clock }: FoundingPorts,
  identity: Identity,
  old: QueueState,
): Promise<Result<QueueId>> {
  const { head, index } = old;
  const genesis = signGenesis(identity.seed, {
    name: continuedName(head.name),
    ownerName: identity.name,
    createdMs: Math.floor(clock.wallMs()),
    nonce: random.bytes(16),
    rendezvous: random.bytes(16),
    lan: head.lan,
    incarnation: random.bytes(16),
    continues: { queue: old.digest, index },
  });
  const opened = openGenesis(genesis);
  if (!opened.ok) return { ok: false, refusal: spoken(opened.refusal) };
  const state = QueueState.goOn(old.snapshot(), genesis);
  if (!state.ok) return { ok: false, refusal: spoken(state.refusal) };
  const { id } = opened.value;
  const founded = await foundLog(store, opened.value, identity.peer);
  if (!founded.ok) return founded;
  try {
    const log = await store.openLog(id);
    try {
      await log.load();
      await log.append({
        hardState: { term: 1, vote: 0, commit: index },
        snapshot: { term: 1, index, confState: encodeConfState(onlyFirst), data: state.value.snapshot() },
        durable: true,
      });
    } finally {
      await log.close();
    }
  } catch (error) {
    await store.deleteLog(id);
    if (error instanceof RefusalError) return refuse(error.code, error.message);
    throw error;
  }
  return ok(id);
}

/** A log that was made for a queue that goes on, and died before its beginning was in it: the copy that it was made from is still there. */
export function isHalfFounded(host: QueueHost): boolean {
  const { head, index } = host.state;
  return head.continues !== undefined && index === 0 && host.record.replicaId === 1;
}

/** What this peer's people asked of the old queue and nobody decided: asked of the new one. */
export function carryOver(old: QueueHost, heir: QueueHost | undefined): void {
  const texts = old.pending();
  old.unsettled().forEach((command, at) => {
    if (!ofMachines.has(command.type)) void heir?.submit(command, texts[at]?.text ?? 'An earlier change');
  });
}

/** Commands that a printer's peer sends by itself: about claims of the old queue, which the new one has settled. */
const ofMachines: ReadonlySet<Command['type']> = new Set([
  'claim',
  'renew',
  'release',
  'starting',
  'started',
  'open-session',
]);

const onlyFirst = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
const suffix = ' (continued)';

function continuedName(name: string): string {
  return name.endsWith(suffix) ? name : `${name.slice(0, queueLimits.nameCharsMax - suffix.length)}${suffix}`;
}

export const tooManyQueues = refuse(
  'too-many-queues',
  `This browser is in ${queuesMax} queues, which is the most it keeps. Leave one first.`,
);
