import { type Clock, type Log, type PrintId, messageOf } from '../../base/index.ts';
import type { Print } from '../../queue/index.ts';
import { leaseGuardMs, setBackMs } from '../limits.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** Until when, by our own two clocks, a lease surely holds. */
export interface SureUntil {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** What is held under a lease. */
export interface Held {
  readonly host: QueueHost;
  readonly print: PrintId;
  sureUntil: SureUntil;
  /** A renewal is under way. */
  renewing?: boolean;
}

/** A lease asked for now holds at least until then, whichever of our clocks one believes. */
export function sureFrom(clock: Clock, host: QueueHost): SureUntil {
  const holdsMs = host.state.head.settings.leaseMs - leaseGuardMs;
  return { monotonicMs: clock.monotonicMs() + holdsMs, wallMs: clock.wallMs() + holdsMs };
}

/**
 * By both clocks: a monotonic one may stand still while the machine sleeps. Where the wall's was set back meanwhile, it may have been in such a sleep:
 * then neither tells how long it was.
 */
export function surelyHeld(clock: Clock, until: SureUntil): boolean {
  const monotonicMs = clock.monotonicMs();
  const wallMs = clock.wallMs();
  const wasSetBack = wallMs - monotonicMs < until.wallMs - until.monotonicMs - setBackMs;
  return monotonicMs < until.monotonicMs && wallMs < until.wallMs && !wasSetBack;
}

/** Renews what is due of these, one command per queue. */
export function renewLeases(
  ports: { readonly clock: Clock; readonly log: Log },
  held: readonly Held[],
): void {
  const byHost = new Map<QueueHost, Held[]>();
  for (const each of held) {
    const print = each.host.state.prints.get(each.print);
    if (print !== undefined && each.renewing !== true && isDue(ports.clock, each, print))
      byHost.set(each.host, [...(byHost.get(each.host) ?? []), each]);
  }
  for (const [host, due] of byHost) {
    const asked = sureFrom(ports.clock, host);
    for (const each of due) each.renewing = true;
    host
      .submit({ type: 'renew', prints: due.map((each) => each.print) }, 'Renew leases', { kept: false })
      .then(
        (settled) => {
          if (settled.kind === 'committed') for (const each of due) each.sureUntil = asked;
        },
        (error: unknown) => ports.log.warn(`leases were not renewed: ${messageOf(error)}`),
      )
      .finally(() => {
        for (const each of due) each.renewing = false;
      });
  }
}

/**
 * Renewed when a third of it is over: two more tries before it runs out. By the log's time or by our own clock: on a peer that
 * does not lead the log's time stands still while nothing is committed.
 */
function isDue(clock: Clock, { host, sureUntil }: Held, print: Print): boolean {
  const leftMs = (host.state.head.settings.leaseMs * 2) / 3;
  const byOurClock = sureUntil.monotonicMs - clock.monotonicMs() + leaseGuardMs < leftMs;
  return byOurClock || print.leaseUntilMs - host.nowMs < leftMs;
}
