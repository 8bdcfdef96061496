/** Files by content: what is here, and how it comes here. */
export { type FileInfo, type FileProgress, FileStore, type OpenFile } from './store.ts';
export { FileTransfer, type TransferOptions } from './transfer.ts';
export type { FetchOptions, FetchProgress } from './fetch.ts';
export { type FileManifest, cleanName, verifyManifest } from './manifest.ts';
export { fileIdFromHashes } from './dag.ts';
export { parseFileId } from './cid.ts';
export { chunkBytes, fileBytesMax } from './limits.ts';
export { openStoredFile } from './stored-source.ts';
