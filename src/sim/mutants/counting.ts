import type { Mutant } from './mutant.ts';

/** Bugs in what counts, and in what is remembered of prints: whole peers must find them. */
export const countingMutants: readonly Mutant[] = [
  {
    name: 'late-result-ignored',
    story: 'A report is refused once somebody else has decided about the print.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/prints.ts',
        find: "  correctPrint(turn, ended, ending);\n  return undefined;\n}\n\n/** A person's word",
        put: "  return { code: 'already-finished', outcome: ended.outcome };\n}\n\n/** A person's word",
      },
    ],
  },
  {
    name: 'cancelled-copy-goes-on',
    story: 'A copy that a person cancelled starts on the next free printer.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: "return outcome === 'cancelled' || print.cancel !== undefined ? 'on-hold' : 'again';",
        put: "return 'again';",
      },
    ],
  },
  {
    name: 'returned-copy-goes-on',
    story: 'A copy that a person cancelled before its first move starts on the next free printer.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/upkeep.ts',
        find: "return print.cancel === undefined ? 'again' : 'on-hold';",
        put: "return 'again';",
      },
    ],
  },
  {
    name: 'failed-counts-as-good',
    story: 'A failed copy counts as a good one.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: 'putSet(turn, { ...set, [ending.outcome]: set[ending.outcome] + 1 });',
        put: "const counted = ending.outcome === 'failed' ? 'good' : ending.outcome;\n  putSet(turn, { ...set, [counted]: set[counted] + 1 });",
      },
    ],
  },
  {
    name: 'corrected-counts-twice',
    story: 'A late result is counted beside what was decided before, instead of in its place.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/ending.ts',
        find: '[old.outcome]: set[old.outcome] - 1,',
        put: '[old.outcome]: set[old.outcome],',
      },
    ],
  },
  {
    name: 'claimed-counts-as-printed',
    story:
      'What is left is told from the copies that are held, not from the good ones (continuousprint, defect 1).',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/state.ts',
        find: 'return Math.max(0, wantedOf(job, set) - set.good);',
        put: 'return Math.max(0, wantedOf(job, set) - set.good - set.active.length);',
      },
    ],
  },
  {
    name: 'held-copies-given-again',
    story: 'Copies under way count as free.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/state.ts',
        find: 'return Math.max(0, wantedOf(job, set) - set.good - set.active.length - set.onHold.length);',
        put: 'return Math.max(0, wantedOf(job, set) - set.good);',
      },
    ],
  },
  {
    name: 'totals-not-corrected',
    story: 'Totals keep what was said first.',
    world: 'peers',
    edits: [
      {
        file: 'lib/queue/history.ts',
        find: '  addTotals(tables.totals, old, -1);\n  addTotals(tables.totals, now, 1);\n',
        put: '',
      },
    ],
  },
  {
    name: 'interrupted-printed-again',
    story: 'After a restart a print that was under way is begun again.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/held-prints.ts',
        find: "if (print.phase !== 'claimed' && print.phase !== 'ahead') {",
        put: 'if (print.claimedMs < 0) {',
      },
      {
        file: 'lib/peer/printing/held-prints.ts',
        find: 'if (id === begun) {',
        put: 'if (id === begun && print.claimedMs < 0) {',
      },
    ],
  },
  {
    name: 'journal-not-looked-into',
    story: 'What a printer wrote down while nobody listened is never read: found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/late-outcomes.ts',
        find: 'of await keptOutcomes(store)) {',
        put: 'of (await keptOutcomes(store)).slice(0, 0)) {',
      },
      {
        file: 'lib/peer/peer.ts',
        find: 'keptOutcome: (print) => keptOutcome(ports.store, print),',
        put: 'keptOutcome: async () => undefined,',
      },
    ],
  },
  {
    name: 'outcome-forgotten-early',
    story: 'The journal forgets an outcome before the outbox has it on disk.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/host/outbox.ts',
        find: '    try {\n      await this.#keep(item);\n',
        put: '    options.onKept?.();\n    try {\n      await this.#keep(item);\n',
      },
    ],
  },
  {
    name: 'signed-anew-after-crash',
    story: 'After a restart waiting commands are signed under a new number, so that one takes effect twice.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/host/outbox.ts',
        find: 'envelope: envelope ?? undefined,',
        put: 'envelope: undefined,',
      },
    ],
  },
  {
    name: 'cancelled-without-a-person',
    story: 'A print under way is stopped because the queue has lost contact with it.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: "else if (print.cancel !== undefined) this.take({ on: 'cancelled' });",
        put: "else if (print.cancel !== undefined || print.lostMs !== undefined) this.take({ on: 'cancelled' });",
      },
    ],
  },
];
