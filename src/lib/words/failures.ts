import type { Quarantine, Reason, Stop } from '../queue/index.ts';

/** What is said of prints that failed: why one ended, why a set or a printer was set aside. */

const rules: { readonly [Code in Extract<Reason, { readonly by: 'rule' }>['code']]: string } = {
  'contact-lost': 'Contact was lost for longer than the queue’s rule allows.',
};

/** Why a print ended as it did: words that somebody wrote are shown as they are. Empty when nothing is known. */
export function reasonText(reason: Reason | undefined): string {
  if (reason === undefined) return '';
  return reason.by === 'rule' ? rules[reason.code] : reason.text;
}

/** Why no copy of a set is given out. */
export function quarantineText(quarantine: Quarantine): string {
  const { lastPrinter, lastReason } = quarantine;
  const times =
    quarantine.code === 'failed-on-printers'
      ? `on ${quarantine.printers} printers`
      : `${quarantine.failures} times`;
  const last = lastly(lastPrinter === undefined ? undefined : `on ${lastPrinter}`, lastReason);
  return `It failed ${times}${last}: look at the file, then release it.`;
}

/** Why a printer takes no work. */
export function stopText({ sets, lastFile, lastReason }: Stop): string {
  const last = lastly(lastFile, lastReason);
  return `${sets} different files failed here in a row${last}: look at the printer, then resume it.`;
}

/** ", last on MK3 (nozzle blocked)": what a person wants to know before overruling it. */
function lastly(what: string | undefined, why: Reason | undefined): string {
  const reason = reasonText(why)
    .trim()
    .replace(/[.!]+$/, '');
  const words = [what, reason === '' ? undefined : `(${reason})`].filter((part) => part !== undefined);
  return words.length === 0 ? '' : `, last ${words.join(' ')}`;
}
