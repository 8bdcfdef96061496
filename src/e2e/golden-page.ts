import { replayGoldenLog } from '../sim/golden/golden-log.ts';

/** Runs in a bare page: what the test of the golden log calls. */
Object.assign(globalThis, { replayGoldenLog });
