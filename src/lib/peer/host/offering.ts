import { type Bytes, type Log, type PeerId, encode, messageOf, parse } from '../../base/index.ts';
import type { Wire } from '../../network/port.ts';
import { commandLimits, commandProtocol } from '../../network/protocols.ts';
import { requestTimeoutMs } from '../limits.ts';
import type { Offer } from './outbox.ts';
import { type CommandReply, commandReply } from '../wire-shapes.ts';

/** Brings a signed command to the peer that leads. */
export async function offerTo(
  { wire, log }: { readonly wire: Wire; readonly log: Log },
  leader: PeerId,
  queue: Bytes,
  envelope: Bytes,
): Promise<Offer> {
  let answer: Bytes;
  try {
    answer = await wire.request(
      leader,
      commandProtocol,
      encode({ v: 1, q: queue, envelope }),
      requestTimeoutMs,
    );
  } catch (error) {
    log.debug(`the leader did not answer: ${messageOf(error)}`);
    return { kind: 'nobody' };
  }
  const reply = parse(commandReply, answer, commandLimits.frameBytesMax);
  if (!reply.ok || reply.value.kind === 'not-leader') return { kind: 'nobody' };
  return reply.value;
}

/** Whether its author is no member, for now: what it has to tell waits until it is one again, also that of a leader who was taken out. */
export function isOutsiders(reply: Offer | CommandReply): boolean {
  return reply.kind === 'refused' && reply.refusal.code === 'not-a-member';
}
