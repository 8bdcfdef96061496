import { describe, expect, test, vi } from 'vitest';
import {
  type FileId,
  type PeerId,
  type Result,
  ManualClock,
  ok,
  refuse,
  seededRandom,
  silentLog,
  utf8,
} from '../../base/index.ts';
import type { FetchOptions, FileStore, FileTransfer } from '../../files/index.ts';
import { FaultyDisk } from '../../storage/memory.ts';
import type { Store } from '../../storage/port.ts';
import {
  fetchAgainMs,
  fetchAgainMsMax,
  fetchRoomAgainMs,
  fetchUnaskedAllBytesMax,
  fetchUnaskedAllFilesMax,
  fetchUnaskedAuthorBytesMax,
  fetchUnaskedAuthorFilesMax,
  fetchUnaskedBytesMax,
  fetchUnaskedRoomShare,
  fetchesMax,
  fetchesPerAuthorMax,
} from '../limits.ts';
import { settle } from '../testing/off-thread.ts';
import { FetchBook } from './fetch-book.ts';
import { FileKeeper, type Wanted } from './file-keeper.ts';

const gil = 'gil' as PeerId;
const id = (name: string) => name as FileId;
const wanted = (name: string, sizeBytes = 1, by = gil): Wanted => ({ file: id(name), name, sizeBytes, by });

/** A keeper whose files come at once, on a disk that outlives it. */
class Desk {
  readonly clock = new ManualClock();
  readonly disk = new FaultyDisk(this.clock, seededRandom(1));
  store: Store = this.disk.open();
  readonly here = new Set<FileId>();
  readonly fetched: string[] = [];
  readonly dropped: string[] = [];
  readonly needed = new Set<FileId>();
  neededAsked = 0;
  quotaBytes = Infinity;
  usedBytes = 0;
  /** What comes of a fetch. */
  answer: (options: FetchOptions) => Result<unknown> = () => ok(undefined);
  keeper = this.#keeper();

  #keeper(): FileKeeper {
    const { clock, here } = this;
    const { store } = this;
    vi.spyOn(store, 'estimate').mockImplementation(() =>
      Promise.resolve({ usedBytes: this.usedBytes, quotaBytes: this.quotaBytes, persisted: true }),
    );
    return new FileKeeper({
      files: {
        has: (file: FileId) => here.has(file),
        manifest: (file: FileId) => (here.has(file) ? {} : undefined),
        list: () => [],
      } as unknown as FileStore,
      records: store,
      transfer: {
        fetch: (options: FetchOptions) => {
          this.fetched.push(options.id);
          const answer = this.answer(options);
          if (answer.ok) here.add(options.id);
          return Promise.resolve(answer);
        },
      } as unknown as FileTransfer,
      clock,
      log: silentLog,
      holders: () => ['anna' as PeerId],
      reach: () => () => true,
      needed: () => {
        this.neededAsked += 1;
        return this.needed;
      },
      drop: async (file) => {
        this.dropped.push(file);
        here.delete(file);
        await this.keeper.forget(file);
      },
      onChange: () => undefined,
    });
  }

  async pass(ms = 50): Promise<void> {
    for (let i = 0; i < 10; i++) {
      this.clock.advance(ms / 10);
      await settle();
    }
  }

  async restart(): Promise<void> {
    this.store = this.disk.open();
    this.keeper = this.#keeper();
    const loaded = this.keeper.load();
    await this.pass();
    await loaded;
  }

  /** Looks at these files until nothing more comes of it, as a peer does at each change. */
  async keep(files: readonly Wanted[], times = files.length + 3): Promise<void> {
    for (let i = 0; i < times; i++) {
      const before = this.fetched.length + this.dropped.length;
      this.keeper.keep(files);
      await this.pass();
      if (i > 2 && this.fetched.length + this.dropped.length === before) return;
    }
  }

  /** Writes down files as if they had been fetched before. */
  async had(count: number, sizeBytes: number, by = gil, prefix = 'old'): Promise<void> {
    const book = new FetchBook(this.store, silentLog);
    for (let i = 0; i < count; i++) {
      const file = id(`${prefix}${i}`);
      this.here.add(file);
      const noted = book.fetching(file, by, sizeBytes);
      if (i === count - 1) {
        await this.pass();
        await noted;
      }
    }
    await this.restart();
  }
}

