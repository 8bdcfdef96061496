import { type Clock, type Log, type PeerId, messageOf } from '../../base/index.ts';
import { returnWaitMs } from '../limits.ts';

export interface ReturnPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** How often this log was opened: a log that was never opened before has acknowledged nothing. */
  readonly epoch: number;
  /** The other voters, as far as they are known here. */
  readonly voters: () => readonly PeerId[];
  readonly isConnected: (peer: PeerId) => boolean;
  /** Asks a voter whether this replica has what it acknowledged; see `Place.askOne`. */
  readonly ask: (peer: PeerId) => Promise<void>;
}

/**
 * The wait of a replica that comes back until it may take part in deciding again. Its disk may be an older copy that was put
 * back from a backup, which nothing on it can tell. So it asks the other voters first: each remembers what this replica acknowledged to
 * it. Once all have answered, or those who are here had their time, it votes and acknowledges again.
 */
export class Return {
  readonly #ports: ReturnPorts;
  readonly #asked = new Set<PeerId>();
  readonly #answered = new Set<PeerId>();
  #state: 'new' | 'asking' | 'over' = 'new';
  #waiting: (() => void)[] = [];
  #cancel: (() => void) | undefined;

  constructor(ports: ReturnPorts) {
    this.#ports = ports;
  }

  /** Runs that as soon as the wait is over. The first call begins it. */
  whenOver(run: () => void): void {
    if (this.#state === 'over' || (this.#state === 'new' && this.#isNeedless())) {
      this.#state = 'over';
      run();
      return;
    }
    this.#waiting.push(run);
    if (this.#state === 'asking') return;
    this.#state = 'asking';
    this.#cancel = this.#ports.clock.after(returnWaitMs, () => this.#end());
    this.look();
  }

  /** Connections came or went. */
  look(): void {
    if (this.#state !== 'asking') return;
    const { voters, isConnected, ask, log } = this.#ports;
    for (const peer of voters()) {
      if (this.#asked.has(peer) || !isConnected(peer)) continue;
      this.#asked.add(peer);
      ask(peer).then(
        () => this.#heard(peer),
        (error: unknown) => {
          log.debug(`${peer} does not say what this replica acknowledged: ${messageOf(error)}`);
          // It may be asked again by another connection.
          this.#asked.delete(peer);
        },
      );
    }
  }

  close(): void {
    this.#cancel?.();
    this.#waiting = [];
  }

  #isNeedless(): boolean {
    return this.#ports.epoch <= 1 || this.#ports.voters().length === 0;
  }

  #heard(peer: PeerId): void {
    this.#answered.add(peer);
    if (this.#state === 'asking' && this.#ports.voters().every((each) => this.#answered.has(each)))
      this.#end();
  }

  #end(): void {
    this.#state = 'over';
    this.#cancel?.();
    for (const run of this.#waiting.splice(0)) run();
  }
}
