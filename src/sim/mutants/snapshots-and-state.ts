import type { Mutant } from './mutant.ts';

/** Bugs in snapshots, and in the state that commands are applied to. */
export const stateMutants: readonly Mutant[] = [
  {
    name: 'sessions-not-in-snapshot',
    story:
      'The snapshot leaves the session table out: a command sent again is not recognised (dissertation, 6.3).',
    edits: [
      {
        file: 'lib/queue/snapshot.ts',
        find: 'list(w, tables.sessions.values(), tables.sessions.size, (session) => writeSession(w, session));',
        put: 'list(w, [], 0, () => undefined);',
      },
    ],
  },
  {
    name: 'results-not-in-snapshot',
    story: 'The snapshot keeps the sessions and forgets which of their commands were done.',
    edits: [
      {
        file: 'lib/queue/snapshot.ts',
        find: 'list(w, session.results, session.results.size, ([seq, result]) => {',
        put: 'list(w, [], 0, ([seq, result]) => {',
      },
    ],
  },
  {
    name: 'repeats-applied-again',
    story: 'A command that was sent twice takes effect twice.',
    edits: [
      {
        file: 'lib/queue/sessions.ts',
        find: "if (result !== undefined) return { kind: 'repeated', result };",
        put: "if (result !== undefined && signed.seq < 0) return { kind: 'repeated', result };",
      },
    ],
  },
  {
    name: 'old-snapshot-installed',
    story: 'A snapshot that is older than what is committed here is installed (OpenRaft eed681d5).',
    edits: [
      {
        file: 'lib/raft/follower.ts',
        find: 'if (index <= raft.log.committed) return false;',
        put: 'if (index <= 0) return false;',
      },
      {
        file: 'lib/raft/follower.ts',
        find: 'if (raft.log.matches(index, term)) {',
        put: 'if (raft.log.matches(index, term) && index > raft.log.committed) {',
      },
    ],
  },
  {
    name: 'snapshot-keeps-old-members',
    story: 'A snapshot carries the members of the one before (OpenRaft 447dc11c, dba24036).',
    edits: [
      {
        file: 'lib/raft/storage.ts',
        find: 'confState: confState ?? this.#snapshot.confState, data };',
        put: 'confState: this.#snapshot.index > 0 ? this.#snapshot.confState : (confState ?? this.#snapshot.confState), data };',
      },
    ],
  },
  {
    name: 'snapshot-unknown-to-newcomer',
    story:
      'A newcomer is sent a snapshot from before it was a member, ignores it, and waits for ever (ours, found here).',
    edits: [
      {
        file: 'lib/peer/replica/replica-storage.ts',
        find: 'return index > 0 && index < this.confIndex;',
        put: 'return index > 0 && index < 0;',
      },
    ],
  },
  {
    name: 'snapshot-loss-unnoticed',
    story: 'A snapshot that was lost on its way is never sent again (ours, found here).',
    edits: [
      {
        file: 'lib/peer/replica/snapshot-patience.ts',
        find: 'overdue.push(id);',
        put: 'overdue.length = 0;',
      },
    ],
  },
  {
    name: 'applied-again-after-restart',
    story: 'After a restart the state machine begins before what its snapshot has applied already.',
    edits: [
      {
        file: 'sim/replica.ts',
        find: 'applied: snapshotIndex, asyncStorageWrites',
        put: 'applied: 0, asyncStorageWrites',
      },
      {
        file: 'lib/raft/raft-log.ts',
        find: 'this.applying = this.committed;\n    this.applied = this.committed;',
        put: 'this.applying = Math.max(0, this.committed - 1);\n    this.applied = this.applying;',
      },
    ],
  },
  {
    name: 'stamps-run-backwards',
    story: 'A new leader starts its log time anew instead of going on from the last stamp.',
    edits: [
      {
        file: 'lib/peer/replica/log-time.ts',
        find: 'this.#stampMs = lastStampMs;',
        put: 'this.#stampMs = Math.min(0, lastStampMs);',
      },
      {
        file: 'lib/peer/replica/log-time.ts',
        find: 'this.#stampMs = Math.max(this.#stampMs, appliedMs);',
        put: 'this.#stampMs = Math.max(this.#stampMs, Math.min(0, appliedMs));',
      },
    ],
  },
  {
    name: 'clock-trusted',
    story: 'The leader’s clock goes into the log as it is, and the state goes by it even backwards.',
    edits: [
      {
        file: 'lib/peer/replica/log-time.ts',
        find: 'this.#stampMs + passed,',
        put: 'passed < 0 ? 0 : now,',
      },
      {
        file: 'lib/queue/queue-state.ts',
        find: 'tables.stampMs = timeAfter(tables.stampMs, entry.stampMs);',
        put: 'tables.stampMs = entry.stampMs;',
      },
    ],
  },
];
