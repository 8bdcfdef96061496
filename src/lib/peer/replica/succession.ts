import { type Bytes } from '../../base/index.ts';
import { type ConfState, MessageType, type RawNode, encodeMessage, newMessage } from '../../raft/index.ts';

/** Who a leader that goes hands over to: of the other voters one that is here, and of those the furthest. Undefined when it is alone. */
export function heirOf(node: RawNode, confState: ConfState): number | undefined {
  const { progress } = node.status();
  const worth = (id: number): number => {
    const peer = progress.get(id);
    return peer === undefined ? -1 : peer.match + (peer.recentActive ? 2 ** 50 : 0);
  };
  const [heir] = confState.voters.filter((id) => id !== node.id).sort((a, b) => worth(b) - worth(a));
  return heir;
}

/** What a leader says when it ends without a chance to hand over in order: one voter may stand for election at once. */
export interface LastWord {
  readonly to: number;
  readonly message: Bytes;
}

/**
 * The last word of a leader. It is made before the end, so the heir may lack what was committed since: then it is not elected, and the others
 * find out in their own time, as when a leader is killed. Nothing that is safe hangs on it (Raft paper 5.4.1).
 * @param reaches whether the word gets to that replica; without one of whom that is true there is no word
 * @param before the heir named last: kept while it can be, so that words need not be made again with every commit
 */
export function lastWordOf(
  node: RawNode,
  confState: ConfState,
  reaches: (replicaId: number) => boolean,
  before: number | undefined,
): LastWord | undefined {
  if (node.role !== 'leader') return undefined;
  const { progress, term } = node.status();
  const able = confState.voters.filter(
    (id) => id !== node.id && reaches(id) && progress.get(id)?.recentActive === true,
  );
  const matchOf = (id: number): number => progress.get(id)?.match ?? 0;
  const [best] = [...able].sort((a, b) => matchOf(b) - matchOf(a));
  const to = able.find((id) => id === before) ?? best;
  if (to === undefined) return undefined;
  return { to, message: encodeMessage(newMessage(MessageType.TimeoutNow, to, node.id, term)) };
}

/** True for a leader that was removed or demoted and has not begun to hand over. */
export function mustGiveWay(node: RawNode, confState: ConfState): boolean {
  const { voters, votersOutgoing } = confState;
  if (node.role !== 'leader' || voters.includes(node.id) || votersOutgoing.includes(node.id)) return false;
  return node.status().transferee === 0;
}
