import type { PeerId } from '../../base/index.ts';
import type { QueueState } from '../../queue/index.ts';

/** What a member of a queue calls itself, for people. */
export function nameOf(state: QueueState, peer: PeerId | undefined): string {
  return (peer === undefined ? undefined : state.members.get(peer)?.name) ?? 'someone who left';
}
