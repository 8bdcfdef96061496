import { describe, expect, it } from 'vitest';
import { type Bytes, concat, hex, utf8 } from '../base/index.ts';
import { parseFileId } from './cid.ts';
import { chunkCount, chunkLength, fileIdFromHashes } from './dag.ts';
import { sha256, sha256Now } from './hash.ts';
import { chunkBytes, treeWidth } from './limits.ts';

/** Bytes of a linear congruential generator: what the golden vectors below were made of. */
function pattern(size: number): Bytes {
  const out = new Uint8Array(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    out[i] = (state >>> 16) & 0xff;
  }
  return out;
}

function idOf(bytes: Bytes): string {
  const hashes: Bytes[] = [];
  for (let i = 0; i < chunkCount(bytes.length); i++) {
    hashes.push(sha256Now(bytes.subarray(i * chunkBytes, i * chunkBytes + chunkLength(bytes.length, i))));
  }
  return fileIdFromHashes(bytes.length, concat(...hashes));
}

describe('the id of a file', () => {
  // Made with ipfs-unixfs-importer 17.1.1 (CIDv1, raw leaves, 262144-byte chunks, balanced, width 174): the same as
  // `ipfs add --cid-version=1`.
  it.each([
    [0, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
    [1, 'bafkreicjtfcgdvvumoipafgiyutvvbmr56dwi5qk7yttttxch5x34kcxpa'],
    [chunkBytes - 1, 'bafkreica63gmul2wearibfx4rlx3d7subvwn3vinyza53wwvcixddjfvtq'],
    [chunkBytes, 'bafkreifystqgug5z6myhn45jr6skxoe3mtdoshssgfvv6otctnc7wuaaia'],
    [chunkBytes + 1, 'bafybeiaetu4skxr5b4g57tk74tmreuhvuqs2fnmg6k5bhyravlup5cmeri'],
    [2 * chunkBytes, 'bafybeifnyd46egaemfw3cfg5msmc6wej7fwnc6nhzkmyo4th4re7ji2avi'],
    [1_000_000, 'bafybeiazwwvjus2lugt7dt6nmxahzwbn246krlac66qk53lghcxmkgntba'],
    [treeWidth * chunkBytes, 'bafybeicwidayukt3cqib3gp2iarc3eos3wrvrd6qwgqxpjgzsyeqwyp4im'],
    [treeWidth * chunkBytes + 1, 'bafybeigtwrm5pazaljydsnx5nz6awis3nyds5zefiu6mbrmoq56yred43a'],
    [(treeWidth + 1) * chunkBytes + 5, 'bafybeiea7qvptqvl62d7qai5iyam44vgfxkedcmycciapll73k5r2n6dba'],
  ])('of %i bytes is the one IPFS gives it', (size, id) => {
    expect(idOf(pattern(size))).toBe(id);
  });

  it('of 100 MB of zeros and of a greeting are the ones IPFS gives them', () => {
    expect(idOf(utf8('hello world\n'))).toBe('bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4');
    const size = 100_000_000;
    const whole = sha256Now(new Uint8Array(chunkBytes));
    const last = sha256Now(new Uint8Array(size % chunkBytes));
    const hashes = concat(...Array.from({ length: chunkCount(size) - 1 }, () => whole), last);
    expect(fileIdFromHashes(size, hashes)).toBe(
      'bafybeib35z4lxciae7pp5faehlsh23d2tl5cl2fzdyq6zkhtqbtk3gndsm',
    );
  });

  it('is read only in its one usual form', () => {
    const id = 'bafybeiaetu4skxr5b4g57tk74tmreuhvuqs2fnmg6k5bhyravlup5cmeri';
    expect(parseFileId(id).ok).toBe(true);
    for (const other of [
      '',
      'hello',
      id.slice(1),
      id.toUpperCase(),
      `${id}a`,
      // dag-cbor, and a CIDv0.
      'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua',
      'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    ]) {
      expect(parseFileId(other)).toMatchObject({ ok: false, refusal: { code: 'bad-file-id' } });
    }
  });

  it('hashes alike with and without the platform’s help', async () => {
    const bytes = pattern(1000);
    expect(hex(await sha256(bytes))).toBe(hex(sha256Now(bytes)));
  });
});
