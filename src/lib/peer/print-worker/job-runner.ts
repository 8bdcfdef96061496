import { type Clock, type Log, type PrintId, messageOf } from '../../base/index.ts';
import type { PrinterRequest } from '../../printer/port.ts';
import type { Store } from '../../storage/port.ts';
import type { PrinterToPeer } from '../messages.ts';
import { forgetPrint, keepOutcome, keepStanding } from '../printing/print-journal.ts';
import { stepJob } from './job-core.ts';
import { type JobEffect, type JobEvent, type JobState, noJob } from './job-state.ts';
import type { JournalWrite } from './journal.ts';

export interface JobRunnerPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** The journal's disk, asked for at each write. Rejects while there is none. */
  readonly store: () => Promise<Store>;
  readonly tell: (message: PrinterToPeer) => void;
  /** Gives the machine a request; its reply comes back as an event. */
  readonly request: (request: PrinterRequest) => void;
  readonly answer: (print: PrintId, go: boolean) => void;
  /** A write has reached the disk. */
  readonly onWritten?: (write: JournalWrite) => void;
}

/** Carries out what `stepJob` wants done, in its order, and brings back what comes of it. It decides nothing. */
export class JobRunner {
  readonly #ports: JobRunnerPorts;
  #state: JobState = noJob;
  readonly #events: JobEvent[] = [];
  #stepping = false;
  #over = false;

  constructor(ports: JobRunnerPorts) {
    this.#ports = ports;
  }

  get state(): JobState {
    return this.#state;
  }

  /** Takes an event. One that comes while the effects of another are carried out waits for its turn. */
  take(event: JobEvent): void {
    this.#events.push(event);
    if (this.#stepping || this.#over) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const [state, effects] = stepJob(this.#state, next);
        this.#state = state;
        for (const effect of effects) this.#try(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  /** The process dies: nothing follows any more. */
  close(): void {
    this.#over = true;
  }

  /** One effect that cannot be carried out holds up no other. */
  #try(effect: JobEffect): void {
    try {
      this.#carryOut(effect);
    } catch (error) {
      this.#ports.log.error(`the print worker could not ${effect.do}: ${messageOf(error)}`);
    }
  }

  #carryOut(effect: JobEffect): void {
    const { clock, log, tell, request, answer } = this.#ports;
    switch (effect.do) {
      case 'tell':
        return tell(effect.message);
      case 'request':
        return request(effect.request);
      case 'answer':
        return answer(effect.print, effect.go);
      case 'write':
        return this.#write(effect.id, effect.write);
      case 'pause':
        clock.after(effect.ms, () => this.take({ on: 'pause-over', id: effect.id }));
        return;
      case 'fault':
        return log.error(`the print worker met a fault: ${effect.text}`);
    }
  }

  #write(id: number, write: JournalWrite): void {
    const { log, store, clock, onWritten } = this.#ports;
    const wallMs = clock.wallMs();
    store()
      .then((open) => putWrite(open, write, wallMs))
      .then(
        () => {
          onWritten?.(write);
          this.take({ on: 'written', id });
        },
        (error: unknown) => {
          log.warn(`${write.kind} of print ${write.print} is not in the journal: ${messageOf(error)}`);
          this.take({ on: 'write-failed', id });
        },
      );
  }
}

async function putWrite(store: Store, write: JournalWrite, wallMs: number): Promise<void> {
  switch (write.kind) {
    case 'standing':
      return keepStanding(store, { ...write.entry, wallMs });
    case 'outcome':
      return keepOutcome(store, { print: write.print, queue: write.queue, outcome: write.outcome });
    case 'forget':
      return forgetPrint(store, write.print);
  }
}
