import { type Clock, type Log, type Result, messageOf, ok, refuse } from '../../base/index.ts';
import { goodbyeMs } from '../limits.ts';
import type { Identity } from '../identity.ts';
import type { QueueHost } from '../host/queue-host.ts';
import { mayTakeOver } from '../replica/membership.ts';
import { worded } from '../../words/index.ts';

/** What of this peer saying goodbye needs. */
interface LeavingPeer {
  readonly ports: { readonly clock: Clock; readonly log: Log };
  readonly identity: Identity;
}

/**
 * Takes this peer out of a queue before it forgets it, so that nobody waits for a vote that never comes: of two voters of whom one just vanished the other
 * could decide nothing any more, and without the only voter nobody could. That one hands its vote over on its way. Resolves when Raft counts this peer no more. Refused where that cannot be: `last-owner`, `last-voter`, or `nobody-to-tell`
 * when too few are here to agree; `vote-still-counted` when they agreed, and Raft has not followed yet. Who neither votes nor owns it is missed by nobody, and may always go.
 */
export async function sayGoodbye(peer: LeavingPeer, host: QueueHost): Promise<Result<undefined>> {
  const { identity, ports } = peer;
  const { members } = host.state;
  const me = members.get(identity.peer);
  const isAlone = me !== undefined && members.size === 1;
  if (host.trouble !== undefined || isAlone) return ok(undefined);
  const isMissed = me === undefined ? host.part.isCounted : me.voter || me.role === 'owner';
  const mayGo = (code: string, text: string): Result<undefined> =>
    isMissed ? refuse(code, text) : ok(undefined);
  if (host.condition().condition !== 'ready')
    return me === undefined ? mayGo('vote-still-counted', stillCounted) : mayGo('nobody-to-tell', tooFew);
  const status = host.status();
  const decidesAlone = status.confState.voters.every((id) => id === status.replicaId);
  const hasTrusted = [...members.values()].some(({ peer: each, voter }) => voter && each !== me?.peer);
  if (me !== undefined && decidesAlone && hasTrusted && !mayTakeOver(host.state, status))
    return refuse('nobody-to-tell', noHeir);
  if (me !== undefined) {
    const settled = await host.submit({ type: 'remove-member', peer: me.peer }, 'Leave the queue', {
      kept: false,
    });
    if (settled.kind === 'refused') {
      const { code, text } = worded(settled.refusal);
      return mayGo(code, text);
    }
    if (settled.kind === 'unknown') return mayGo('nobody-to-tell', tooFew);
  }
  if (!isMissed) return ok(undefined);
  return (await isLetGo(ports, host)) ? ok(undefined) : refuse('vote-still-counted', stillCounted);
}

const tooFew =
  'Too few trusted peers are here to agree that this browser leaves: they would go on counting on it. Leave when they are back.';

const noHeir =
  'This browser decides alone, and no other trusted peer that has everything is here to take that over. Leave when one is back.';

const stillCounted =
  'The queue has taken this browser out, but too few trusted peers are here to stop counting its vote. Keep PeerPrint open in it until they are back, then leave again.';

/** Waits until the queue has stopped here because this peer was taken out. */
async function isLetGo({ clock, log }: LeavingPeer['ports'], host: QueueHost): Promise<boolean> {
  const patience = new AbortController();
  const cancel = clock.after(goodbyeMs, () => patience.abort(new Error('nobody let it go in time')));
  try {
    await host.when(() => false, patience.signal);
  } catch (error) {
    log.info(`${host.state.head.name} is left: ${messageOf(error)}`);
  } finally {
    cancel();
  }
  return host.trouble !== undefined;
}
