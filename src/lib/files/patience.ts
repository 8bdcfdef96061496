import type { Clock } from '../base/index.ts';

/** The promise's outcome, or after `waitMs` a rejection with that text; `onLate` is called then, to break off what was waited for. */
export function within<T>(
  clock: Clock,
  waitMs: number,
  promise: Promise<T>,
  text: string,
  onLate: (text: string) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(waitMs, () => {
      onLate(text);
      reject(new Error(text));
    });
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** Wakes all who wait, once per `wake`. */
export class Bell {
  #waiters: (() => void)[] = [];

  wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** Resolves at the next `wake`. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
