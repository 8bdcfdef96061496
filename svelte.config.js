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
  },
};
