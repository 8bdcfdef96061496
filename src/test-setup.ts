import fc from 'fast-check';

/**
 * Property tests run on one seed, so that a change is judged by itself and not by the day's luck. Look further with
 * `FC_SEED=random` (or a number) and the rooms' own variables for more runs.
 */
const seed = process.env['FC_SEED'];
fc.configureGlobal(seed === 'random' ? {} : { seed: seed === undefined ? 20_261_121 : Number(seed) });
