import type { Command, CommandOf } from '../queue/index.ts';
import { bedAfter } from './alone.ts';
import type { Printer, QueueView } from './types.ts';

/**
 * What a peer says of a bed, for the queue: it names what lies there and how it knows it, so that the word counts for nothing if it arrives
 * after something else has begun.
 * @param pending this peer's commands that have not settled, oldest first
 * @param verdict whether what is taken off was good, where a person says so; counts only for a print that is named
 */
export function bedWord(
  view: QueueView,
  printer: Printer,
  pending: readonly Command[],
  bed: 'clear' | 'occupied',
  verdict?: 'good' | 'failed',
): CommandOf<'set-bed'> {
  const { print, revision } = bedAfter(view, printer, pending);
  return {
    type: 'set-bed',
    printer: printer.id,
    bed,
    ...(print !== undefined && { print }),
    ...(bed === 'clear' && revision !== undefined && { revision }),
    ...(verdict !== undefined && print !== undefined && { verdict }),
  };
}
