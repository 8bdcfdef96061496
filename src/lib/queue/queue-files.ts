import type { FileId, PeerId } from '../base/index.ts';
import { must } from '../base/index.ts';
import type { CommandOf } from './command.ts';
import * as limits from './limits.ts';
import { notAllowed } from './refusals.ts';
import type { Answer, Tables, Turn } from './tables.ts';
import { may, roleMay, roleOf } from './tables.ts';

/** Files that the queue knows of: names and what they say of themselves. Their bytes are elsewhere. */

export function addFile(turn: Turn, command: CommandOf<'add-file'>): Answer {
  const { tables } = turn;
  if (!may(turn, 'submit')) return notAllowed(roleOf(turn), 'add-files');
  const known = tables.files.get(command.file);
  if (known !== undefined) {
    // The same bytes again. Who brought them first, or an operator, may name them anew, and put right what was said of them.
    if (known.by !== turn.author && !may(turn, 'operate')) return undefined;
    const { name, size, meta } = command;
    tables.files.set(known.id, { ...known, name, size, meta });
    turn.changed.push({ kind: 'file', id: known.id });
    return undefined;
  }
  if (tables.files.size >= limits.filesMax) {
    return { code: 'limit', what: 'files', max: limits.filesMax };
  }
  // Who may operate can make room, and brings the files of all when a queue is imported.
  if (!may(turn, 'operate') && tables.files.of(turn.author) >= limits.filesPerMemberMax) {
    return { code: 'limit', what: 'own-files', max: limits.filesPerMemberMax };
  }
  tables.files.set(command.file, {
    id: command.file,
    name: command.name,
    size: command.size,
    meta: command.meta,
    by: turn.author,
    uses: 0,
  });
  turn.changed.push({ kind: 'file', id: command.file });
  keepIdle(turn, command.file);
  return undefined;
}

export function addFileUse(turn: Pick<Turn, 'tables'>, id: FileId): void {
  const file = must(turn.tables.files.get(id), 'a set names a known file');
  turn.tables.files.set(id, { ...file, uses: file.uses + 1 });
  turn.tables.idleFiles.delete(id);
}

export function dropFileUse(turn: Pick<Turn, 'tables' | 'changed'>, id: FileId): void {
  const file = must(turn.tables.files.get(id), 'a set names a known file');
  turn.tables.files.set(id, { ...file, uses: file.uses - 1 });
  if (file.uses === 1) keepIdle(turn, id);
}

/**
 * A file that no set names is kept for a second order, the oldest one beyond the limit is not. Who may not operate the queue has less of it: their
 * own oldest gives way, so that they do not push out what others have.
 */
function keepIdle(turn: Pick<Turn, 'tables' | 'changed'>, id: FileId): void {
  const { tables } = turn;
  tables.idleFiles.set(id, true);
  const forgotten =
    oldestBeyond(tables, must(tables.files.get(id), 'an idle file is known').by) ??
    (tables.idleFiles.size > limits.idleFilesMax ? tables.idleFiles.oldest() : undefined);
  if (forgotten === undefined) return;
  tables.idleFiles.delete(forgotten);
  tables.files.delete(forgotten);
  turn.changed.push({ kind: 'file', id: forgotten });
}

/** The oldest idle file of a member who has more of them than one may that does not operate the queue. */
function oldestBeyond(tables: Tables, author: PeerId): FileId | undefined {
  const member = tables.members.get(author);
  if (member !== undefined && roleMay(member.role, 'operate')) return undefined;
  let oldest: FileId | undefined;
  let count = 0;
  for (const id of tables.idleFiles.keys()) {
    if (tables.files.get(id)?.by !== author) continue;
    oldest ??= id;
    count += 1;
  }
  return count > limits.idleFilesPerMemberMax ? oldest : undefined;
}
