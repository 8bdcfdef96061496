import { type Message, MessageType } from '../../lib/raft/index.ts';
import { type Checker, violated } from './checker.ts';
import { isQuorum } from './quorums.ts';
import type { Site } from '../site.ts';

/** Whoever leads was voted for in that term by a quorum of each half of the members it goes by. */
export class Elected implements Checker {
  readonly name = 'elected';
  /** Who granted their vote, by term and candidate. */
  readonly #grants = new Map<string, Set<number>>();

  onSend(site: Site, message: Message): void {
    if (message.type !== MessageType.VoteResp || message.reject) return;
    const key = `${message.term} ${message.to}`;
    const voters = this.#grants.get(key) ?? new Set();
    this.#grants.set(key, voters.add(site.id));
  }

  onLeader(site: Site): void {
    const voters = this.#grants.get(`${site.term} ${site.id}`);
    const { hardState } = site.disk;
    const votedForItself = hardState.term === site.term && hardState.vote === site.id;
    const granted = (id: number) => voters?.has(id) === true || (id === site.id && votedForItself);
    if (!isQuorum(site.confState, granted)) {
      violated(this, `replica ${site.id} leads term ${site.term} without the votes of a quorum`);
    }
  }
}
