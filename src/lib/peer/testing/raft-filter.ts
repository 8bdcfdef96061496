import type { PeerId, QueueId } from '../../base/index.ts';
import { raftProtocol } from '../../network/protocols.ts';
import { EntryType, type Message, decodeConfChange, decodeMessage } from '../../raft/index.ts';
import { parseRaftFrame } from '../replica/raft-frame.ts';
import type { Browser } from './house.ts';

/** Lets through, holds back or loses Raft's messages of one browser in one queue, by what they say. */
export class RaftFilter {
  /** What becomes of a message. */
  rule: (to: PeerId, message: Message) => 'pass' | 'hold' | 'lose' = () => 'pass';
  readonly #held: (() => void)[] = [];

  constructor(browser: Browser, queue: QueueId) {
    const { wire } = browser.peer.ports;
    const { digest } = browser.host(queue);
    const send = wire.send.bind(wire);
    wire.send = (to, protocol, bytes) => {
      const frame = protocol === raftProtocol ? parseRaftFrame(digest, bytes) : undefined;
      const decoded = frame === undefined ? undefined : decodeMessage(frame.message);
      const fate = decoded?.ok === true ? this.rule(to, decoded.value) : 'pass';
      if (fate === 'hold') this.#held.push(() => void send(to, protocol, bytes));
      return fate === 'pass' ? send(to, protocol, bytes) : true;
    };
  }

  /** What was held back goes now. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }
}

/** Index of the entry of that message which makes that replica a voter; undefined when there is none. */
export function promotionIn({ entries }: Message, replica: number): number | undefined {
  return entries.find(
    ({ type, data }) =>
      type !== EntryType.Normal &&
      decodeConfChange(type, data)?.steps.some(({ id, kind }) => kind === 'add-voter' && id === replica),
  )?.index;
}
