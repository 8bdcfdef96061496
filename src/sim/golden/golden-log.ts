import { type Bytes, base64url, fromBase64url, hex, must, seededRandom } from '../../lib/base/index.ts';
import { QueueState, openEnvelope, queueLimits } from '../../lib/queue/index.ts';
import { type Verb, Walk, verbs } from '../../lib/queue/walk.ts';

/** A committed log of a queue, and the hash of the state at places of it. The same in every engine, and for every build of these rules. */
export interface GoldenLog {
  /** Rules version that the hashes belong to. */
  readonly rules: number;
  readonly seed: number;
  /** base64url, as are the entries, from index 1. */
  readonly genesis: string;
  readonly entries: readonly string[];
  readonly hashes: readonly { readonly index: number; readonly hash: string }[];
}

/** Entries between two hashes; what time alone changes has one each. */
const hashEvery = 50;
/** One entry in so many comes a second time; one has a broken signature. */
const repeatEvery = 23;
const brokenEvery = 29;
/** One step in so many, and whenever a print is lost, a new leader asks for grace, so long after the last entry: more than a lease, and half of the owner's rule. */
const graceEvery = 13;
const graceAfterMs = 61_000;

/** Makes the log that belongs to a seed: a random walk through the life of a queue, with real signatures. */
export function makeGoldenLog(seed: number, steps: number): GoldenLog {
  const random = seededRandom(seed);
  const walk = new Walk({ leaseMs: 60_000, lostAfterMs: 120_000 }, true);
  const { queue } = walk;
  const chances = Object.entries(verbs).flatMap(([verb, weight]) =>
    Array<Verb>(Math.ceil(weight * 4)).fill(verb as Verb),
  );
  for (let i = 1; i <= steps; i++) {
    const isLost = [...queue.state.prints.values()].some(({ lostMs }) => lostMs !== undefined);
    if (isLost || i % graceEvery === 0) queue.tick(graceAfterMs, true);
    const next = {
      verb: must(chances[random.below(chances.length)], 'a verb'),
      a: random.below(100),
      b: random.below(100),
      c: random.below(100),
      meddling: random.below(10) === 0,
    };
    const sent = walk.commandOf(next);
    if (sent === undefined) {
      walk.pass(next);
      continue;
    }
    const data = queue.sign(sent.author, sent.command);
    if (i % brokenEvery === 0) {
      const broken = data.slice();
      broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
      queue.entry(broken as Bytes);
    }
    queue.entry(data);
    if (i % repeatEvery === 0) queue.entry(data);
  }
  const golden = {
    rules: queueLimits.rulesVersionMax,
    seed,
    genesis: base64url(queue.genesis),
    entries: queue.log.map((entry) => base64url(entry)),
  };
  return { ...golden, hashes: replayGoldenLog(golden) };
}

/** Replays a log from its genesis, checking every signature; the hashes of its states. */
export function replayGoldenLog({
  genesis,
  entries,
}: Pick<GoldenLog, 'genesis' | 'entries'>): GoldenLog['hashes'] {
  const made = QueueState.fromGenesis(bytesOf(genesis), openEnvelope);
  if (!made.ok) throw new Error(made.refusal.code);
  let state = made.value;
  const hashes: { index: number; hash: string }[] = [];
  entries.forEach((entry, i) => {
    const index = i + 1;
    const { author, changed } = state.apply(index, bytesOf(entry));
    const byTime = author === undefined && changed.length > 0;
    if (!byTime && index % hashEvery !== 0 && index !== entries.length) return;
    hashes.push({ index, hash: hex(state.hash()) });
    // It goes on from its own snapshot: reading and writing must lose nothing.
    const restored = QueueState.restore(state.snapshot(), openEnvelope);
    if (!restored.ok) throw new Error(restored.refusal.code);
    state = restored.value;
  });
  return hashes;
}

function bytesOf(text: string): Bytes {
  return must(fromBase64url(text), 'base64url');
}
