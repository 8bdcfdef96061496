import type { Command, CommandOf, CommandType } from './command.ts';
import { addJob, decideCopies, deleteJob, editJob, moveJob, releaseSet } from './jobs.ts';
import { invite, join, rejoin, removeMember, renameMember, revokeInvitation, setMember } from './people.ts';
import { removePrinter, resumePrinter, setBed, setPrinter } from './printers.ts';
import { importHistory } from './importing.ts';
import { cancelPrint, claim, finish, release, renew, resolve, started, starting } from './prints.ts';
import { addFile } from './queue-files.ts';
import { setRendezvous } from './rendezvous.ts';
import { renameQueue, setRelays, setRules, setSettings } from './rules.ts';
import { openSession } from './sessions.ts';
import type { Answer, Turn } from './tables.ts';

type Handlers = { readonly [Type in CommandType]: (turn: Turn, command: CommandOf<Type>) => Answer };

/** Each checks everything first and changes something only when nothing stands against it. */
const handlers: Handlers = {
  'open-session': openSession,
  join,
  rejoin,
  invite,
  'revoke-invitation': revokeInvitation,
  'set-member': setMember,
  'rename-member': renameMember,
  'remove-member': removeMember,
  'rename-queue': renameQueue,
  'set-settings': setSettings,
  'set-relays': setRelays,
  'set-rendezvous': setRendezvous,
  'set-rules': setRules,
  'add-file': addFile,
  'add-job': addJob,
  'edit-job': editJob,
  'move-job': moveJob,
  'delete-job': deleteJob,
  'release-set': releaseSet,
  'decide-copies': decideCopies,
  'set-printer': setPrinter,
  'remove-printer': removePrinter,
  'resume-printer': resumePrinter,
  'set-bed': setBed,
  claim,
  renew,
  release,
  starting,
  started,
  finish,
  resolve,
  'cancel-print': cancelPrint,
  'import-history': importHistory,
};

export function handle(turn: Turn, command: Command): Answer {
  return run(turn, command.type, command);
}

function run<Type extends CommandType>(turn: Turn, type: Type, command: Command): Answer {
  // The shape was chosen by this very type when the envelope was opened.
  return handlers[type](turn, command as CommandOf<Type>);
}
