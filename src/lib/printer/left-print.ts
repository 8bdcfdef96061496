import type { PrinterState, PrinterStatus } from './port.ts';

/** Where a print stood when it was last written down: every few seconds, and at each change of state. */
export interface PrintStanding {
  /** The fence was open: from then on the machine may have been heated or moved. */
  readonly touched: boolean;
  readonly state: PrinterState;
  /** Bytes of the file up to the last command that was sent. Some of the last were perhaps never carried out. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Commands that the printer acknowledged. */
  readonly lines: number;
  readonly percent: number;
  readonly heightMm?: number;
  readonly nozzleTargetC?: number;
  readonly bedTargetC?: number;
}

/** What is known of the printer now, after the page came back. */
export interface PrinterNow {
  /** `elsewhere`: another tab or worker holds it. */
  readonly link: 'none' | 'connected' | 'elsewhere';
  /** Whether the firmware has booted since, as far as anybody saw. */
  readonly booted?: boolean;
  /** The hottest of nozzle and bed, and its target, °C. */
  readonly hottestC?: number;
  readonly targetC?: number;
}

/** `connect` opens the port, which resets most boards: heaters off, place lost. None of them goes on with the print. */
export type LeftOffer =
  'look' | 'connect' | 'cool' | 'report-good' | 'report-failed' | 'print-again' | 'clear-bed';

/** What a person is told of a print that was left, and what is safe to offer. */
export interface LeftPrintAdvice {
  readonly heaters: 'never-on' | 'off' | 'hot' | 'unknown';
  /** Sentences: what is known, then what it means. */
  readonly text: string;
  /** The likeliest first. */
  readonly offers: readonly LeftOffer[];
}

/** Below this nothing burns a hand or softens plastic, °C. */
const coldC = 45;

/** Where a print of this status stands. */
export function standingOf(status: PrinterStatus, touched: boolean): PrintStanding | undefined {
  const { print, temperatures } = status;
  if (print === undefined) return undefined;
  const nozzle = temperatures.tools[0]?.targetC;
  return {
    touched,
    state: status.state,
    bytesDone: print.bytesDone,
    bytesTotal: print.bytesTotal,
    lines: print.lines,
    percent: print.percent,
    ...(print.heightMm !== undefined && { heightMm: print.heightMm }),
    ...(nozzle !== undefined && { nozzleTargetC: nozzle }),
    ...(temperatures.bed !== undefined && { bedTargetC: temperatures.bed.targetC }),
  };
}

/** What is known of a printer by its status; without one it is not connected. */
export function printerNow(status: PrinterStatus | undefined): PrinterNow {
  if (status === undefined || ['idle', 'connecting', 'disconnected'].includes(status.state))
    return { link: 'none' };
  const { tools, bed } = status.temperatures;
  const parts = [...tools, ...(bed === undefined ? [] : [bed])];
  return {
    link: 'connected',
    ...(status.booted !== undefined && { booted: status.booted }),
    ...(parts.length > 0 && {
      hottestC: Math.max(...parts.map((part) => part.actualC)),
      targetC: Math.max(...parts.map((part) => part.targetC)),
    }),
  };
}

/**
 * What can be said and safely offered about a print whose page went away. Never to go on: where the head stands, how much of the
 * last bytes was carried out and what stuck to the bed cannot be known from here.
 */
export function leftPrintAdvice(fileName: string, stood: PrintStanding, now: PrinterNow): LeftPrintAdvice {
  const where =
    `“${fileName}” was at ${Math.floor(stood.percent)} %` +
    (stood.heightMm === undefined ? '' : `, ${stood.heightMm} mm high,`) +
    ' when this page went away.';
  if (now.link === 'elsewhere')
    return {
      heaters: 'unknown',
      text: `${where} Another tab or window has the printer: look there.`,
      offers: ['look'],
    };
  if (!stood.touched)
    return {
      heaters: 'never-on',
      text: `“${fileName}” had not begun when this page went away: nothing was heated or moved for it. It can be printed from its start.`,
      offers: ['print-again'],
    };
  // All of it was sent: the machine alone may have finished it.
  const sentWhole = stood.bytesTotal > 0 && stood.bytesDone >= stood.bytesTotal;
  const end = sentWhole
    ? 'All of it had been sent, so it may be finished: look at it.'
    : 'It cannot go on from there: look at the bed, then say how it ended.';
  const reports: LeftOffer[] = sentWhole ? ['report-good', 'report-failed'] : ['report-failed'];
  if (now.link === 'none') {
    const heated = (stood.nozzleTargetC ?? 0) > 0 || (stood.bedTargetC ?? 0) > 0;
    // What went out in the seconds after the last note may have switched them on.
    const stays = heated
      ? ` Its heaters may still be on (${heats(stood)}), with nobody to switch them off.`
      : ' Whether its heaters are on is not known.';
    return {
      heaters: 'unknown',
      text: `${where}${stays} Look at the printer. Connecting resets most boards, which switches the heaters off. ${end}`,
      offers: ['look', 'connect', ...reports],
    };
  }
  if (now.booted === true && (now.targetC ?? 0) === 0)
    return {
      heaters: 'off',
      text: `${where} The printer has been reset since: its heaters are off and it has forgotten where it was. ${end}`,
      offers: [...reports, 'clear-bed'],
    };
  if (now.hottestC === undefined)
    return {
      heaters: 'unknown',
      text: `${where} The printer does not say how hot it is: look at it. ${end}`,
      offers: ['look', 'cool', ...reports],
    };
  if ((now.targetC ?? 0) > 0)
    return {
      heaters: 'hot',
      text: `${where} The printer still heats to ${Math.round(now.targetC ?? 0)} °C. ${end}`,
      offers: ['cool', ...reports],
    };
  const warm = now.hottestC > coldC ? ` It is still at ${Math.round(now.hottestC)} °C.` : '';
  return {
    heaters: 'off',
    text: `${where} Its heaters are off.${warm} ${end}`,
    offers: [...reports, 'clear-bed'],
  };
}

function heats(stood: PrintStanding): string {
  return [
    ...((stood.nozzleTargetC ?? 0) > 0 ? [`nozzle ${Math.round(stood.nozzleTargetC ?? 0)} °C`] : []),
    ...((stood.bedTargetC ?? 0) > 0 ? [`bed ${Math.round(stood.bedTargetC ?? 0)} °C`] : []),
  ].join(', ');
}
