/**
 * The app's own picture of a file without a thumbnail: a turned shape in layers, the same for the same seed,
 * that fills from the plate up as it is printed.
 */
export interface Layer {
  /** Half the layer's width, 0 … 1 of half the figure. */
  readonly reach: number;
}

/** `count` layers from the plate up. The same seed gives the same figure everywhere. */
export function figureOf(seed: string, count: number): readonly Layer[] {
  const dice = diceOf(seed);
  const base = 0.55 + 0.2 * dice();
  const lean = (dice() - 0.5) * 0.7;
  const waves = [0.5, 1, 2].map((turns) => ({
    turns: turns * (0.7 + 0.6 * dice()),
    phase: dice() * Math.PI * 2,
    height: (0.1 + 0.22 * dice()) / Math.max(1, turns),
  }));
  const layers: Layer[] = [];
  for (let i = 0; i < count; i++) {
    const at = count === 1 ? 0 : i / (count - 1);
    let reach = base + lean * (at - 0.5);
    for (const wave of waves) reach += wave.height * Math.cos(wave.phase + at * wave.turns * Math.PI * 2);
    layers.push({ reach: Math.min(1, Math.max(0.2, reach)) });
  }
  return layers;
}

/** How many of `count` layers are done: never none once it began, never all before it is over. */
export function layersDone(fraction: number, count: number): number {
  if (!(fraction > 0)) return 0;
  if (fraction >= 1) return count;
  return Math.min(count - 1, Math.max(1, Math.floor(fraction * count)));
}

/** Numbers 0 … 1 from a text (FNV-1a, then Weyl steps through Murmur's finisher). For pictures only. */
function diceOf(seed: string): () => number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
  return () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
