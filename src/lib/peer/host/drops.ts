/** Messages that were dropped, by the reason: a handful of reasons, however many messages. */
export class Drops {
  readonly #counts = new Map<string, number>();

  /** One more for that reason, which is a word of this app's and never of the sender's. */
  readonly count = (reason: string): void => {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  };

  /** How many since this peer was opened, the most first. */
  get counts(): readonly { readonly reason: string; readonly count: number }[] {
    return [...this.#counts]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }
}
