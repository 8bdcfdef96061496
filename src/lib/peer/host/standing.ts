import type { PeerId } from '../../base/index.ts';
import type { QueueCondition } from '../api.ts';
import type { ReplicaStatus } from '../replica/replica-port.ts';

/** For this long after opening a queue, peers that are not connected yet are on their way and not away. */
const reachingMs = 6_000;

export interface Standing {
  readonly status: ReplicaStatus;
  /** Nothing of the queue has come here yet. */
  readonly isEmpty: boolean;
  /** 0 … 1 while a copy of the queue is on its way here. */
  readonly copied: number | undefined;
  readonly peerOf: (replicaId: number) => PeerId | undefined;
  readonly isHere: (peer: PeerId) => boolean;
  /** What a member is called; undefined for who is none any more. */
  readonly nameOf: (peer: PeerId) => string | undefined;
  /** Peers that speak as voters and could not prove it so far. */
  readonly doubted: readonly PeerId[];
  /** Since it was opened, in milliseconds. */
  readonly openForMs: number;
}

/** Where a queue stands that nothing is wrong with, in one word and one calm sentence. */
export function standing(of: Standing): { readonly condition: QueueCondition; readonly text: string } {
  const { status } = of;
  if (of.isEmpty && status.replicaId !== 1) {
    const share = of.copied === undefined ? '' : `, ${Math.floor(of.copied * 100)} %`;
    return { condition: 'opening', text: `Copying the queue from the other peers${share} …` };
  }
  if (status.leader !== 0) return { condition: 'ready', text: 'Ready.' };
  const { voters } = status.confState;
  if (voters.length === 0 || (voters.length === 1 && voters[0] === status.replicaId))
    return { condition: 'opening', text: 'Opening …' };
  const needed = Math.floor(voters.length / 2) + 1;
  const here = voters.filter((id) => {
    const peer = of.peerOf(id);
    return peer !== undefined && of.isHere(peer);
  });
  if (of.doubted.some(of.isHere))
    return {
      condition: 'waiting',
      text: 'Somebody here decides for this queue of whom this browser does not know yet that they may. It asks again by itself; one of the trusted peers that it knows can settle it. You can read everything; changes are kept until then.',
    };
  if (here.length >= needed) return { condition: 'opening', text: 'Agreeing on who leads …' };
  if (of.openForMs < reachingMs) return { condition: 'opening', text: 'Reaching the other peers …' };
  if (voters.length === 1) return { condition: 'waiting', text: waitingForOne(of, voters[0]) };
  return {
    condition: 'waiting',
    text: `Waiting for other trusted peers: ${needed} of ${voters.length} must be here to decide. You can read everything; changes are kept and sent when they are back.`,
  };
}

/** One browser decides alone, and it is another one than this. */
function waitingForOne(of: Standing, replicaId: number | undefined): string {
  const peer = replicaId === undefined ? undefined : of.peerOf(replicaId);
  const name = (peer === undefined ? undefined : of.nameOf(peer)) ?? 'another trusted peer';
  return `Waiting for ${name}, whose browser decides alone. You can read everything; changes are kept and sent when it is back.`;
}
