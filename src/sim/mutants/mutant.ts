/** One change of the product's text: exactly this, found exactly once, becomes that. */
export interface Edit {
  /** Path below `src/`. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A known bug, put back. */
export interface Mutant {
  readonly name: string;
  /** What goes wrong, and who had it. */
  readonly story: string;
  /** What must find it: replicas alone (if nothing is said), or whole peers with printers and people. */
  readonly world?: 'peers';
  /** Most queues on the same printers in its worlds, where one shows nothing. One if nothing is said. */
  readonly queues?: number;
  readonly edits: readonly Edit[];
}
