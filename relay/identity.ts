import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { RefusalError, base64url, fromBase64url, messageOf } from '../src/lib/base/index.ts';

/** The first word of an identity file, so that another file is never taken for one. */
const mark = 'peerprint-relay-key-1';
const fileName = 'identity.key';

/**
 * The relay's key from its data folder, made there on the first start. Every link names the key's PeerId, so a file
 * that can't be read is never replaced by a new key.
 * @throws RefusalError `data-folder` when the folder can't be written, `bad-identity` when the file is broken.
 */
export async function loadIdentity(dataDir: string): Promise<Ed25519PrivateKey> {
  const file = join(dataDir, fileName);
  let text: string;
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw folderRefusal(dataDir, error);
    return makeIdentity(dataDir, file);
  }
  const key = await parseIdentity(text);
  if (key === undefined) {
    throw new RefusalError({
      code: 'bad-identity',
      text:
        `${file} is not a readable relay identity. Put back a backup of it, because links name this relay by its key. ` +
        `If there is none, move the file away: the relay then makes a new identity, and links have to be shared anew.`,
    });
  }
  return key;
}

async function parseIdentity(text: string): Promise<Ed25519PrivateKey | undefined> {
  const [word, encoded, ...more] = text.trim().split(/\s+/);
  if (word !== mark || encoded === undefined || more.length > 0) return undefined;
  const bytes = fromBase64url(encoded);
  if (bytes === undefined) return undefined;
  try {
    const key = privateKeyFromProtobuf(bytes);
    if (key.type !== 'Ed25519') return undefined;
    // The file holds the public half too. If a byte of either was damaged, they no longer belong together.
    const probe = new Uint8Array(32);
    return (await key.publicKey.verify(probe, await key.sign(probe))) ? key : undefined;
  } catch {
    return undefined;
  }
}

async function makeIdentity(dataDir: string, file: string): Promise<Ed25519PrivateKey> {
  const key = await generateKeyPair('Ed25519');
  const draft = `${file}.${randomUUID()}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${mark} ${base64url(privateKeyToProtobuf(key))}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, 0o600);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw folderRefusal(dataDir, error);
  }
  return key;
}

function folderRefusal(dataDir: string, error: unknown): RefusalError {
  return new RefusalError({
    code: 'data-folder',
    text: `The data folder ${dataDir} can't be used (${messageOf(error)}). Make it writable, or give another one with --data.`,
  });
}

/** The system's code of an error (`ENOENT`, `EADDRINUSE`), when it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
