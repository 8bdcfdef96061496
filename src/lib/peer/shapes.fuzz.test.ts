import type * as v from 'valibot';
import { expect, test } from 'vitest';
import { fuzzShape } from '../base/testing/fuzz.ts';
import { lastWordsShape } from './host/last-words.ts';
import { outboxItemSchema } from './host/outbox.ts';
import { identitySchema } from './identity.ts';
import { haltSchema } from './members/halts.ts';
import { heirLinksSchema } from './members/heirs.ts';
import { pendingJoinSchema } from './members/joining.ts';
import { ownRelaysSchema } from './members/own-relays.ts';
import { begunPrintSchema } from './printing/begun-prints.ts';
import { endedSchema, standingSchema } from './printing/print-journal.ts';
import { noteSchema } from './printing/printer-notes.ts';
import { queueOrderSchema } from './printing/queue-order.ts';
import { censusMessage, questionShape } from './replica/census-words.ts';
import { newsShape } from './replica/news.ts';
import { confStateSchema, replicaRecordSchema } from './replica/replica-record.ts';
import { signedWordsShape } from './replica/signed-words.ts';
import { lostDataSchema } from './serving/lost-data.ts';
import * as wireShapes from './wire-shapes.ts';

/** Cases for each shape: there are dozens, and one reader of bytes stands behind all of them. */
const runs = 300;
const bytesMax = 1024 ** 2;

const { commandReply, commandRequest, heirMessage, joinReply, joinRequest, listenReply, listenRequest } =
  wireShapes;
const { newsMessage, placeReply, placeRequest, presence, snapshotReply, snapshotRequest } = wireShapes;
const { standingReply, standingRequest, wordMessage } = wireShapes;

/** Everything that this room reads from peers, and what it keeps on disk. `src/decoders.test.ts` finds one that is missing. */
const shapes = {
  begunPrintSchema,
  censusMessage,
  commandReply,
  commandRequest,
  confStateSchema,
  endedSchema,
  haltSchema,
  heirLinksSchema,
  heirMessage,
  identitySchema,
  joinReply,
  joinRequest,
  lastWordsShape,
  listenReply,
  listenRequest,
  lostDataSchema,
  newsMessage,
  newsShape,
  noteSchema,
  outboxItemSchema,
  ownRelaysSchema,
  pendingJoinSchema,
  placeReply,
  placeRequest,
  presence,
  questionShape,
  queueOrderSchema,
  replicaRecordSchema,
  signedWordsShape,
  snapshotReply,
  snapshotRequest,
  standingReply,
  standingRequest,
  standingSchema,
  wordMessage,
} satisfies Record<string, v.GenericSchema>;

test.each(Object.entries(shapes))('%s is refused or taken, and has one form', (_, schema) => {
  fuzzShape(schema, bytesMax, runs);
});

test('every shape of the wire is among them', () => {
  const exported = Object.entries(wireShapes).filter(([, value]) => 'kind' in value);
  expect(exported.filter(([name]) => !(name in shapes)).map(([name]) => name)).toEqual([]);
});