describe('what nobody asked for here', () => {
  test('is fetched a few at a time, and of one author fewer, so that others have their turn', async () => {
    const desk = new Desk();
    desk.answer = () => refuse('no-holder', 'nobody');
    const of = (by: string) => Array.from({ length: 20 }, (_, i) => wanted(`${by}${i}`, 1, by as PeerId));
    desk.keeper.keep(of('gil'));
    await desk.pass();
    expect(desk.fetched).toHaveLength(fetchesPerAuthorMax);
    await desk.restart();
    desk.keeper.keep([...of('gil'), ...of('ben'), ...of('cleo'), ...of('dora')]);
    await desk.pass();
    expect(desk.fetched.slice(fetchesPerAuthorMax)).toHaveLength(fetchesMax);
  });

  test('is not fetched when one file is too large', async () => {
    const desk = new Desk();
    await desk.keep([wanted('large', fetchUnaskedBytesMax + 1), wanted('fits', fetchUnaskedBytesMax)]);
    expect(desk.fetched).toEqual(['fits']);
  });

  test('is not fetched when its author has filled what is theirs; others are served', async () => {
    const each = fetchUnaskedBytesMax;
    const desk = new Desk();
    const count = fetchUnaskedAuthorBytesMax / each;
    const files = Array.from({ length: count + 5 }, (_, i) => wanted(`f${i}`, each));
    for (const { file } of files) desk.needed.add(file);
    await desk.keep(files);
    expect(desk.fetched).toHaveLength(count);
    await desk.restart();
    await desk.keep([...files, wanted('another', each, 'ben' as PeerId)]);
    expect(desk.fetched).toHaveLength(count + 1);
    expect(desk.fetched.at(-1)).toBe('another');
  });

  test('is not fetched beyond the number of files of one author', async () => {
    const desk = new Desk();
    await desk.had(fetchUnaskedAuthorFilesMax, 1);
    for (const file of desk.here) desk.needed.add(file);
    await desk.keep([wanted('one more')]);
    expect(desk.fetched).toEqual([]);
  });

  test.each([
    ['bytes', 4, fetchUnaskedAllBytesMax / 4],
    ['files', fetchUnaskedAllFilesMax / 1_000, 1],
  ] as const)('is not fetched beyond the %s of all authors together', async (what, authors, size) => {
    const desk = new Desk();
    for (let i = 0; i < authors; i++)
      await desk.had(what === 'files' ? 1_000 : 1, size, `author${i}` as PeerId, `old${i}-`);
    for (const file of desk.here) desk.needed.add(file);
    await desk.keep([wanted('one more')]);
    expect(desk.fetched).toEqual([]);
    desk.needed.clear();
    await desk.pass(fetchRoomAgainMs);
    await desk.keep([wanted('one more')]);
    expect([desk.dropped, desk.fetched]).toEqual([['old0-0'], ['one more']]);
  });

  test('leaves half of the browser’s room alone', async () => {
    const desk = new Desk();
    desk.quotaBytes = 1_000;
    desk.usedBytes = 1_000 * fetchUnaskedRoomShare - 10;
    await desk.keep([wanted('eleven', 11), wanted('ten', 10)]);
    expect(desk.fetched).toEqual(['ten']);
  });

  test('gives way, oldest first, once no open job needs it, and only as much as is needed', async () => {
    const desk = new Desk();
    await desk.had(16, fetchUnaskedAuthorBytesMax / 16);
    for (const name of ['old0', 'old2']) desk.needed.add(id(name));
    await desk.keep([wanted('new', 2)]);
    expect(desk.dropped).toEqual(['old1']);
    expect(desk.fetched).toEqual(['new']);
  });

  test('is looked through for room once, and not for each of thousands of files that do not fit', async () => {
    const desk = new Desk();
    await desk.had(fetchUnaskedAuthorFilesMax, 1);
    for (const file of desk.here) desk.needed.add(file);
    const files = Array.from({ length: 5_000 }, (_, i) => wanted(`f${i % 2_500}`));
    for (let times = 0; times < 20; times++) {
      desk.keeper.keep(files);
      await desk.pass();
    }
    expect(desk.neededAsked).toBe(1);
    await desk.pass(fetchRoomAgainMs);
    desk.needed.clear();
    await desk.keep(files.slice(0, 1));
    expect(desk.fetched).toEqual(['f0']);
  });

  test('drops nothing when that would not make enough room', async () => {
    const desk = new Desk();
    await desk.had(2, fetchUnaskedAuthorBytesMax / 2);
    await desk.had(1, 1, gil, 'small');
    for (const name of ['old0', 'old1']) desk.needed.add(id(name));
    await desk.keep([wanted('new', 100)]);
    expect([desk.dropped, desk.fetched]).toEqual([[], []]);
  });

  test('does not count what a person here added, and never drops it', async () => {
    const desk = new Desk();
    await desk.had(1, fetchUnaskedAuthorBytesMax);
    desk.keeper.own(id('old0'));
    await desk.pass();
    await desk.restart();
    await desk.keep([wanted('new', 2)]);
    expect([desk.dropped, desk.fetched]).toEqual([[], ['new']]);
  });

  test('is tried again ever more rarely', async () => {
    const desk = new Desk();
    desk.answer = () => refuse('no-holder', 'nobody');
    const file = [wanted('never')];
    for (let passedMs = 0; passedMs < 3_600_000; passedMs += 1_000) {
      desk.keeper.keep(file);
      await desk.pass(1_000);
    }
    // 5, 10, 20 … 600 s: seven tries in ten minutes, then one in ten minutes.
    expect(desk.fetched.length).toBeLessThan(7 + 3_600_000 / fetchAgainMsMax + 2);
    expect(desk.fetched.length).toBeGreaterThan(3_600_000 / fetchAgainMsMax);
    expect(fetchAgainMs).toBeLessThan(fetchAgainMsMax);
  });
});

