/** Links, and (later) registries of queues: how a queue is named and found. */
export * from './limits.ts';
export * from './link.ts';
