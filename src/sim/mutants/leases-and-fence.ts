import type { Mutant } from './mutant.ts';

/** Bugs in leases, in the fence before a print, and in who may decide: whole peers must find them. */
export const leaseMutants: readonly Mutant[] = [
  {
    name: 'start-without-fence',
    story: 'The printer is let go before the queue has agreed that the print starts.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: '    const text = `Start on ${this.name}`;\n',
        put: "    const text = `Start on ${this.name}`;\n    this.port.post({ kind: 'fence', print, go: true });\n",
      },
    ],
  },
  {
    name: 'fence-by-own-clock',
    story: 'The fence asks this peer’s own clock only, and not the queue.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/assignment-core.ts',
        find: "if (as === 'refused' || !facts.starting || facts.cancelled || !facts.leaseHolds)",
        put: 'if (facts.cancelled || !facts.leaseHolds)',
      },
    ],
  },
  {
    name: 'fence-without-deadline',
    story: 'A start that was agreed on goes through however late the answer comes.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/lease-keeping.ts',
        find: 'return monotonicMs < until.monotonicMs && wallMs < until.wallMs && !wasSetBack;',
        put: 'return monotonicMs >= 0 || until.wallMs < 0 || wasSetBack;',
      },
    ],
  },
  {
    name: 'set-back-in-a-sleep',
    story:
      'The wall’s clock is set back while the machine sleeps and its monotonic one stands still: neither tells that the lease is over. Found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/lease-keeping.ts',
        find: 'wallMs < until.wallMs && !wasSetBack;',
        put: 'wallMs < until.wallMs;',
      },
    ],
  },
  {
    name: 'lease-frees-started',
    story: 'A lease that runs out frees the copy although it is being printed.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: "else if (print.phase === 'claimed') freeClaim(turn, print);",
        put: "else if (print.phase !== 'ahead') freeClaim(turn, print);",
      },
    ],
  },
  {
    name: 'held-ahead-freed',
    story: 'A copy held ahead is freed by time, while its holder may be printing it in the night.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: "else if (print.phase === 'claimed') freeClaim(turn, print);",
        put: "else if (print.phase === 'claimed' || print.phase === 'ahead') freeClaim(turn, print);",
      },
    ],
  },
  {
    name: 'no-grace',
    story: 'A new leader counts the time in which nobody could renew.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/queue-state.ts',
        find: "if (entry.kind === 'tick' && entry.grace) this.#grace(changed);",
        put: "if (entry.kind === 'tick' && entry.grace && tables.stampMs < 0) this.#grace(changed);",
      },
    ],
  },
  {
    name: 'no-grace-for-the-lost',
    story: 'A new leader gives a lost print out again before its holder, who is back too, can say so.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/queue-state.ts',
        find: 'leastLostMs !== undefined &&',
        put: 'leastLostMs !== undefined && tables.stampMs < 0 &&',
      },
    ],
  },
  {
    name: 'rule-at-once',
    story: 'The owner’s rule for lost prints does not wait for its time.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/tables.ts',
        find: 'print.lostMs + tables.settings.lostAfterMs;',
        put: 'print.lostMs;',
      },
    ],
  },
  {
    name: 'rule-never-set',
    story: 'A lost print is given up although the owner has set no rule.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/tables.ts',
        find: 'return tables.settings.lostAfterMs === null ? undefined : print.lostMs + tables.settings.lostAfterMs;',
        put: 'return print.lostMs + (tables.settings.lostAfterMs ?? 1);',
      },
    ],
  },
  {
    name: 'lease-not-counted-from-claim',
    story: 'Leases end early: a renewal does not move the deadline.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/prints.ts',
        find: '  return { ...print, leaseUntilMs, lostMs: undefined };',
        put: '  return { ...print, lostMs: undefined };',
      },
    ],
  },
  {
    name: 'bed-not-looked-at',
    story: 'A print starts whatever lies on the bed.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/prints.ts',
        find: "if (printer.bed !== 'clear') return",
        put: "if (printer.bed === 'unknown' && printer.bedPrint === undefined) return",
      },
      { file: 'lib/schedule/agenda.ts', find: "bed !== 'clear'", put: "bed === 'nothing'" },
    ],
  },
  {
    name: 'bed-cleared-by-late-word',
    story:
      'Who says that a bed is clear does not say how they knew it: the word arrives late, and takes off what began after it was said.',
    world: 'peers',
    edits: [
      {
        file: 'lib/schedule/bed-word.ts',
        find: "...(bed === 'clear' && revision !== undefined && { revision }),",
        put: "...(bed === 'clear' && revision === -1 && { revision }),",
      },
    ],
  },
  {
    name: 'bed-clear-after-failure',
    story: 'A failed print leaves the bed clear.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: "const cleared = ending.reported && ending.outcome === 'good' && clears;",
        put: "const cleared = ending.reported && (ending.outcome === 'failed' || clears);",
      },
    ],
  },
  {
    name: 'resolve-without-authority',
    story: 'Anybody decides about anybody’s prints.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/prints.ts',
        find: "return may(turn, 'operate') || involved ? undefined :",
        put: "return may(turn, 'submit') || involved ? undefined :",
      },
    ],
  },
  {
    name: 'signature-not-checked',
    story:
      'A forwarder’s word stands for the author’s: envelopes are opened without looking at the signature.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/envelope.ts',
        find: 'return open(bytes, true);',
        put: 'return open(bytes, false);',
      },
    ],
  },
  {
    name: 'claim-of-quarantined-set',
    story: 'A set that is set aside is claimed, and what was claimed of it stays claimed.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/prints.ts',
        find: "if (set.quarantine !== undefined) return { code: 'set-quarantined', quarantine: set.quarantine };",
        put: '',
      },
      {
        file: 'lib/queue/ending.ts',
        find: 'if (quarantine !== undefined) dropClaimsOf(turn, set.job, set.id);',
        put: '',
      },
    ],
  },
  {
    name: 'retired-voter-silenced',
    story: 'Who is retired is not heard any more while Raft still needs its vote: found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/replica/membership.ts',
        find: 'return confState.voters.includes(replicaId) || confState.votersOutgoing.includes(replicaId);',
        put: 'return confState.voters.length < 0 && replicaId < 0;',
      },
    ],
  },
];
