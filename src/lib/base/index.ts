/** The ground floor: what every room may use. Imports nothing of ours. */
export * from './assert.ts';
export * from './bytes.ts';
export { cborDepthMax, NotCanonical } from './cbor.ts';
export * from './clock.ts';
export * from './codec.ts';
export * from './hash.ts';
export * from './ids.ts';
export * from './keys.ts';
export * from './log.ts';
export * from './random.ts';
export * from './result.ts';
export * from './token-bucket.ts';
