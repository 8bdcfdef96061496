import type { Mutant } from './mutant.ts';

/** Bugs that show when a write of a browser fails: whole peers must find them. */
export const diskMutants: readonly Mutant[] = [
  {
    name: 'unkept-is-forgotten',
    story:
      'How a print ended, or that a copy is given back, is not told again after a write that failed. The printer keeps it in hand for ever.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: "        this.#ports.log.warn(`Hand a copy back: not kept, tried again: ${messageOf(error)}`);\n        this.take({ on: 'released', n, as: 'failed' });",
        put: '        this.#ports.log.warn(`Hand a copy back: not kept: ${messageOf(error)}`);',
      },
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: "        this.#ports.log.warn(`${text}: not kept, tried again: ${messageOf(error)}`);\n        this.take({ on: 'kept', n, as: 'failed' });",
        put: '        this.#ports.log.warn(`${text}: not kept: ${messageOf(error)}`);',
      },
    ],
  },
  {
    name: 'unkept-start-waits',
    story:
      'A start that could not be written down is never answered: the print worker waits at the fence for ever.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: "        this.take({ on: 'agreed', n, as: 'failed', facts: facts() });",
        put: '        if (n < 0) facts();',
      },
    ],
  },
  {
    name: 'failed-effect-has-no-end',
    story:
      'A claim, a file or a note that fails is told to nobody: one failed write jams the printer for ever. The desk had it.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/printer-slot.ts',
        find: '      this.#ports.log.warn(`${this.name}: ${effect.do} failed: ${messageOf(error)}`);\n      const failed = failureOf(effect);',
        put: '      this.#ports.log.warn(`${this.name}: ${effect.do} failed: ${messageOf(error)}`);\n      const failed = messageOf(error) === effect.do ? failureOf(effect) : undefined;',
      },
    ],
  },
  {
    name: 'unwritten-is-untold',
    story:
      'How a print ended is told only once it is in the journal: after a write that failed or never ended nobody hears of it while its tab is open. The print worker had it.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/print-worker/job-core.ts',
        find: "if (write.kind === 'outcome') this.#mayTell(write.print);",
        put: "if (write.kind === 'outcome' && isDone) this.#mayTell(write.print);",
      },
      {
        file: 'lib/peer/print-worker/job-core.ts',
        find: "assert(at === 'told' || isWanted(journal, 'outcome', print), 'an outcome that nobody writes is not told');",
        put: 'assert(at.length > 0 && print.length > 0, journal.waiting.length.toString());',
      },
      {
        file: 'lib/peer/print-worker/journal.ts',
        find: "if (write.kind === 'standing' || isReplaced) return ended;",
        put: "if (write.kind !== 'forget' || isReplaced) return ended;",
      },
    ],
  },
  {
    name: 'unwritten-start-waits',
    story:
      'That a print begins is written before its machine is let go, and when that cannot be written nobody answers the machine. The print worker had it.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/print-worker/job-core.ts',
        find: "if (write.kind === 'standing') this.#noted(write);",
        put: "if (write.kind === 'standing' && isDone) this.#noted(write);",
      },
      {
        file: 'lib/peer/print-worker/job-core.ts',
        find: "assert(job.at !== 'noting' || isWanted(journal, 'standing', job.print), 'a start waits for no write');",
        put: '',
      },
    ],
  },
  {
    name: 'taken-over-by-nobody',
    story:
      'Nobody looks whether the outcomes found in the journal after a restart could be put into the outbox. Found by this simulator.',
    world: 'peers',
    edits: [
      {
        file: 'lib/peer/printing/late-outcomes.ts',
        find: 'submitUntilKept({ clock, log }, host, finish, text, { onKept: forget }, isWanted).catch(',
        put: 'host.submit(finish, text, { onKept: forget }).then(isWanted);\n    Promise.resolve().catch(',
      },
    ],
  },
];
