/** Reading G-code: lines, commands, checksums, and what slicers say about a file. Pure. */
export * from './command.ts';
export * from './limits.ts';
export * from './lines.ts';
export * from './metadata.ts';
export { blanksEnd, digitsEnd } from './scan.ts';
export * from './sniff.ts';
export type { SlicerName } from './slicer-name.ts';
export type { Thumbnail } from './thumbnail.ts';
