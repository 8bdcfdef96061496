import { type PrinterId, type Result, ok, refuse } from '../../base/index.ts';
import { type KnownPrinter, type PrinterIdentity, recognise } from '../../printer/recognition.ts';

/** A printer that this browser has had before. */
export interface RememberedPrinter extends KnownPrinter<PrinterId> {
  readonly name: string;
}

/** One of the printers that a connected one may be. */
export interface PrinterChoice {
  readonly printer: PrinterId;
  readonly name: string;
}

/** Asks a person which of these it is. `new`: none of them. Undefined: they closed the question. */
export type WhichPrinter = (choices: readonly PrinterChoice[]) => Promise<PrinterId | 'new' | undefined>;

export interface Placing {
  /** What the printer that was just greeted says of itself. */
  readonly seen: PrinterIdentity;
  /** The id that belongs to the port it hangs on, as far as ports can be told apart. */
  readonly place: PrinterId;
  readonly known: readonly RememberedPrinter[];
  /** Printers that are connected in any tab of this browser, without this one. */
  readonly connected: ReadonlySet<PrinterId>;
  readonly which: WhichPrinter | undefined;
  /** A new id, which belongs to the port from now on. */
  readonly fresh: () => PrinterId;
}

/**
 * Which printer this is: one that is surely known again keeps its id, and with it name, profile, materials and bed. Where only a person
 * can know, a person is asked; where nobody answers, it is not guessed.
 */
export async function placePrinter(placing: Placing): Promise<Result<PrinterId>> {
  const { seen, place, known, connected, which, fresh } = placing;
  const recognised = recognise(seen, known, connected);
  const taken = connected.has(place) || known.some(({ id }) => id === place);
  const another = (): PrinterId => (taken ? fresh() : place);
  if (recognised.kind === 'same') return ok(recognised.id);
  if (recognised.kind === 'new') return ok(another());
  const choices = recognised.ids.map((printer) => ({
    printer,
    name: known.find(({ id }) => id === printer)?.name ?? 'A printer',
  }));
  const names = choices.map(({ name }) => `“${name}”`).join(', ');
  const chosen = await which?.(choices);
  if (chosen === undefined)
    return refuse('which-printer', `It may be ${names} or another one like it. Say which, then connect it.`);
  return ok(chosen === 'new' ? another() : chosen);
}
