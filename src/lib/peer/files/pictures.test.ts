import { expect, test, vi } from 'vitest';
import { type FileId, type Random, ManualClock, seededRandom, silentLog, utf8 } from '../../base/index.ts';
import { FileStore } from '../../files/index.ts';
import { pngOf } from '../../gcode/testing/pictures.ts';
import { FaultyDisk } from '../../storage/memory.ts';
import type { Store } from '../../storage/port.ts';
import { pictureTriesMax } from '../limits.ts';
import { settle } from '../testing/off-thread.ts';
import { Pictures } from './pictures.ts';

const pictured = (width: number) => {
  const text = Buffer.from(pngOf(width, 100)).toString('base64');
  return `; thumbnail begin 32x32 ${text.length}\n; ${text}\n; thumbnail end\nG28\n`;
};

/** One browser whose disk outlives its lives. */
class Desk {
  readonly clock = new ManualClock();
  readonly random: Random = seededRandom(1);
  readonly disk = new FaultyDisk(this.clock, this.random);
  reads = 0;
  changes = 0;

  /** A new life of it. */
  async open(): Promise<{ files: FileStore; pictures: Pictures; store: Store }> {
    const store = this.disk.open();
    const files = await this.await(FileStore.open(store, silentLog));
    const open = files.open.bind(files);
    vi.spyOn(files, 'open').mockImplementation((id) => {
      this.reads += 1;
      return open(id);
    });
    const { clock } = this;
    return {
      files,
      store,
      pictures: new Pictures({ files, store, clock, log: silentLog, onChange: () => this.changes++ }),
    };
  }

  async add(files: FileStore, text: string): Promise<FileId> {
    const bytes = utf8(text);
    const added = await this.await(files.add('part.gcode', new Blob([bytes]).stream(), bytes.length));
    if (!added.ok) throw new Error(added.refusal.text);
    return added.value.id;
  }

  async await<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    void promise.finally(() => (done = true));
    for (let i = 0; i < 10_000 && !done; i++) {
      this.clock.advance(1);
      await settle();
    }
    return promise;
  }
}

test('a picture is read once, and known again after a restart', async () => {
  const desk = new Desk();
  const { files, pictures } = await desk.open();
  const file = await desk.add(files, pictured(200));
  expect(pictures.get(file)).toBeUndefined();
  const url = await desk.await(pictures.of(file));
  expect(url).toMatch(/^data:image\/png;base64,/);
  expect(pictures.get(file)).toBe(url);
  expect([desk.reads, desk.changes]).toEqual([1, 1]);
  const later = await desk.open();
  expect(await desk.await(later.pictures.of(file))).toBe(url);
  expect(desk.reads).toBe(1);
});

test('a file without a picture, and one whose picture is too large to decode, are not read again', async () => {
  const desk = new Desk();
  const { files, pictures } = await desk.open();
  const plain = await desk.add(files, 'G28\n');
  const large = await desk.add(files, pictured(50_000));
  for (const file of [plain, large, plain, large])
    expect(await desk.await(pictures.of(file))).toBeUndefined();
  const later = await desk.open();
  for (const file of [plain, large]) expect(await desk.await(later.pictures.of(file))).toBeUndefined();
  expect(desk.reads).toBe(2);
});

test('a file in which a peer died a few times is given up for good', async () => {
  const desk = new Desk();
  const first = await desk.open();
  const file = await desk.add(first.files, pictured(200));
  for (let life = 0; life < pictureTriesMax + 3; life++) {
    const { files, pictures } = await desk.open();
    const reads = desk.reads;
    // Nothing more happens in this life: its thread has stopped in the middle of the file.
    vi.mocked(files.open).mockImplementation(() => {
      desk.reads += 1;
      return {
        id: file,
        name: 'x',
        size: 1,
        chunks: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }),
      };
    });
    void pictures.of(file);
    for (let i = 0; i < 50; i++) {
      desk.clock.advance(1);
      await settle();
    }
    expect(desk.reads - reads).toBe(life < pictureTriesMax ? 1 : 0);
  }
});

test('what was noted of a picture goes with its file, and a damaged note is read anew', async () => {
  const desk = new Desk();
  const { files, pictures, store } = await desk.open();
  const file = await desk.add(files, pictured(200));
  await desk.await(store.put('pictures', file, utf8('nonsense')));
  expect(await desk.await(pictures.of(file))).toBeDefined();
  await desk.await(pictures.forget(file));
  expect(await desk.await(store.get('pictures', file))).toBeUndefined();
});
