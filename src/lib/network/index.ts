/**
 * The message port to other peers, its protocols, and the network in memory. The real one stands behind a door of
 * its own, `libp2p.ts`, so that pages and tests that name only the port do not load it.
 */
export * from './census.ts';
export * from './limits.ts';
export * from './memory.ts';
export * from './port.ts';
export * from './protocols.ts';
