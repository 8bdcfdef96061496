import { leftPrintAdvice, printerNow } from '../../printer/left-print.ts';
import type { PrinterStatus } from '../../printer/port.ts';
import type { InterruptedPrint, LeftPrint } from '../printer-api.ts';

/**
 * What a person is told of a print whose tab ended under it.
 * @param now what its printer says, if it is connected here again
 */
export function interruptedPrint(left: LeftPrint, now: PrinterStatus | undefined): InterruptedPrint {
  const { print, printer, printerName, fileName, wallMs, standing } = left;
  return {
    print,
    printer,
    printerName,
    fileName,
    atWallMs: wallMs,
    state: standing.state,
    percent: standing.percent,
    lines: standing.lines,
    nozzleTargetC: standing.nozzleTargetC,
    bedTargetC: standing.bedTargetC,
    advice: leftPrintAdvice(fileName, standing, printerNow(now)),
  };
}
