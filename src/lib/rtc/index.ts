/**
 * WebRTC for a SharedWorker, which has none: a tab, the anchor, owns the real connections and the worker drives
 * them through a port. Page side: `startAnchor`. Worker side: `installRtcShim`.
 */
export { startAnchor } from './anchor.ts';
export type { AnchorOptions } from './anchor.ts';
export { installRtcShim } from './shim.ts';
export type { RtcHost, RtcShimOptions, TabInfo } from './shim.ts';
