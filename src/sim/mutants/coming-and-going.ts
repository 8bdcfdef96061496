import type { Mutant } from './mutant.ts';

/** Bugs of coming, going and coming back, and of copies held ahead: all were found by whole peers, or feared for them. */
export const comingMutants: readonly Mutant[] = [
  {
    name: 'taken-out-never-told',
    story:
      'Peers that were restarted hear a removed member as before, and so never tell it: found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/host/door.ts',
        find: 'if (gone && !this.#isCounted(id) && !this.#vouching.trusts(peer))',
        put: 'if (gone && id < 0)',
      },
    ],
  },
  {
    name: 'taken-out-stops-early',
    story:
      'A voter that was taken out stops before Raft has let it go: with two voters nothing is ever agreed on again.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/host/queue-host.ts',
        find: 'if (this.#door.believes(leader) && !this.part.isCounted)',
        put: 'if (this.#door.believes(leader))',
      },
    ],
  },
  {
    name: 'second-votes-unasked',
    story:
      'The second trusted peer votes, although nobody chose so: closing either of the two browsers stops the queue.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/replica/membership.ts',
        find: 'if (next.size !== 2 || state.head.settings.twoVoters) return next;',
        put: 'if (next.size !== 2 || next.size > 1) return next;',
      },
    ],
  },
  {
    name: 'two-stay-of-three',
    story:
      'When one of three voters goes, the one that went counts on: two that are left and a dead one decide.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/replica/membership.ts',
        find: 'return isThirdComingBack(state, trusted, present, kept) ? present : new Set([self]);',
        put: 'return present.size > 0 ? present : new Set([self]);',
      },
    ],
  },
  {
    name: 'retired-before-taken-in',
    story:
      'Who is to vote stops listening at once: retired before Raft has taken it in, it hears nothing any more. Found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/replica/part.ts',
        find: "return learners.includes(replicaId) && status.leader !== 0 ? 'raft' : 'listen';",
        put: "return learners.length >= 0 ? 'raft' : 'listen';",
      },
      {
        file: 'lib/peer/replica/part.ts',
        find: "if (this.#ports.clock.monotonicMs() - this.#ledMs < aloneAfterMs) return 'raft';",
        put: "if (this.#ports.clock.monotonicMs() - this.#ledMs < aloneAfterMs * Infinity) return 'raft';",
      },
    ],
  },
  {
    name: 'report-lost-with-session',
    story:
      'How a print ended is forgotten with the session under which it was to be told: its peer was taken out and came back.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/host/outbox.ts',
        find: "if (item.command.type === 'finish') {",
        put: "if (item.command.type === 'finish' && item.seq < 0) {",
      },
    ],
  },
  {
    name: 'begun-not-remembered',
    story:
      'What a printer was let begin is not kept on disk: a crash takes the newest commit index with it, and the copy is begun again. Found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/begun-prints.ts',
        find: "await this.#store.put('settings', `${prefix}${printer}`, encode({ v: 1, queue, print }));",
        put: '',
      },
    ],
  },
  {
    name: 'part-of-other-queue-ignored',
    story: 'A printer of several queues looks at the bed of that queue only which it takes from.',
    world: 'peers',
    queues: 2,
    edits: [
      {
        file: 'lib/peer/printing/desk-beds.ts',
        find: "return lying(other, record).bed === 'clear' && !prints(other, record);",
        put: 'return true;',
      },
      {
        file: 'lib/peer/printing/desk-beds.ts',
        find: "if (!cleared && lying.length > 0 && misses) told.set(queue, { bed: 'occupied', print: name });",
        put: '',
      },
    ],
  },
];
