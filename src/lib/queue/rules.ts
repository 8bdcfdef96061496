import type { CommandOf } from './command.ts';
import { no, notAllowed } from './refusals.ts';
import type { Answer, Turn } from './tables.ts';
import { deadlineOf, may, roleOf } from './tables.ts';

/** The queue's own name, settings, relays. */

export function renameQueue(turn: Turn, command: CommandOf<'rename-queue'>): Answer {
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'rename it');
  turn.tables.name = command.name;
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

export function setSettings(turn: Turn, command: CommandOf<'set-settings'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'change its rules');
  const lostAfterMs = command.settings.lostAfterMs;
  if (lostAfterMs !== undefined && lostAfterMs !== tables.settings.lostAfterMs && !may(turn, 'own')) {
    return no('not-allowed', 'Only the owner decides when a print that lost contact may be printed again.');
  }
  tables.settings = { ...tables.settings, ...command.settings };
  for (const print of tables.prints.values()) {
    if (print.lostMs === undefined) continue;
    const at = deadlineOf(tables, print.id);
    if (at !== undefined) tables.deadlines.add(print.id, at);
  }
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

export function setRelays(turn: Turn, command: CommandOf<'set-relays'>): Answer {
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'change its relays');
  turn.tables.relays = [...new Set(command.addresses)];
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

export function setRules(turn: Turn, command: CommandOf<'set-rules'>): Answer {
  if (!may(turn, 'own')) return notAllowed(roleOf(turn), 'move it to newer rules');
  if (command.rules < turn.tables.rules)
    return no('rules-version', 'Rules do not go back to an older version.');
  turn.tables.rules = command.rules;
  turn.changed.push({ kind: 'queue' });
  return undefined;
}
