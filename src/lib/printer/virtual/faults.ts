import type { Bytes, Random } from '../../base/index.ts';

/** One in how many bytes or replies goes wrong. 0 or absent: none. */
export interface FaultRates {
  /** Towards the printer. */
  readonly upFlip?: number;
  readonly upDrop?: number;
  readonly upInsert?: number;
  /** From the printer. */
  readonly downFlip?: number;
  readonly downDrop?: number;
  /** An `ok` is lost, or comes twice. */
  readonly okLost?: number;
  readonly okDoubled?: number;
  /** A line that arrived whole is refused, or asked for again though it was taken. */
  readonly refuse?: number;
  readonly resendWithoutNeed?: number;
  /** Unasked-for lines: `echo:` noise, `wait`, `busy`, half lines. */
  readonly chatter?: number;
}

/** What happens once, when the printer takes its n-th command after the greeting. */
export const faultActions = [
  'reset',
  'reset-silently',
  'reset-with-noise',
  'halt',
  'go-silent',
  'unplug',
  'unplug-mid-line',
  'error',
  'two-line-error',
  'action-pause',
  'action-paused',
  'action-resume',
  'action-cancel',
  'action-disconnect',
  'action-custom',
  'lose-ok',
  'lose-line',
  'double-ok',
  'stale-start-text',
  'sleep',
  'resend-old',
  'resend-nonsense',
  'missing-line-number',
  'checksum-mismatch',
  'flood',
  'babble',
] as const;
export type FaultAction = (typeof faultActions)[number];

export interface FaultPlan extends FaultRates {
  readonly script?: readonly { readonly at: number; readonly action: FaultAction }[];
  /** No `ok` goes with a `Resend`. */
  readonly resendsWithoutOk?: boolean;
  /** `ok` comes before a command is carried out, and what it says after that. */
  readonly okFirst?: boolean;
  /** `rs N5` instead of `Resend: 5`. */
  readonly shortResends?: boolean;
  /** What the printer sends arrives in pieces cut anywhere. */
  readonly cut?: boolean;
}

/** Bytes left alone after one that was spoilt: longer than a line. */
const quietBytes = 100;

/** Spoils bytes with a repeatable chance. */
export class Noise {
  readonly #random: Random;
  #quietBytes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** True once in `every` calls; never for 0. */
  hits(every: number | undefined): boolean {
    return every !== undefined && every > 0 && this.#random.below(every) === 0;
  }

  /**
   * At most one byte in a hundred: an XOR over a line cannot see two changes that cancel out, so a protocol that
   * rests on it can't either, and a test of exactness must not ask for that.
   */
  spoil(
    bytes: Uint8Array,
    rates: { flip?: number | undefined; drop?: number | undefined; insert?: number | undefined },
  ): Bytes {
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.#quietBytes > 0) {
        this.#quietBytes -= 1;
        out.push(byte);
      } else if (this.hits(rates.drop)) this.#quietBytes = quietBytes;
      else if (this.hits(rates.insert)) {
        this.#quietBytes = quietBytes;
        // Not NUL: it leaves every XOR as it was.
        out.push(1 + this.#random.below(255), byte);
      } else if (this.hits(rates.flip)) {
        this.#quietBytes = quietBytes;
        out.push(byte ^ (1 << this.#random.below(8)));
      } else out.push(byte);
    }
    return new Uint8Array(out);
  }

  below(bound: number): number {
    return this.#random.below(bound);
  }
}
