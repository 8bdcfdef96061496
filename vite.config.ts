import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Names this build: pages and workers tell each other, and a new name is what makes an update an update. */
process.env['VITE_PEERPRINT_BUILD'] ??= new Date().toISOString();

/**
 * The peer's SharedWorker has one URL for ever: a hashed one would start a second worker beside the first after an update,
 * and both would want one log. It is served without caching; everything else keeps its hashed name.
 */
const stableWorkerUrl: Plugin = {
  name: 'stable-worker-url',
  enforce: 'post',
  config: () => ({
    worker: {
      rolldownOptions: {
        output: {
          entryFileNames: (chunk) =>
            chunk.name === 'peer.worker' ? 'workers/peer.js' : '_app/immutable/workers/[name]-[hash].js',
        },
      },
    },
  }),
};

export default defineConfig({
  plugins: [sveltekit(), stableWorkerUrl],
  build: { target: 'es2022' },
  worker: { format: 'es' },
  test: {
    include: ['src/**/*.test.ts', 'relay/**/*.test.ts', 'scripts/**/*.test.ts'],
    environment: 'node',
    // Tests wait for conditions; this only ends the ones that wait in vain, also on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['src/test-setup.ts'],
    // Two cores: more workers than that only make timings worse.
    maxWorkers: 2,
  },
});
