import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PeerId, RefusalError } from '../base/index.ts';
import { chunkBytes } from './limits.ts';
import { added, filled } from './test-files.ts';
import { World, bytes, expectWhole } from './test-world.ts';

describe('fetching a file', () => {
  it('brings it here whole, under its name, and tells the progress', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes, 'benchy.gcode');
    const done: number[] = [];
    const result = await world.until(
      ben.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id],
        onProgress: ({ chunksHere }) => done.push(chunksHere),
      }),
    );
    expect(result).toMatchObject({ ok: true, value: { name: 'benchy.gcode', size: bytes.length } });
    await expectWhole(ben, manifest, bytes);
    expect(done.at(-1)).toBe(41);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(world.servedInAll()).toBe(41 + 41);
  });

  it('is over at once when the file is here already', async () => {
    const world = new World();
    const anna = await world.peer('anna');
    const manifest = await added(anna.files, bytes);
    expect((await anna.transfer.fetch({ id: manifest.id, holders: () => [] })).ok).toBe(true);
  });

  it('takes it from several holders side by side, also from those that have only a part', async () => {
    const world = new World();
    const anna = await world.peer('anna');
    const manifest = await added(anna.files, bytes);
    const halves = await Promise.all(['ben', 'cleo'].map((name) => world.peer(name)));
    for (const [half, peer] of halves.entries()) {
      await peer.files.begin(manifest);
      for (let index = half; index < 41; index += 2) {
        const piece = bytes.slice(index * chunkBytes, (index + 1) * chunkBytes);
        await peer.files.keepChunks(manifest.id, [{ index, bytes: piece }]);
      }
    }
    const dora = await world.peer('dora');
    const holders = halves.map((peer) => peer.id);
    const result = await world.until(dora.transfer.fetch({ id: manifest.id, holders: () => holders }));
    expect(result.ok).toBe(true);
    await expectWhole(dora, manifest, bytes);
    expect(world.served.get(halves[0]?.id ?? anna.id)).toBeGreaterThan(10);
    expect(world.served.get(halves[1]?.id ?? anna.id)).toBeGreaterThan(10);
  });

  it('goes on from another holder when one is lost', async () => {
    const world = new World();
    const [anna, ben, cleo] = [await world.peer('anna'), await world.peer('ben'), await world.peer('cleo')];
    const manifest = await added(anna.files, bytes);
    await added(ben.files, bytes);
    let crashed = false;
    const result = await world.until(
      cleo.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id, ...(crashed ? [ben.id] : [])],
        onProgress: ({ chunksHere }) => {
          if (chunksHere < 10 || crashed) return;
          crashed = true;
          world.network.crash(anna.id);
        },
      }),
    );
    expect(result.ok).toBe(true);
    expect(crashed).toBe(true);
    await expectWhole(cleo, manifest, bytes);
  });

  it('goes on by itself when the only holder comes back', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    let cut = false;
    const result = await world.until(
      ben.transfer.fetch({
        id: manifest.id,
        holders: () => [anna.id],
        onProgress: ({ chunksHere }) => {
          if (chunksHere < 10 || cut) return;
          cut = true;
          world.network.cut(anna.id, ben.id);
          world.clock.after(8_000, () => world.network.heal());
        },
      }),
    );
    expect(cut && result.ok).toBe(true);
    await expectWhole(ben, manifest, bytes);
  });

  it('says so when nobody has it, nobody can be reached, or nobody gives it', async () => {
    const world = new World();
    const [anna, ben, cleo] = [
      await world.peer('anna', false),
      await world.peer('ben'),
      await world.peer('cleo'),
    ];
    const manifest = await added(anna.files, bytes);
    for (const holders of [[], [anna.id], [ben.id], ['nobody' as PeerId]]) {
      const result = await world.until(cleo.transfer.fetch({ id: manifest.id, holders: () => holders }));
      expect(result).toMatchObject({ ok: false, refusal: { code: 'no-holder' } });
    }
    expect(world.clock.monotonicMs()).toBeLessThan(4 * 60_000);
  });

  it('stops when storage is full, says so, and keeps what arrived', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const putMany = ben.store.chunks.putMany.bind(ben.store.chunks);
    let writes = 0;
    ben.store.chunks.putMany = async (chunks) => {
      if (++writes > 3) throw new RefusalError({ code: 'storage-full', text: 'full' });
      await putMany(chunks);
    };
    const fetch = { id: manifest.id, holders: () => [anna.id] };
    expect(await world.until(ben.transfer.fetch(fetch))).toMatchObject({
      ok: false,
      refusal: { code: 'storage-full' },
    });
    expect((await ben.files.progress(manifest.id))?.chunksHere).toBe(24);
    ben.store.chunks.putMany = putMany;
    expect((await world.until(ben.transfer.fetch(fetch))).ok).toBe(true);
  });

  it('reads no more from the network than the disk keeps up with', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const large = filled(120 * chunkBytes, 12);
    const manifest = await added(anna.files, large);
    const putMany = ben.store.chunks.putMany.bind(ben.store.chunks);
    let written = 0;
    let ahead = 0;
    ben.store.chunks.putMany = async (chunks) => {
      await new Promise<void>((resolve) => world.clock.after(500, resolve));
      await putMany(chunks);
      written += chunks.length;
    };
    const onProgress = ({ chunksHere }: { chunksHere: number }): void => {
      ahead = Math.max(ahead, chunksHere - written);
    };
    const result = await world.until(
      ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id], onProgress }),
    );
    expect(result.ok).toBe(true);
    expect(ahead).toBeLessThanOrEqual(24 + 1);
  });

  it('resumes after being cancelled at any point, without asking for what is here', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 45 }), { minLength: 1, maxLength: 3 }),
        async (stops) => {
          const world = new World();
          const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
          const manifest = await added(anna.files, bytes);
          for (const stop of stops) {
            const abort = new AbortController();
            const before = (await ben.files.progress(manifest.id))?.chunksHere ?? 0;
            let seen = before;
            const onProgress = ({ chunksHere }: { chunksHere: number }): void => {
              seen = chunksHere;
              if (chunksHere >= stop) abort.abort();
            };
            await world.until(
              ben.transfer.fetch({
                id: manifest.id,
                holders: () => [anna.id],
                onProgress,
                signal: abort.signal,
              }),
            );
            expect((await ben.files.progress(manifest.id))?.chunksHere ?? 0).toBeGreaterThanOrEqual(seen);
          }
          const here = (await ben.files.progress(manifest.id))?.chunksHere ?? 0;
          world.served.delete(anna.id);
          expect(
            (await world.until(ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id] }))).ok,
          ).toBe(true);
          expect(world.served.get(anna.id) ?? 0).toBe(41 - here);
          world.served.clear();
          await expectWhole(ben, manifest, bytes);
        },
      ),
      { numRuns: 6 },
    );
  }, 30_000);

  it('is shared by all who ask for the same file; one of them may leave', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const abort = new AbortController();
    const one = ben.transfer.fetch({ id: manifest.id, holders: () => [anna.id], signal: abort.signal });
    const two = ben.transfer.fetch({
      id: manifest.id,
      holders: () => [],
      onProgress: ({ chunksHere }) => {
        if (chunksHere > 5) abort.abort();
      },
    });
    const [first, second] = await world.until(Promise.all([one, two]));
    expect(first).toMatchObject({ ok: false, refusal: { code: 'aborted' } });
    expect(second.ok).toBe(true);
    expect(world.served.get(anna.id)).toBe(41);
  });

  it('ends when the file is deleted meanwhile', async () => {
    const world = new World();
    const [anna, ben] = [await world.peer('anna'), await world.peer('ben')];
    const manifest = await added(anna.files, bytes);
    const fetch = ben.transfer.fetch({
      id: manifest.id,
      holders: () => [anna.id],
      onProgress: ({ chunksHere }) => {
        if (chunksHere === 20) void ben.files.delete(manifest.id);
      },
    });
    expect(await world.until(fetch)).toMatchObject({ ok: false, refusal: { code: 'aborted' } });
    expect(ben.files.list()).toEqual([]);
  });
});
