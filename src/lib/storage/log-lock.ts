import { type Clock } from '../base/index.ts';
import { storageRefusal } from './refusals.ts';

/** Exclusive Web Locks on logs, one per log, held until released. Without a LockManager every lock is granted. */
export class LogLocks {
  readonly #manager: LockManager | undefined;
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #held = new Set<() => void>();

  constructor(manager: LockManager | undefined, clock: Clock, waitMs: number) {
    this.#manager = manager;
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Waits for the lock of that log, then resolves to the function that lets it go. Rejects with `busy` when another keeps it. */
  take(key: string): Promise<() => void> {
    const manager = this.#manager;
    if (manager === undefined) return Promise.resolve(() => undefined);
    return new Promise((resolve, reject) => {
      const patience = new AbortController();
      const cancel = this.#clock.after(this.#waitMs, () => patience.abort());
      const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
      const release = () => {
        this.#held.delete(release);
        letGo();
      };
      const grant = (): Promise<void> => {
        cancel();
        this.#held.add(release);
        resolve(release);
        return held;
      };
      manager
        .request(`peerprint-log-${key}`, { mode: 'exclusive', signal: patience.signal }, grant)
        .catch((error: unknown) => {
          cancel();
          reject(patience.signal.aborted ? storageRefusal('busy') : error);
        });
    });
  }

  releaseAll(): void {
    for (const release of [...this.#held]) release();
  }
}
