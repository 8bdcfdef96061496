import type { CommandOf } from './command.ts';
import { notAllowed } from './refusals.ts';
import type { Answer, Turn } from './tables.ts';
import { deadlineOf, may, roleOf } from './tables.ts';

/** The queue's own name, settings, relays. */

export function renameQueue(turn: Turn, command: CommandOf<'rename-queue'>): Answer {
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'rename-queue');
  turn.tables.name = command.name;
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

export function setSettings(turn: Turn, command: CommandOf<'set-settings'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'change-rules');
  const lostAfterMs = command.settings.lostAfterMs;
  if (lostAfterMs !== undefined && lostAfterMs !== tables.settings.lostAfterMs && !may(turn, 'own')) {
    return notAllowed(roleOf(turn), 'decide-lost-prints');
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
  if (!may(turn, 'operate')) return notAllowed(roleOf(turn), 'change-relays');
  turn.tables.relays = [...new Set(command.addresses)];
  turn.changed.push({ kind: 'queue' });
  return undefined;
}

export function setRules(turn: Turn, command: CommandOf<'set-rules'>): Answer {
  if (!may(turn, 'own')) return notAllowed(roleOf(turn), 'raise-rules');
  if (command.rules < turn.tables.rules) return { code: 'rules-version', of: 'older' };
  turn.tables.rules = command.rules;
  turn.changed.push({ kind: 'queue' });
  return undefined;
}
