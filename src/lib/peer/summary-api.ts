import type { QueueId } from '../base/index.ts';

/** What a person can do about a queue that has stopped here. */
export type Remedy = 'rejoin' | 'leave' | 'update' | undefined;

/** Where a queue stands on this peer. */
export type QueueCondition =
  | 'opening' // read from disk
  | 'joining' // asked to become a member, not answered yet
  | 'ready' // a leader is known and commands settle
  | 'waiting' // too few trusted peers are here: it can be read, commands wait
  | 'stopped'; // a fault or an unknown rules version: see `text`

/** A queue that goes on from a copy of another. */
export interface HeirView {
  readonly queue: QueueId;
  readonly name: string;
  readonly byName: string;
  /** True when this peer is the one that went on. */
  readonly mine: boolean;
  /** True when this peer is in it already. */
  readonly joined: boolean;
  /** With which this peer may join it (`joinQueue`). */
  readonly link: string | undefined;
}

export interface QueueSummary {
  readonly queue: QueueId;
  readonly name: string;
  readonly condition: QueueCondition;
  /** The condition in one calm sentence. */
  readonly text: string;
  /** What a person can do when it has stopped: join again as new, take it off this browser, update the app. */
  readonly remedy: Remedy;
  /** Queues in which somebody went on from a copy of this one, because its peers seemed lost. This peer's own first. */
  readonly heirs: readonly HeirView[];
  /** The queue whose copy this one went on from. */
  readonly continues: QueueId | undefined;
  /** Whether a person may go on from this copy now (`goOnFrom`). */
  readonly mayGoOn: boolean;
  /** Changes in this copy that are not known to be agreed on: going on from it keeps them. */
  readonly keptBehind: number;
  readonly printing: number;
  readonly waiting: number;
}
