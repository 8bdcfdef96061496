import type { Mutant } from './mutant.ts';

/** Bugs in how entries spread and are committed. */
export const replicationMutants: readonly Mutant[] = [
  {
    name: 'commit-old-terms',
    story: 'Entries of earlier terms are committed by counting (Raft figure 8; LogCabin 44).',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'if (index <= this.committed || term === 0 || this.term(index) !== term) return false;',
        put: 'if (index <= this.committed || term === 0) return false;',
      },
    ],
  },
  {
    name: 'ack-before-persist',
    story: 'Entries are acknowledged before they are on disk.',
    edits: [
      {
        file: 'lib/raft/follower.ts',
        find: 'if (last >= 0) {\n    response.index = last;\n    raft.afterAppend.push(response);',
        put: 'if (last >= 0) {\n    response.index = last;\n    raft.messages.push(response);',
      },
    ],
  },
  {
    name: 'leader-counts-unwritten',
    story: 'A leader counts its own entry for commitment before it is on disk.',
    edits: [
      {
        file: 'lib/raft/core.ts',
        find: '    this.#acknowledgeOwn(index);\n    return true;\n  }\n\n  /** Appends proposed entries',
        put: '    this.self()?.maybeUpdate(index);\n    this.#acknowledgeOwn(index);\n    return true;\n  }\n\n  /** Appends proposed entries',
      },
    ],
  },
  {
    name: 'truncate-matching',
    story: 'An append that arrives late removes entries that it does not contradict (OpenRaft 9540c904).',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'const skip = this.#countMatching(entries);',
        put: 'const skip = Math.min(this.#countMatching(entries), Math.max(0, this.committed - prevIndex));',
      },
    ],
  },
  {
    name: 'no-term-in-log-check',
    story: 'An append is taken if only the index before it is there, whatever its term (liferaft).',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'if (!this.matches(prevIndex, prevTerm)) return -1;',
        put: 'if (prevTerm < 0 || prevIndex > this.lastIndex()) return -1;',
      },
    ],
  },
  {
    name: 'old-leader-obeyed',
    story: 'Appends of a leader of an earlier term are taken.',
    edits: [
      {
        file: 'lib/raft/step.ts',
        find: 'const fromLeader = type === MessageType.Heartbeat || type === MessageType.App;\n',
        put: 'const fromLeader = type === MessageType.Heartbeat || type === MessageType.App;\n  if (type === MessageType.App && raft.role === "follower") stepFollower(raft, message);\n',
      },
    ],
  },
  {
    name: 'commit-on-refused-append',
    story: 'A follower moves its commit index by an append that it refuses: its log may differ there.',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'if (!this.matches(prevIndex, prevTerm)) return -1;',
        put: 'if (!this.matches(prevIndex, prevTerm)) {\n      this.commitTo(Math.min(commit, this.lastIndex()));\n      return -1;\n    }',
      },
    ],
  },
  {
    name: 'heartbeat-commits-unmatched',
    story: 'Heartbeats tell the leader’s commit index to followers that are not known to hold so much.',
    edits: [
      {
        file: 'lib/raft/replication.ts',
        find: 'const commit = Math.min(member.match, raft.log.committed);',
        put: 'const commit = Math.max(member.match, raft.log.committed);',
      },
    ],
  },
  {
    name: 'rejection-taken-as-ack',
    story: 'A refused append counts as acknowledged.',
    edits: [
      {
        file: 'lib/raft/leader.ts',
        find: 'if (message.reject) takeRejection(raft, member, message);',
        put: 'if (message.reject && message.index < 0) takeRejection(raft, member, message);',
      },
    ],
  },
  {
    name: 'joint-commit-one-half',
    story: 'In a joint configuration the new half alone commits.',
    edits: [
      {
        file: 'lib/raft/quorum.ts',
        find: 'return outgoing.length === 0 ? committed : Math.min(committed, majorityCommitted(outgoing, ackedOf));',
        put: 'return outgoing.length >= 0 ? committed : 0;',
      },
    ],
  },
  {
    name: 'learner-counted',
    story: 'Learners count for commitment.',
    edits: [
      {
        file: 'lib/raft/tracker.ts',
        find: 'return jointCommitted(this.config.incoming, this.config.outgoing, this.#matchOf);',
        put: 'return jointCommitted(unionIds(this.config.incoming, this.config.learners), this.config.outgoing, this.#matchOf);',
      },
    ],
  },
  {
    name: 'removed-leader-counts-itself',
    story:
      'A leader that is being removed counts itself in the majorities of the others (dissertation, 4.2.2).',
    edits: [
      {
        file: 'lib/raft/replication.ts',
        find: 'return raft.log.maybeCommit(raft.tracker.committed(), raft.term);',
        put: 'const { incoming } = raft.tracker.config;\n  if (incoming.includes(raft.id)) return raft.log.maybeCommit(raft.tracker.committed(), raft.term);\n  const matches = incoming.map((id) => raft.tracker.progress.get(id)?.match ?? 0).concat(raft.log.lastIndex());\n  return raft.log.maybeCommit(matches.sort((a, b) => b - a)[matches.length >> 1] ?? 0, raft.term);',
      },
    ],
  },
  {
    name: 'storage-aba',
    story:
      'A late confirmation from the disk stands for entries that were replaced and came back (etcd’s ABA race of asynchronous writes).',
    edits: [
      {
        file: 'lib/raft/step.ts',
        find: 'if (index !== 0 && term === raft.term) raft.log.unstable.stableTo(index, logTerm);',
        put: 'if (index !== 0 && term >= 0) raft.log.unstable.stableTo(Math.min(index, raft.log.lastIndex()), raft.log.term(Math.min(index, raft.log.lastIndex())) || logTerm);',
      },
    ],
  },
  {
    name: 'tail-lost-on-restart',
    story: 'Entries that were not known to be committed are thrown away at restart.',
    edits: [
      {
        file: 'sim/replica.ts',
        find: 'this.#storage.append(entries);\n    this.node',
        put: 'this.#storage.append(entries.filter(({ index }) => index <= hardState.commit));\n    this.node',
      },
    ],
  },
];
