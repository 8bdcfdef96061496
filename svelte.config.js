import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** @type {import('@sveltejs/kit').Config} */
export default {
  preprocess: vitePreprocess(),
  kit: {
    // One shell for every route: the app is a PWA that must open with no network.
    adapter: adapter({ fallback: 'index.html', precompress: true }),
    // Registered by hand with workbox-window, which asks before an update takes over.
    serviceWorker: { register: false },
    // Set by vite.config.ts: pages, worker and service worker speak of one build by one name.
    version: { name: process.env['VITE_PEERPRINT_BUILD'] ?? 'development' },
  },
};
