import * as v from 'valibot';
import type { Bytes, PeerId, Result } from '../../base/index.ts';
import { type CensusQuestion, censusScale, censusStates } from '../../network/index.ts';
import type { Identity } from '../identity.ts';
import { censusQuestionBytesMax } from '../limits.ts';
import { openWords, signWords } from './signed-words.ts';

/** A question of a census with the name of the peer that asks, who signed it: by gossip it comes through others' hands. */
export interface SignedQuestion {
  readonly by: PeerId;
  readonly queue: Bytes;
  readonly question: CensusQuestion;
}

const label = 'peerprint/census/1\n';
const bytes = v.custom<Bytes>((x) => x instanceof Uint8Array, 'must be bytes');
const sized = (length: number) =>
  v.custom<Bytes>((x) => x instanceof Uint8Array && x.length === length, `must be ${length} bytes`);
const below = (limit: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limit));

export const questionShape = v.strictObject({ q: sized(32), i: below(2 ** 32 - 1), c: below(censusScale) });

/** What is said straight to one peer: the question as it was signed, or an answer to the peer that asked. */
export const censusMessage = v.variant('kind', [
  v.strictObject({ v: v.literal(1), q: sized(32), kind: v.literal('question'), question: bytes }),
  v.strictObject({
    v: v.literal(1),
    q: sized(32),
    kind: v.literal('answer'),
    i: below(2 ** 32 - 1),
    state: v.picklist(censusStates),
  }),
]);
export type CensusMessage = v.InferOutput<typeof censusMessage>;

export function signQuestion(
  identity: Pick<Identity, 'seed' | 'publicKey'>,
  queue: Bytes,
  question: CensusQuestion,
): Bytes {
  return signWords(label, identity, { q: queue, i: question.id, c: question.chance });
}

/** Codes: those of `parse`, `bad-signature`. Whether the asker is a member is for the reader to say. */
export function openQuestion(wire: Uint8Array): Result<SignedQuestion> {
  const opened = openWords(label, questionShape, wire, censusQuestionBytesMax);
  if (!opened.ok) return opened;
  const { by, words } = opened.value;
  return { ok: true, value: { by, queue: words.q, question: { id: words.i, chance: words.c } } };
}
