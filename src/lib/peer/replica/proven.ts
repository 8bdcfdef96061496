import type { Applied } from '../../queue/index.ts';

/**
 * Up to which entry everything that was applied was rightly signed, as a log remembers it (`StoredReplica.provenTo`): a signature costs
 * milliseconds, and thousands of entries may stand behind a snapshot when a queue is opened.
 */
export class Proven {
  #to: number;
  #hasUnproven = false;

  /** @param to what the log remembers */
  constructor(to: number) {
    this.#to = to;
  }

  get to(): number {
    return this.#to;
  }

  /**
   * An entry was applied. What was not rightly signed must be found so again whenever it is read: from there on nothing is noted
   * as proven until the log is opened anew behind a snapshot.
   */
  applied({ index, result }: Pick<Applied, 'index' | 'result'>): void {
    if (result.kind === 'refused' && result.refusal.code === 'bad-signature') this.#hasUnproven = true;
    if (!this.#hasUnproven) this.#to = index;
  }
}
