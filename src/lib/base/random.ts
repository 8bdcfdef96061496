import type { Bytes } from './bytes.ts';

/** Chance, handed in, so that a whole run can be repeated from its seed. */
export interface Random {
  /** An integer from 0 up to, not including, `bound` (1 … 2^32). */
  below(bound: number): number;
  /** `length` random bytes. */
  bytes(length: number): Bytes;
}

/** The machine's cryptographic generator. Keys and ids of the real system come from here. */
export const systemRandom: Random = {
  below(bound) {
    const word = new Uint32Array(1);
    // Words past the last whole multiple of the bound are thrown away: they would favour small results.
    const limit = Math.floor(2 ** 32 / bound) * bound;
    for (;;) {
      crypto.getRandomValues(word);
      const value = word[0] ?? 0;
      if (value < limit) return value % bound;
    }
  },
  bytes(length) {
    return crypto.getRandomValues(new Uint8Array(length));
  },
};

/** A fast repeatable generator (sfc32, Chris Doty-Humphrey, PractRand). Never for keys. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = (seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return {
    below: (bound) => Math.floor((next() / 2 ** 32) * bound),
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = next() & 0xff;
      return out;
    },
  };
}
