import { seedQueue } from '../lib/peer/testing/seeded-queue.ts';

/** Runs in a page of the app's address without the app: what the test of a large queue calls. */
Object.assign(globalThis, { seedQueue });
