/** Lines after which an earlier strike no longer counts. */
const rememberedLines = 4;

/** Lines after a greeting in which one strike is enough: M115 and one more go out before anything is printed. */
const newLines = 2;

/** Requests for a line that makes no sense: one may be noise, two close together show that the printer lost its place. */
export class Strikes {
  #count = 0;
  /** The number that was next at the last one. */
  #at = 0;
  #first = -Infinity;

  /** True when that was one too many. `asked` is the line it wanted, `next` the one that would be sent next. */
  add(asked: number, next: number): boolean {
    this.#count = next - this.#at > rememberedLines ? 1 : this.#count + 1;
    this.#at = next;
    // The printer never heard the greeting: what was taken for its answer came from before.
    return this.#count >= 2 || (asked <= 1 && next - this.#first <= newLines);
  }

  forget(): void {
    this.#count = 0;
  }

  /** The printer was greeted: this is the number of its next line. */
  greeted(first: number): void {
    this.#count = 0;
    this.#first = first;
  }
}
