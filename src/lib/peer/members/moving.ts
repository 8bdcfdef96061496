import { type Log, type Random, messageOf } from '../../base/index.ts';
import { rendezvousBytes } from '../../queue/index.ts';
import type { QueueHost } from '../host/queue-host.ts';

/**
 * After a removal the peers of a queue meet elsewhere: whoever leads draws a new secret and puts it into the log. Not before Raft counts on members
 * only: until then the log goes to who was removed, too, the entry of the removal among it. Called when something of the queue has changed.
 */
export function moveOn(host: QueueHost, random: Random, log: Log): void {
  const { head, members } = host.state;
  const after = head.rendezvousDue;
  if (after === 0 || head.lan || host.trouble !== undefined || !host.leads) return;
  const { voters, votersOutgoing, learners, learnersNext } = host.status().confState;
  const counted = new Set([...members.values()].map(({ replicaId }) => replicaId));
  if ([...voters, ...votersOutgoing, ...learners, ...learnersNext].some((id) => !counted.has(id))) return;
  if (host.unsettled().some(({ type }) => type === 'set-rendezvous')) return;
  const rendezvous = random.bytes(rendezvousBytes);
  // Not kept: should this peer die, who leads next thinks of another one.
  host
    .submit({ type: 'set-rendezvous', after, rendezvous }, 'Meet elsewhere', { kept: false })
    .catch((error: unknown) =>
      log.error(`the peers of the queue do not meet elsewhere yet: ${messageOf(error)}`),
    );
}
