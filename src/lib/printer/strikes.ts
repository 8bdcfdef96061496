/** Lines after which an earlier strike no longer counts. */
const rememberedLines = 4;

/** Requests for a line that makes no sense: one may be noise, two close together show that the printer lost its place. */
export class Strikes {
  #count = 0;
  /** The number that was next at the last one. */
  #at = 0;

  /** True when that was one too many. */
  add(next: number): boolean {
    this.#count = next - this.#at > rememberedLines ? 1 : this.#count + 1;
    this.#at = next;
    return this.#count >= 2;
  }

  forget(): void {
    this.#count = 0;
  }
}
