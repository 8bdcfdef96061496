import type { ConfState, RawNode } from '../raft/index.ts';

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

/** True for a leader that was removed or demoted and has not begun to hand over. */
export function mustGiveWay(node: RawNode, confState: ConfState): boolean {
  const { voters, votersOutgoing } = confState;
  if (node.role !== 'leader' || voters.includes(node.id) || votersOutgoing.includes(node.id)) return false;
  return node.status().transferee === 0;
}
