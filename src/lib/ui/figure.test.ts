import { describe, expect, it } from 'vitest';
import { figureOf, layersDone } from './figure.ts';

describe('figures', () => {
  it('is the same for the same seed and another for another', () => {
    expect(figureOf('cube', 12)).toEqual(figureOf('cube', 12));
    expect(figureOf('cube', 12)).not.toEqual(figureOf('gear', 12));
  });

  it('stays inside its box for any seed', () => {
    for (let seed = 0; seed < 300; seed++) {
      for (const layer of figureOf(`file ${seed}`, 20)) {
        expect(layer.reach).toBeGreaterThanOrEqual(0.2);
        expect(layer.reach).toBeLessThanOrEqual(1);
      }
    }
  });

  it('shows the first layer as soon as a print begins, and the last one only at its end', () => {
    expect(layersDone(0, 20)).toBe(0);
    expect(layersDone(0.001, 20)).toBe(1);
    expect(layersDone(0.5, 20)).toBe(10);
    expect(layersDone(0.9999, 20)).toBe(19);
    expect(layersDone(1, 20)).toBe(20);
    expect(layersDone(Number.NaN, 20)).toBe(0);
  });
});
