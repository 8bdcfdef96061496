import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.ts';
import { loadIdentity } from './identity.ts';
import { withFolder } from './test-kit.ts';

describe('the identity', () => {
  it('is made once, in a file that only its owner can read, and is the same after a restart', async () => {
    await withFolder(async (folder) => {
      const data = join(folder, 'deep', 'data');
      const first = await loadIdentity(data);
      const second = await loadIdentity(data);
      expect(peerIdFromPrivateKey(second).toString()).toBe(peerIdFromPrivateKey(first).toString());
      expect((await stat(join(data, 'identity.key'))).mode & 0o777).toBe(0o600);
      expect(await readdir(data)).toEqual(['identity.key']);
    });
  });

  it('is never replaced when its file is broken', async () => {
    await withFolder(async (folder) => {
      await loadIdentity(folder);
      const file = join(folder, 'identity.key');
      const good = await readFile(file, 'utf8');
      const flipped = good.slice(0, 60) + (good[60] === 'A' ? 'B' : 'A') + good.slice(61);
      for (const bad of [
        '',
        'hello',
        good.slice(0, 40),
        good.replace('key-1', 'key-9'),
        flipped,
        `${good} more`,
      ]) {
        await writeFile(file, bad);
        await expect(loadIdentity(folder)).rejects.toMatchObject({
          name: 'RefusalError',
          code: 'bad-identity',
        });
        expect(await readFile(file, 'utf8')).toBe(bad);
      }
    });
  });

  it('is refused with the folder named when the folder can not be made', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      await expect(loadIdentity(join(folder, 'file', 'data'))).rejects.toMatchObject({ code: 'data-folder' });
    });
  });
});

describe('the lock of a data folder', () => {
  it('lets one relay in at a time', async () => {
    await withFolder(async (folder) => {
      const unlock = await lockFolder(folder);
      await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'data-in-use' });
      await unlock();
      await (
        await lockFolder(folder)
      )();
    });
  });

  it('does not outlive a process that was killed', async () => {
    await withFolder(async (folder) => {
      // What a killed process leaves: the socket's file, with nobody behind it.
      await writeFile(join(folder, 'relay.lock'), '');
      await (
        await lockFolder(folder)
      )();
    });
  });

  it('works for a folder whose path is too long for a socket', async () => {
    await withFolder(async (folder) => {
      const deep = join(folder, 'x'.repeat(120));
      await mkdir(deep);
      const unlock = await lockFolder(deep);
      await expect(lockFolder(deep)).rejects.toMatchObject({ code: 'data-in-use' });
      await unlock();
    });
  });

  it('closes what asks at it', async () => {
    await withFolder(async (folder) => {
      const unlock = await lockFolder(folder);
      const closed = new Promise((resolve) =>
        net.connect(join(folder, 'relay.lock')).once('close', resolve).resume(),
      );
      await closed;
      await unlock();
    });
  });
});
