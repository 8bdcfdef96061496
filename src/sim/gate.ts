import { Acknowledgements } from '../lib/peer/replica/acknowledgements.ts';
import { Lives } from '../lib/peer/replica/lives.ts';
import type { DiskState, Life, RaftFrame } from '../lib/peer/replica/raft-frame.ts';
import type { Word } from '../lib/peer/wire-shapes.ts';
import type { ConfState } from '../lib/raft/index.ts';
import type { StoredAcknowledgement } from '../lib/storage/port.ts';

/** Who of the others is heard: what `lib/peer/host/door.ts` asks before a message is let in, without keys and peers. */
export class Gate {
  readonly acknowledgements: Acknowledgements;
  readonly #lives = new Lives();
  readonly #nowMs: () => number;
  readonly #confState: () => ConfState;

  constructor(
    stored: readonly StoredAcknowledgement[],
    ports: { readonly nowMs: () => number; readonly confState: () => ConfState },
  ) {
    this.acknowledgements = new Acknowledgements(stored);
    this.#nowMs = ports.nowMs;
    this.#confState = ports.confState;
  }

  /** Whether a frame is let in. If it is not, its sender is to be told why, where there is a word for it. */
  lets({ from, life, disk }: RaftFrame): boolean {
    const { acknowledgements } = this;
    const isOlder = life.epoch < acknowledgements.epochOf(from);
    if (isOlder || !this.#lives.isNewest(from, life, this.#nowMs())) return false;
    if (!acknowledgements.isIntact(from, life, disk)) return false;
    const { voters, learners, votersOutgoing } = this.#confState();
    if ([...voters, ...learners, ...votersOutgoing].includes(from))
      acknowledgements.heard(from, life, disk.term);
    return true;
  }

  /** What is to be said to that replica in that life, with that on its disk. */
  wordFor(
    replica: number,
    life: Life,
    disk: Pick<DiskState, 'term' | 'last'>,
    leads: boolean,
  ): Word | undefined {
    const now = this.#nowMs();
    const isHeard = leads ? this.#lives.isNewest(replica, life, now) : !this.#lives.isOver(replica, life);
    if (!isHeard || life.epoch < this.acknowledgements.epochOf(replica)) return 'superseded';
    if (this.acknowledgements.isIntact(replica, life, disk)) return undefined;
    return this.#lives.hasTwin(replica, life, now) ? 'superseded' : 'lost-data';
  }
}
