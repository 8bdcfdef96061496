import type { Ask, Problem } from './facts.ts';
import type { Hands } from './hands.ts';
import type { Knowledge } from './knowledge.ts';
import type { Link, PrinterPrompt, PrinterState, PrinterStatus } from './port.ts';
import type { Print } from './print.ts';

/** What a host knows when it tells how things stand. */
export interface Standing {
  readonly state: PrinterState;
  readonly link: Link;
  readonly known: Knowledge;
  readonly hands: Hands;
  readonly print: Print | undefined;
  readonly busyForPerson: Ask | undefined;
  readonly prompt: PrinterPrompt | undefined;
  readonly problem: Problem | undefined;
  readonly clearing: string | undefined;
  readonly notice: string | undefined;
  readonly last: PrinterStatus['last'] | undefined;
}

/** The same as plain data, for a page. */
export function describe(standing: Standing): PrinterStatus {
  const { print, prompt, problem, clearing, notice, last, hands } = standing;
  const { kind, label, baud, info } = standing.link;
  const { firmware, temperatures, position, booted, bedTold } = standing.known;
  const needsPerson = print?.needsPerson ?? standing.busyForPerson;
  return {
    state: standing.state,
    link: { kind, label, ...(baud !== undefined && { baud }), ...(info && { info }) },
    ...(firmware && { firmware }),
    temperatures,
    ...(position && { position }),
    booted,
    pace: hands.pace,
    whyNot: hands.whyNot(),
    ...(print && { print: print.progress() }),
    ...(needsPerson !== undefined && { needsPerson }),
    ...(prompt && { prompt }),
    ...(problem && { problem }),
    ...(clearing !== undefined && { clearing }),
    ...(bedTold && { bedTold }),
    ...(notice !== undefined && { notice }),
    ...(last && { last }),
  };
}
