import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../base/index.ts';
import { bytesOf } from '../base/testing/arbitrary.ts';
import { fuzzDecoder, fuzzShape, taken } from '../base/testing/fuzz.ts';
import { valueOf } from '../base/testing/shapes.ts';
import type { Command } from './command.ts';
import { commandSchemas } from './command.ts';
import { decodeEntry, encodeCommandEntry, encodeTickEntry } from './entry.ts';
import {
  envelopeSchema,
  openEnvelope,
  openTrustedEnvelope,
  signCommand,
  signedEnvelopeSchema,
} from './envelope.ts';
import { genesisOf, personOf, unsignedCommand } from './fixture.ts';
import { genesisSchema, openGenesis, signedGenesisSchema } from './genesis.ts';
import { envelopeBytesMax, stampMsMax } from './limits.ts';
import { settingsSchema } from './settings.ts';

const person = personOf(1);
const queue = new Uint8Array(32).fill(4);
const head = { queue, session: 3, seq: 4, ack: 2 };
const types = Object.keys(commandSchemas) as (keyof typeof commandSchemas)[];
const stamp = fc.oneof(fc.nat(10_000), fc.constantFrom(0, stampMsMax));

test.each(types)('commands “%s” are refused or taken, and have one form', (type) => {
  fuzzShape(commandSchemas[type], envelopeBytesMax, 200);
});

test('envelopes are refused or taken, and have one form', () => {
  const commands = fc.oneof(...types.map((type) => valueOf(commandSchemas[type]))) as fc.Arbitrary<Command>;
  const wires = commands
    .map((command) => unsignedCommand(person.publicKey, head, command))
    .filter((wire) => wire.length <= envelopeBytesMax);
  fuzzDecoder(
    wires,
    (bytes) => taken(openTrustedEnvelope(bytes)),
    ({ bytes }) => bytes,
  );
  const signed = signCommand(person.seed, head, { type: 'rename-queue', name: '\uFEFFWorkshop' });
  fuzzDecoder(fc.constant(signed), (bytes) => taken(openEnvelope(bytes)), undefined, 300);
  fuzzShape(signedEnvelopeSchema, envelopeBytesMax, 200);
  fuzzShape(envelopeSchema, envelopeBytesMax, 200);
});

test('entries are refused or taken, and have one form', () => {
  const entries = fc.oneof(
    fc.tuple(stamp, fc.boolean()).map(([at, grace]) => encodeTickEntry(at, grace)),
    fc.tuple(stamp, bytesOf(40)).map(([at, bytes]) => encodeCommandEntry(at, bytes)),
    fc.constant(new Uint8Array()),
  );
  fuzzDecoder(
    entries,
    (bytes) => {
      const entry = decodeEntry(bytes);
      return entry.kind === 'unknown' ? undefined : entry;
    },
    (entry) => {
      if (entry.kind === 'tick') return encodeTickEntry(entry.stampMs, entry.grace);
      return entry.kind === 'command' ? encodeCommandEntry(entry.stampMs, entry.envelope) : new Uint8Array();
    },
  );
});

test('geneses are refused or taken, and have one form', () => {
  fuzzShape(genesisSchema, 16 * 1024, 500);
  fuzzShape(signedGenesisSchema, 16 * 1024, 200);
  fuzzShape(settingsSchema, 16 * 1024, 500);
  fuzzDecoder(fc.constant(genesisOf(person)), (bytes) => taken(openGenesis(bytes)), undefined, 300);
  // A signed genesis whose inside is another: the signature is looked at before anything is believed.
  const inside = encode([encode({ v: 1 }), new Uint8Array(64)]);
  expect(openGenesis(inside).ok).toBe(false);
});
