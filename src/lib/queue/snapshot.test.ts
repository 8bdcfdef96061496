import { describe, expect, it } from 'vitest';
import { hex, must, seededRandom, sha256 } from '../base/index.ts';
import type { TestQueue } from './fixture.ts';
import { QueueState } from './queue-state.ts';
import { Walk, verbs } from './walk.ts';
import type { Verb } from './walk.ts';

/** A long walk under a seed: the same on every machine. */
function walked(steps: number): TestQueue {
  const random = seededRandom(7);
  const walk = new Walk();
  const names = Object.keys(verbs) as Verb[];
  for (let i = 0; i < steps; i++) {
    const step = {
      verb: must(names[random.below(names.length)], 'a verb'),
      a: random.below(100),
      b: random.below(100),
      c: random.below(100),
      meddling: random.below(10) === 0,
    };
    const sent = walk.commandOf(step);
    if (sent === undefined) walk.pass(step);
    else walk.queue.apply(sent.author, sent.command);
  }
  return walk.queue;
}

describe('a snapshot', () => {
  it('has the hash of the golden vector, on every engine', () => {
    const { state } = walked(400);
    expect(hex(sha256(state.snapshot()))).toBe(
      '9e599fe14f565e0bc3b166fb8cd3201a91467b66514d3c42537757fbadc1c5fe',
    );
    expect(hex(state.hash())).toBe('16b41ea9f3afc4baabd6e5adca25b0c2971104e4f49586a6ccd0906f27075538');
  });

  it('with one row changed has another hash, and only then does the sum in it lie', () => {
    const queue = walked(400);
    const bytes = queue.state.snapshot();
    const honest = queue.restored(bytes);
    expect(honest.provenHash()).toEqual(honest.hash());
    const forged = new Uint8Array(bytes);
    const last = forged.length - 1;
    forged[last] = (forged[last] ?? 0) ^ 1;
    const state = queue.restored(forged);
    expect(state.hash()).not.toEqual(honest.hash());
    expect(state.provenHash()).toEqual(honest.hash());
  });

  it('is written by a restored state byte for byte', () => {
    const queue = walked(400);
    const bytes = queue.state.snapshot();
    expect(queue.restored(bytes).snapshot()).toEqual(bytes);
  });

  it('cut short, lengthened or of a newer form is refused', () => {
    const bytes = walked(100).state.snapshot();
    const code = (of: Uint8Array) => {
      const state = QueueState.restore(of);
      return state.ok ? undefined : state.refusal.code;
    };
    for (let length = 0; length < bytes.length; length += 7)
      expect(code(bytes.subarray(0, length))).toBeDefined();
    expect(code(Uint8Array.of(...bytes, 0))).toBe('malformed');
    expect(code(Uint8Array.of(2, ...bytes.subarray(1)))).toBe('rules-version');
    expect(code(Uint8Array.of(1, 9, ...bytes.subarray(2)))).toBe('rules-version');
  });

  it('with a byte changed is refused or read, and never crashes', () => {
    const bytes = walked(100).state.snapshot();
    // Behind the genesis, whose signature every change breaks.
    const from = 2 + 2 + walked(1).genesis.length;
    for (let at = from; at < bytes.length; at += 3) {
      const changed = new Uint8Array(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(() => QueueState.restore(changed)).not.toThrow();
    }
  });
});
