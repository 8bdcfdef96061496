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
        file: 'lib/peer/printing/until-kept.ts',
        find: '      await delay(clock, unkeptPauseMs);',
        put: '      await delay(clock, 0);\n      if (why.length > 0) throw error;',
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
        file: 'lib/peer/printing/printer-desk.ts',
        find: '      this.#ports.log.warn(`${text}: not kept: ${messageOf(error)}`);\n      return undefined;',
        put: '      throw error;',
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
