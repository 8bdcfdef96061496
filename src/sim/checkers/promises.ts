import { type Message, MessageType } from '../../lib/raft/index.ts';
import { type Checker, violated } from './checker.ts';
import type { Site } from '../site.ts';

/** Votes and acknowledgements leave only after what they promise is on disk; and a replica votes for one candidate in a term. */
export class Promises implements Checker {
  readonly name = 'promises';
  /** Whom a replica voted for, by term. */
  readonly #votes = new Map<string, number>();

  onSend(site: Site, message: Message): void {
    if (message.reject) return;
    const { hardState, safe } = site.disk;
    if (message.type === MessageType.VoteResp) {
      const key = `${message.from} ${message.term}`;
      const before = this.#votes.get(key);
      if (before !== undefined && before !== message.to) {
        violated(
          this,
          `replica ${site.id} votes for ${before} and for ${message.to} in term ${message.term}`,
        );
      }
      this.#votes.set(key, message.to);
      const kept =
        hardState.term > message.term || (hardState.term === message.term && hardState.vote === message.to);
      if (!kept)
        violated(
          this,
          `replica ${site.id} votes for ${message.to} in term ${message.term} and has not written it`,
        );
    } else if (message.type === MessageType.AppResp && message.index > 0) {
      if (safe.last < message.index || hardState.term < message.term) {
        violated(
          this,
          `replica ${site.id} acknowledges ${message.index} in term ${message.term} and has not written it`,
        );
      }
    }
  }
}
