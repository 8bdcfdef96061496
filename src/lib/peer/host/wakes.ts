/** Those who wait until something holds, looked at after each change. */
export class Wakes {
  readonly #trouble: () => Error | undefined;
  #looks: (() => void)[] = [];

  /** @param trouble why nothing will come of waiting any more */
  constructor(trouble: () => Error | undefined) {
    this.#trouble = trouble;
  }

  changed(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves when `test` holds. Rejects when there is trouble or the signal aborts. */
  when(test: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const trouble = this.#trouble();
        if (signal?.aborted === true) reject(signal.reason);
        else if (trouble !== undefined) reject(trouble);
        else if (test()) resolve();
        else return;
        this.#looks = this.#looks.filter((each) => each !== look);
        signal?.removeEventListener('abort', look);
      };
      this.#looks.push(look);
      signal?.addEventListener('abort', look);
      look();
    });
  }
}
