import { type Clock, type Log, messageOf } from '../../base/index.ts';
import { handOverMs } from '../limits.ts';
import type { QueueHost } from './queue-host.ts';

/**
 * A leader that goes hands over, so that the others need not wait for an election. Resolves when somebody else leads, which
 * may need this peer's own vote; when this one does not lead or is alone; or when it has taken too long: it may go then.
 */
export async function handOver({ clock, log }: { clock: Clock; log: Log }, host: QueueHost): Promise<void> {
  const { replica } = host.part;
  const { role, replicaId, confState } = replica.status();
  const isAlone = confState.voters.every((id) => id === replicaId);
  if (role !== 'leader' || isAlone || replica.stopped) return;
  replica.office?.handOver();
  const patience = new AbortController();
  const cancel = clock.after(handOverMs, () => patience.abort(new Error('nobody took over in time')));
  const isDone = () => {
    const { leader } = host.status();
    return leader !== 0 && leader !== replicaId;
  };
  try {
    await host.when(isDone, patience.signal);
  } catch (error) {
    log.info(`${host.state.head.name} is left without a leader: ${messageOf(error)}`);
  } finally {
    cancel();
  }
}
