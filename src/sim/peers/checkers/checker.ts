import type { QueueState } from '../../../lib/queue/index.ts';
import type { Line } from '../book.ts';
import type { Machine, PhysicalPrint } from '../floor.ts';
import type { Deed } from '../room.ts';

/** Watches one promise. Called in the middle of things: what is broken is told to the world, not thrown. */
export interface PeersChecker {
  readonly name: string;
  /** An entry was applied that nobody had applied before; this is the state behind it. */
  onLine?(line: Line, state: QueueState): void;
  /** A printer is about to make its first move for a print. */
  onStart?(machine: Machine, print: PhysicalPrint): void;
  /** A peer stops a print under way. */
  onStopped?(machine: Machine, print: PhysicalPrint): void;
  /** A person was told how their command ended. */
  onSettled?(deed: Deed): void;
  /** All has come to rest. */
  onEnd?(): void;
}
