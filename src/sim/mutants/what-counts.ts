import type { Mutant } from './mutant.ts';

/** Bugs in what may count: of a new voter, of a listener's log, of a disk that was put back, of a later term. */
export const countsMutants: readonly Mutant[] = [
  {
    name: 'unaware-voter-counts',
    story:
      'A new voter is counted before it knows that it votes. When the leader dies, those that are left wait for each other: two of three are alive, and nobody leads for ever.',
    edits: [
      {
        file: 'lib/peer/replica/confirmed-members.ts',
        find: 'return commit >= this.#changedAt ? index :',
        put: 'return commit >= 0 ? index :',
      },
    ],
  },
  {
    name: 'listener-cuts',
    story:
      'What is told again cuts off what stands behind it in the log: a listener drops what it acknowledged when it took part, and what may count for a commit.',
    edits: [
      {
        file: 'lib/storage/layout.ts',
        find: 'if (unknown === 0) return entries;',
        put: 'if (unknown >= -1) return entries;',
      },
    ],
  },
  {
    name: 'terms-raised-at-will',
    story: 'One voter raises the term of all others as often as it likes, and so stops the queue alone.',
    edits: [
      {
        file: 'lib/peer/replica/term-gate.ts',
        find: 'if (!raisesTerm(message, term)) return true;',
        put: 'if (message.term >= 0) return true;',
      },
    ],
  },
  {
    name: 'contradiction-passed-over',
    story:
      'A leader that holds another entry where this replica knows of a committed one is followed: a commit is gone, and a page says that all is well.',
    edits: [
      {
        file: 'lib/raft/guard.ts',
        find: 'return ours > 0 && ours !== term;',
        put: 'return ours > 0 && ours < 0;',
      },
    ],
  },
  {
    name: 'restored-backup-votes',
    story:
      'A disk that was put back from a backup is taken for one that has lost nothing: it votes twice in a term, and acknowledged entries are gone.',
    edits: [
      {
        file: 'lib/peer/replica/acknowledgements.ts',
        find: '    this.#lost.set(replica, life.number);\n    return false;',
        put: '    return true;',
      },
    ],
  },
  {
    name: 'acknowledged-is-not-kept',
    story: 'What others acknowledged is known in memory only, and forgotten by whoever was restarted.',
    edits: [
      {
        file: 'lib/peer/replica/acknowledgements.ts',
        find: 'constructor(stored: readonly StoredAcknowledgement[]) {\n    for (const each of stored)',
        put: 'constructor(stored: readonly StoredAcknowledgement[]) {\n    for (const each of stored.slice(stored.length))',
      },
    ],
  },
];
