declare const brand: unique symbol;

/** A primitive that only its own constructor may make, so that one id is never taken for another. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A libp2p PeerId in its text form (base58btc of the identity multihash of an Ed25519 key: `12D3Koo…`). */
export type PeerId = Brand<string, 'PeerId'>;
/** A queue's id in text form: CIDv1, dag-cbor, sha2-256 of the signed genesis (`bafyrei…`). */
export type QueueId = Brand<string, 'QueueId'>;
/** A file's id in text form: its CID under the profile of docs/protocols.md. */
export type FileId = Brand<string, 'FileId'>;
/** A printer's id: chosen once by the peer that drives it. */
export type PrinterId = Brand<string, 'PrinterId'>;
export type JobId = Brand<string, 'JobId'>;
export type SetId = Brand<string, 'SetId'>;
export type PrintId = Brand<string, 'PrintId'>;
