/** An expected no: a stable code for programs, and a sentence that says what is wrong and what to do. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
}

/** Why bytes or a value from outside are not what they should be. `field`: the path to what does not fit, if the bytes could be read at all. */
export type UnfitRefusal =
  | (Refusal & { readonly code: 'too-large'; readonly bytes: number; readonly bytesMax: number })
  | (Refusal & { readonly code: 'malformed'; readonly field: string | undefined });

/** What a function that may be refused returns. A room whose refusals are data without a sentence names their type. */
export type Result<T, No extends { readonly code: string } = Refusal> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: No };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse(code: string, text: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: { code, text } };
}

/** A refusal on its way through code that can only throw (promises, callbacks of libraries). */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly code: string;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.code = refusal.code;
  }
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
