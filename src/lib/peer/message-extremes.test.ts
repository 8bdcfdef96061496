import type * as v from 'valibot';
import { expect, test } from 'vitest';
import { encode } from '../base/index.ts';
import { extremesOf } from '../base/testing/shapes.ts';
import type { ProtocolId } from '../network/index.ts';
import * as protocols from '../network/protocols.ts';
import { censusMessage } from './replica/census-words.ts';
import { House, threeVoters } from './testing/house.ts';
import * as shapes from './wire-shapes.ts';

/** What peers may say of a queue, by protocol. Raft's frames have a guard of their own, which `raft/codec.test.ts` tries. */
const messages: readonly (readonly [ProtocolId, v.GenericSchema])[] = [
  [protocols.heirProtocol, shapes.heirMessage],
  [protocols.newsProtocol, shapes.newsMessage],
  [protocols.presenceProtocol, shapes.presence],
  [protocols.wordProtocol, shapes.wordMessage],
];
const questions: readonly (readonly [ProtocolId, v.GenericSchema])[] = [
  [protocols.censusProtocol, censusMessage],
  [protocols.commandProtocol, shapes.commandRequest],
  [protocols.joinProtocol, shapes.joinRequest],
  [protocols.listenProtocol, shapes.listenRequest],
  [protocols.placeProtocol, shapes.placeRequest],
  [protocols.snapshotProtocol, shapes.snapshotRequest],
  [protocols.standingProtocol, shapes.standingRequest],
];

test('messages with the most and the least that their shapes let through stop no peer and no queue', async () => {
  const house = new House();
  const { anna, ben, cleo, all, queue } = await threeVoters(house);
  const gil = await house.browser('Gil').open();
  await gil.join(anna, queue, 'guest');
  await house.pass(2_000);
  const { digest } = anna.host(queue);
  let sent = 0;
  const bytesOf = (schema: v.GenericSchema) =>
    (['most', 'least'] as const)
      .flatMap((end) => extremesOf(schema, end))
      .map((message) => encode({ ...(message as object), q: digest }));
  // A guest, and a voter whose word counts for more.
  for (const author of [gil, ben]) {
    const { wire } = author.peer.ports;
    for (const to of [anna, cleo].map((each) => each.peer.identity.peer)) {
      for (const [protocol, schema] of messages)
        for (const bytes of bytesOf(schema)) {
          wire.send(to, protocol, bytes);
          sent++;
        }
      for (const [protocol, schema] of questions)
        for (const bytes of bytesOf(schema)) {
          await house.await(wire.request(to, protocol, bytes, 5_000).catch(() => undefined));
          sent++;
        }
    }
    await house.pass(500);
  }
  expect(sent).toBeGreaterThan(60);
  await house.pass(3_000);
  for (const each of [...all, gil]) expect(each.host(queue).condition().condition).toBe('ready');
  expect(await house.await(anna.service.renameQueue(queue, 'Still here'))).toMatchObject({
    kind: 'committed',
  });
  await house.until('everybody has it', () =>
    [...all, gil].every((each) => each.host(queue).state.head.name === 'Still here'),
  );
});
