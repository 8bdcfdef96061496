/** A heated body: warms towards what its heater could reach, never above its target; cools towards the room. */
export class Heater {
  readonly #reachableC: number;
  readonly #warmingSeconds: number;
  readonly #coolingSeconds: number;
  readonly #ambientC: number;
  #actualC: number;
  #targetC = 0;
  #atMs = 0;

  /** `reachableC` is where full power would end; the two time constants are those of an exponential, in seconds. */
  constructor(options: {
    reachableC: number;
    warmingSeconds: number;
    coolingSeconds: number;
    ambientC: number;
  }) {
    this.#reachableC = options.reachableC;
    this.#warmingSeconds = options.warmingSeconds;
    this.#coolingSeconds = options.coolingSeconds;
    this.#ambientC = options.ambientC;
    this.#actualC = options.ambientC;
  }

  get targetC(): number {
    return this.#targetC;
  }

  setTarget(targetC: number, atMs: number): void {
    this.actualC(atMs);
    this.#targetC = Math.max(0, targetC);
  }

  actualC(atMs: number): number {
    const seconds = Math.max(0, atMs - this.#atMs) / 1000;
    this.#atMs = Math.max(this.#atMs, atMs);
    if (this.#targetC > this.#actualC) {
      const towards =
        this.#reachableC - (this.#reachableC - this.#actualC) * Math.exp(-seconds / this.#warmingSeconds);
      this.#actualC = Math.min(towards, this.#targetC);
    } else {
      const floor = Math.max(this.#ambientC, this.#targetC);
      this.#actualC = floor + Math.max(0, this.#actualC - floor) * Math.exp(-seconds / this.#coolingSeconds);
    }
    return this.#actualC;
  }

  /** Milliseconds until the target is reached from below; 0 if it is. Infinity if the heater is too weak. */
  heatingMs(atMs: number): number {
    const actual = this.actualC(atMs);
    if (actual >= this.#targetC - 0.5) return 0;
    if (this.#targetC >= this.#reachableC) return Infinity;
    return (
      1000 * this.#warmingSeconds * Math.log((this.#reachableC - actual) / (this.#reachableC - this.#targetC))
    );
  }
}
