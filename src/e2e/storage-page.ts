import { benchIndexedDb, keepWriting, runBrowserSuite } from '../lib/storage/browser-suite.ts';

/** Runs in a bare page: what the storage tests and the bench call. */
Object.assign(globalThis, { keepWriting, storageSuite: runBrowserSuite, storageBench: benchIndexedDb });
