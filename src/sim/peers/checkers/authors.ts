import type { PeerId } from '../../../lib/base/index.ts';
import type { Command, QueueState } from '../../../lib/queue/index.ts';
import type { Line } from '../book.ts';
import type { Room } from '../room.ts';
import type { PeersChecker } from './checker.ts';

/** Promise 5: what is applied under a name was signed by it; and nobody decides what their role does not let them decide. */
export class Authors implements PeersChecker {
  readonly name = 'authors';
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  onLine({ applied, command, index }: Line, state: QueueState): void {
    const { author, result, repeated } = applied;
    if (author === undefined) return;
    if (command === undefined)
      return this.#room.break(
        this.name,
        `entry ${index} stands under the name of ${author}, who never signed it`,
      );
    if (result.kind !== 'committed' || repeated) return;
    const why = objectionTo(this.#room, author, command, state);
    if (why !== undefined)
      this.#room.break(this.name, `entry ${index}, ${command.type}, is committed although ${why}`);
  }
}

/** Why this author may not do that: told from the book and the roles that never change here. */
function objectionTo(room: Room, author: PeerId, command: Command, state: QueueState): string | undefined {
  const { role } = room.placeOf(author);
  const operates = role === 'owner' || role === 'operator';
  const print =
    'print' in command && command.print !== undefined ? room.book.prints.get(command.print) : undefined;
  switch (command.type) {
    case 'finish':
    case 'starting':
    case 'started':
    case 'release':
      return print?.holder === author ? undefined : 'the print is another’s';
    case 'resolve':
    case 'cancel-print': {
      const job = print === undefined ? undefined : state.sets.get(print.setId)?.job;
      const submitter =
        (job === undefined ? undefined : state.jobs.get(job)?.by) ??
        state.history.get(command.print)?.submitter;
      const involved = print?.holder === author || submitter === author;
      return operates || involved ? undefined : `a ${role} who is not involved decides about a print`;
    }
    case 'claim': {
      const printer = state.printers.get(command.printer);
      return printer?.peer === author ? undefined : 'the printer is another’s';
    }
    case 'set-bed':
    case 'resume-printer': {
      const printer = state.printers.get(command.printer);
      return operates || printer?.peer === author ? undefined : `a ${role} speaks for another’s printer`;
    }
    case 'edit-job':
    case 'release-set':
    case 'add-job': {
      if (role === 'viewer') return 'viewers only look';
      if (command.type === 'add-job') return undefined;
      const id = command.type === 'edit-job' ? command.job : state.sets.get(command.set)?.job;
      const by = id === undefined ? author : state.jobs.get(id)?.by;
      return operates || by === author ? undefined : `a ${role} changes another’s job`;
    }
    case 'decide-copies': {
      const job = state.sets.get(command.set)?.job;
      const by = job === undefined ? author : state.jobs.get(job)?.by;
      const mayPrint = operates || role === 'printer';
      return mayPrint || by === author ? undefined : `a ${role} decides about another’s copies`;
    }
    case 'move-job':
    case 'invite':
    case 'set-member':
    case 'remove-member':
    case 'set-settings':
      return operates ? undefined : `a ${role} rules`;
    default:
      return undefined;
  }
}
