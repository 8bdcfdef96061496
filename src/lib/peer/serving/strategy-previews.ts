import type { PeerId } from '../../base/index.ts';
import { strategies } from '../../queue/index.ts';
import { Agenda } from '../../schedule/index.ts';
import type { PreviewFacts } from '../view-facts.ts';
import { comingOf } from './row-views.ts';
import type { QueueHost } from '../host/queue-host.ts';

/** Printers of which a preview tells: enough to see what a way of choosing does. */
const printersMax = 3;

/** Sets beyond which only the queue's own way is looked at: the others would put everything in order anew, and the peer has more to do. */
const setsMax = 20_000;

/** What each way of choosing would give the first printers that take work, own ones first. Costs a look at everything that waits. */
export function strategyPreviews(
  { state, indexes }: Pick<QueueHost, 'state' | 'indexes'>,
  self: PeerId,
): readonly PreviewFacts[] {
  const working = [...indexes.printers.ids()].flatMap((id) => {
    const printer = state.printers.get(id);
    return printer?.enabled === true && printer.stopped === undefined ? [printer] : [];
  });
  const own = working.filter(({ peer }) => peer === self);
  const shown = [...own, ...working.filter(({ peer }) => peer !== self)].slice(0, printersMax);
  const { unattendedMs } = indexes;
  const now = state.head.settings.strategy;
  const seen = state.sets.size > setsMax ? [now] : strategies;
  return seen.map((strategy) => {
    const agenda = strategy === now ? indexes.agenda : new Agenda(state, strategy);
    const printers = shown.map(({ id, name }) => {
      const next = agenda.next(id, { preview: true, unattendedMs });
      return { printer: id, name, coming: comingOf(next) };
    });
    return { strategy, printers };
  });
}
