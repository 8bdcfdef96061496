import type { Mutant } from './mutant.ts';

/** Bugs in who may lead. */
export const electionMutants: readonly Mutant[] = [
  {
    name: 'vote-before-persist',
    story: 'A vote leaves before it is on disk (raft.md 3; liferaft never writes it at all).',
    edits: [
      {
        file: 'lib/raft/election.ts',
        find: 'response.reject = !granted;\n  raft.sendAfterAppend(response);',
        put: 'response.reject = !granted;\n  raft.send(response);',
      },
    ],
  },
  {
    name: 'vote-twice',
    story: 'A replica grants its vote again in a term in which it has voted.',
    edits: [
      {
        file: 'lib/raft/election.ts',
        find: '(raft.vote === nobody && raft.lead === nobody)',
        put: 'raft.lead === nobody',
      },
    ],
  },
  {
    name: 'vote-by-length',
    story:
      'The longer log counts as newer, whatever its last term (OpenRaft a48a3282, liferaft: no lexicographic order).',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'return lastTerm > ours || (lastTerm === ours && lastIndex >= this.lastIndex());',
        put: 'return ours >= 0 && lastIndex >= this.lastIndex();',
      },
    ],
  },
  {
    name: 'vote-by-term',
    story: 'A log of the same last term counts as new enough even if it is shorter.',
    edits: [
      {
        file: 'lib/raft/raft-log.ts',
        find: 'return lastTerm > ours || (lastTerm === ours && lastIndex >= this.lastIndex());',
        put: 'return lastTerm >= ours || lastIndex < 0;',
      },
    ],
  },
  {
    name: 'wiped-disk-votes',
    story:
      'A replica whose disk was wiped comes back under its old id (OpenRaft FAQ on wiped nodes; Protocol-Aware Recovery, FAST 2018).',
    edits: [
      {
        file: 'sim/nemesis.ts',
        find: 'this.#world.lose(site);',
        put: 'this.#world.lose(site);\n    site.disk.wipe();\n    this.#world.start(site);\n    if (site.isUp) return;',
      },
    ],
  },
  {
    name: 'hard-state-lost',
    story: 'Term and vote are not read back after a restart (PySyncObj PR 202).',
    edits: [
      {
        file: 'sim/replica.ts',
        find: 'this.#storage = new ReplicaStorage(hardState, this.confState);',
        put: 'this.#storage = new ReplicaStorage({ ...hardState, term: this.#storedTerm(entries), vote: 0 }, this.confState);',
      },
      {
        file: 'sim/replica.ts',
        find: '  /** True once this leader has applied all',
        put: '  #storedTerm(entries) {\n    return entries.at(-1)?.term ?? 0;\n  }\n\n  /** True once this leader has applied all',
      },
    ],
  },
  {
    name: 'joint-vote-one-half',
    story: 'An election in a joint configuration is won with the new half alone.',
    edits: [
      {
        file: 'lib/raft/quorum.ts',
        find: 'const second = majorityVote(outgoing, voteOf);',
        put: 'const second = outgoing.length < 0 ? majorityVote(outgoing, voteOf) : first;',
      },
    ],
  },
  {
    name: 'learner-campaigns',
    story: 'A learner stands for election.',
    edits: [
      {
        file: 'lib/raft/core.ts',
        find: 'self !== undefined && !self.isLearner && this.log.unstable.snapshot === undefined',
        put: 'self !== undefined && this.log.unstable.snapshot === undefined',
      },
    ],
  },
];
