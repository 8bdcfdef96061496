import type { Mutant } from './mutant.ts';

/** Bugs in changes of members, and in reads. */
export const memberMutants: readonly Mutant[] = [
  {
    name: 'change-without-commit-in-term',
    story:
      'A new leader changes the members while changes of its predecessors are not applied yet (Ongaro, raft-dev 2015).',
    edits: [
      {
        file: 'lib/raft/core.ts',
        find: 'this.pendingConfIndex = this.log.lastIndex();',
        put: 'this.pendingConfIndex = 0;',
      },
    ],
  },
  {
    name: 'two-changes-at-once',
    story: 'A second change of members is let in before the first is applied.',
    edits: [
      {
        file: 'lib/raft/leader.ts',
        find: 'raft.pendingConfIndex = raft.log.lastIndex() + i + 1;',
        put: 'raft.pendingConfIndex = 0;',
      },
    ],
  },
  {
    name: 'read-without-quorum',
    story: 'A leader answers a read without asking whether it still leads (etcd 7331, TiKV 9239).',
    edits: [
      {
        file: 'lib/raft/leader.ts',
        find: "if (raft.readOnly.mode === 'lease' || raft.tracker.isOnlyVoter(raft.id)) {",
        put: "if (raft.readOnly.mode === 'lease' || raft.tracker.isVoter(raft.id)) {",
      },
    ],
  },
  {
    name: 'read-before-commit-in-term',
    story:
      'A new leader answers reads before it has committed an entry of its term (RedisRaft 22, etcd 7331).',
    edits: [
      {
        file: 'lib/raft/leader.ts',
        find: 'if (raft.committedInTerm()) startRead(raft, request);',
        put: 'if (raft.log.committed >= 0) startRead(raft, request);',
      },
    ],
  },
  {
    name: 'read-context-reused',
    story:
      'A late answer to an older heartbeat confirms a newer read, because both carry the same context (etcd 20418).',
    edits: [
      {
        file: 'lib/raft/read-only.ts',
        find: 'const number = Number(view.getBigUint64(0, true));',
        put: 'const number = view.byteLength === 0 ? 0 : this.#confirmed + this.#pending.length;',
      },
    ],
  },
  {
    name: 'read-before-applied',
    story: 'A read is answered from a state that has not applied the index it was confirmed at.',
    edits: [
      {
        file: 'sim/replica.ts',
        find: 'const ready = this.#reads.filter((read) => read.index <= this.state.index);',
        put: 'const ready = this.#reads.filter((read) => read.index >= 0);',
      },
    ],
  },
];