describe('a file of another size than its queue says', () => {
  const lying = (desk: Desk) => {
    desk.answer = ({ sizeBytes }) => (sizeBytes === 500 ? ok(undefined) : refuse('wrong-size', 'another'));
  };

  test('is refused once and for all, also after a restart and when it is wanted for a print', async () => {
    const desk = new Desk();
    lying(desk);
    await desk.keep([wanted('liar', 1)]);
    expect(desk.fetched).toEqual(['liar']);
    await desk.restart();
    desk.clock.advance(fetchAgainMsMax);
    await desk.keep([wanted('liar', 1)]);
    expect(await desk.keeper.ensure(wanted('liar', 1))).toMatchObject({ refusal: { code: 'wrong-size' } });
    expect(desk.fetched).toEqual(['liar']);
  });

  test('is fetched as soon as a queue tells its size', async () => {
    const desk = new Desk();
    lying(desk);
    await desk.keep([wanted('liar', 1)]);
    desk.clock.advance(fetchAgainMs);
    await desk.keep([wanted('liar', 500)]);
    expect(desk.here.has(id('liar'))).toBe(true);
  });

  test('does not count for its author', async () => {
    const desk = new Desk();
    lying(desk);
    await desk.keep([wanted('liar', fetchUnaskedBytesMax)]);
    const book = new FetchBook(desk.store, silentLog);
    const loaded = book.load();
    await desk.pass();
    await loaded;
    expect(book.of(gil)).toEqual({ files: 0, bytes: 0 });
    expect(book.refuses(id('liar'), fetchUnaskedBytesMax)).toBe(true);
  });
});

test('a note that cannot be read is none', async () => {
  const desk = new Desk();
  for (const key of ['file', 'refused/file/1']) {
    const put = desk.store.put('fetched', key, utf8('nonsense'));
    await desk.pass();
    await put;
  }
  await desk.restart();
  await desk.keep([wanted('file')]);
  expect(desk.fetched).toEqual(['file']);
});
