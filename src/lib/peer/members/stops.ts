import { type Clock, type Log, type QueueId, type Result, messageOf } from '../../base/index.ts';
import type { Store } from '../../storage/port.ts';
import { isHalt } from '../replica/halting.ts';
import { keepHalt } from './halts.ts';
import { reopenForgivenMs, reopenPausesMs } from '../limits.ts';

export interface StopsPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  /** Joins a queue again as another replica. */
  readonly rejoin: (queue: QueueId) => Promise<Result<unknown>>;
  /** Closes what is left of a queue and opens it from its log. */
  readonly reopen: (queue: QueueId) => Promise<void>;
}

interface Tries {
  /** Times that it was opened again, or is about to be. */
  count: number;
  lastMs: number;
  cancel: (() => void) | undefined;
}

/**
 * What follows when a replica has stopped. Some reasons are kept, because a restart does not heal them; some the app heals alone. After a write that
 * failed nobody knows what is on the disk, so it is looked at: the queue is opened again from there, a few times, ever more rarely.
 */
export class Stops {
  readonly #ports: StopsPorts;
  readonly #tries = new Map<QueueId, Tries>();
  #closed = false;

  constructor(ports: StopsPorts) {
    this.#ports = ports;
  }

  /** A queue's replica has stopped, or could not be opened. */
  stopped(queue: QueueId, code: string, text: string): void {
    if (this.#closed) return;
    if (code === 'storage-failed' || code === 'storage-full') this.#openLater(queue, reopenPausesMs[code]);
    if (!isHalt(code)) return;
    const { log, store } = this.#ports;
    keepHalt(store, queue, { code, text }).then(
      () => {
        if (code === 'lost-data') this.comeBackAlone(queue);
      },
      (error: unknown) => log.error(`a stopped queue could not be put aside: ${messageOf(error)}`),
    );
  }

  /** Who only lost data needs nobody's decision: what is missing is with the others. */
  comeBackAlone(queue: QueueId): void {
    const { log, rejoin } = this.#ports;
    rejoin(queue).then(
      (begun) => {
        if (!begun.ok) log.error(`no way back into the queue: ${begun.refusal.text}`);
      },
      (error: unknown) => log.error(`coming back to the queue broke: ${messageOf(error)}`),
    );
  }

  /** The queue is left, or opened by another way. */
  forget(queue: QueueId): void {
    this.#tries.get(queue)?.cancel?.();
    this.#tries.delete(queue);
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#tries.values()) cancel?.();
  }

  #openLater(queue: QueueId, pausesMs: readonly number[]): void {
    const { clock, log, reopen } = this.#ports;
    const now = clock.monotonicMs();
    const tries = this.#tries.get(queue) ?? { count: 0, lastMs: now, cancel: undefined };
    if (tries.cancel !== undefined) return;
    if (now - tries.lastMs > reopenForgivenMs) tries.count = 0;
    const pauseMs = pausesMs[tries.count];
    this.#tries.set(queue, tries);
    if (pauseMs === undefined) {
      log.error(`queue ${queue} was opened ${tries.count} times in vain: a person must look`);
      return;
    }
    tries.count++;
    tries.cancel = clock.after(pauseMs, () => {
      tries.cancel = undefined;
      tries.lastMs = clock.monotonicMs();
      log.info(`opens queue ${queue} again, try ${tries.count}`);
      reopen(queue).catch((error: unknown) => {
        log.error(`queue ${queue} could not be opened again: ${messageOf(error)}`);
      });
    });
  }
}
