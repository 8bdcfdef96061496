/** The consensus core. */
export * from './changer.ts';
export * from './codec.ts';
export * from './conf-change.ts';
export { type RaftConfig, localMessageRefused, proposalDropped, strangerRefused } from './core.ts';
export { type DropReason, MessageGuard } from './guard.ts';
export * from './limits.ts';
export { Inflights, Progress, type ProgressState } from './progress.ts';
export * from './quorum.ts';
export * from './raw-node.ts';
export type { ReadMode } from './read-only.ts';
export type { Ready } from './ready.ts';
export { type PeerStatus, type RaftStatus, peerStatusOf } from './status.ts';
export * from './storage.ts';
export { Tracker, type TrackerConfig, confStateOf, isJoint } from './tracker.ts';
export * from './types.ts';
