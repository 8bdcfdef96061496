import type { ConfState, RawNode } from '../../raft/index.ts';
import type { LastWord, Succession } from './succession.ts';

export interface OfficePorts {
  readonly node: RawNode;
  readonly succession: Succession;
  readonly confState: () => ConfState;
  readonly isStopped: () => boolean;
  /** Wakes the replica, runs that, and carries out what follows from it. */
  readonly act: (input: () => void) => void;
}

/** How leadership passes from a replica that goes to one that stays: what is asked of either from outside. */
export class Office {
  readonly #ports: OfficePorts;

  constructor(ports: OfficePorts) {
    this.#ports = ports;
  }

  /** Hands leadership to that voter, or to the one that is furthest, if this replica has it: its browser is about to close, or its vote ends. */
  handOver(to?: number): void {
    const { node, succession, confState, isStopped, act } = this.#ports;
    if (isStopped() || node.role !== 'leader') return;
    act(() => {
      const heir = to ?? succession.heir(confState());
      if (heir !== undefined) node.transferLeader(heir);
    });
  }

  /** What this replica says when its browser ends with no time to hand over; see `Succession`. Undefined when it does not lead. */
  lastWord(reaches: (replicaId: number) => boolean): LastWord | undefined {
    const { succession, confState, isStopped } = this.#ports;
    return isStopped() ? undefined : succession.lastWord(confState(), reaches);
  }

  /** The leader of that term has said its last words, which name another: it is followed no more. */
  farewell(term: number): void {
    const { succession, isStopped, act } = this.#ports;
    if (!isStopped()) act(() => succession.farewell(term));
  }

  /** After a farewell it is this replica's turn to stand for election; see `Succession.stand`. */
  stand(): void {
    const { succession, isStopped, act } = this.#ports;
    if (!isStopped()) act(() => succession.stand());
  }
}
