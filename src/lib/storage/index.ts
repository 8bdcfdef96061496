/** What a browser profile keeps: the port, IndexedDB behind it, and disks in memory for tests and the simulator. */
export * from './port.ts';
export { flushesWhenAsked } from './connection.ts';
export { type IndexedDbOptions, deleteIndexedDbStore, openIndexedDbStore } from './indexeddb.ts';
export { type DiskHabits, Disk, steadyHabits } from './disk.ts';
export { FaultyDisk, openMemoryStore } from './memory.ts';
export { type StorageRefusal, refusalOf, storageRefusal } from './refusals.ts';
