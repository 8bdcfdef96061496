/** Blocks of a planner: as many moves as Marlin's BLOCK_BUFFER_SIZE are accepted before the head has made them. */
const blocksMax = 16;

/** Millimetres per second squared. */
const acceleration = 1500;

/** Degrees of freedom of the head and the filament, millimetres. */
export interface Place {
  x: number;
  y: number;
  z: number;
  e: number;
}

/** When moves end: a queue of blocks with a simple model of speeding up at corners. Times are simulated milliseconds. */
export class Motion {
  readonly #ends: number[] = [];
  #lastEndMs = 0;
  #direction: readonly [number, number, number] = [0, 0, 0];

  /** Milliseconds until the planner has room for a move. */
  fullMs(atMs: number): number {
    this.#forget(atMs);
    if (this.#ends.length < blocksMax) return 0;
    return Math.max(0, (this.#ends[0] ?? atMs) - atMs);
  }

  free(atMs: number): number {
    this.#forget(atMs);
    return blocksMax - this.#ends.length;
  }

  /** Milliseconds until the head stands still. */
  restMs(atMs: number): number {
    return Math.max(0, this.#lastEndMs - atMs);
  }

  /** Takes a move at `feed` millimetres per second. */
  add(from: Place, to: Place, feed: number, atMs: number): void {
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const dz = to.z - from.z;
    const length = Math.hypot(dx, dy, dz);
    const way = length > 0 ? length : Math.abs(to.e - from.e);
    const speed = Math.max(0.1, feed);
    let seconds = way / speed;
    if (length > 0) {
      const direction = [dx / length, dy / length, dz / length] as const;
      const [px, py, pz] = this.#direction;
      const along = Math.max(0, direction[0] * px + direction[1] * py + direction[2] * pz);
      // Time lost to braking and speeding up again at the corner; a short move never reaches its speed.
      const lost = (speed * (1 - along)) / acceleration;
      seconds += Math.min(lost, Math.sqrt(way / acceleration));
      this.#direction = direction;
    }
    this.#lastEndMs = Math.max(this.#lastEndMs, atMs) + 1000 * seconds;
    this.#ends.push(this.#lastEndMs);
  }

  /** Stops where it is: the moves that were accepted are lost. */
  stop(atMs: number): void {
    this.#ends.length = 0;
    this.#lastEndMs = atMs;
  }

  #forget(atMs: number): void {
    let gone = 0;
    while (gone < this.#ends.length && (this.#ends[gone] ?? Infinity) <= atMs) gone += 1;
    if (gone > 0) this.#ends.splice(0, gone);
  }
}
