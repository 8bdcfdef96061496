import * as v from 'valibot';
import { type Clock, type FileId, type Log, delay, encode, messageOf, parse } from '../../base/index.ts';
import type { FileStore } from '../../files/index.ts';
import type { Thumbnail } from '../../gcode/index.ts';
import type { Store } from '../../storage/port.ts';
import { pictureBytesMax, pictureTriesMax, picturesKeptMax, picturesWaitingMax } from '../limits.ts';
import { metadataInSlices, startOf } from './file-intake.ts';

/** Narrowest picture that fills a card of a page, pixels. */
const cardWidthPx = 96;

/** Bytes of a record beside its picture. */
const recordBytesMax = pictureBytesMax + 1024;

/** In the table `pictures`, under the file's id. `tries` counts how often reading began, `done` says that it came to its end. */
const schema = v.strictObject({
  v: v.literal(1),
  tries: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000)),
  done: v.boolean(),
  picture: v.nullable(
    v.strictObject({ mime: v.picklist(['image/png', 'image/jpeg']), data: v.instance(Uint8Array) }),
  ),
});
type Reading = v.InferOutput<typeof schema>;

export interface PicturesPorts {
  readonly files: FileStore;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** A picture that was not here is here now. */
  readonly onChange: () => void;
}

/**
 * Slicers' pictures of files that are here, as `data:` URLs: read when somebody looks, one file at a time and in slices. What was read, and what
 * could not be read to its end, is remembered on disk: a file in which this peer died is not read again at each start.
 */
export class Pictures {
  readonly #ports: PicturesPorts;
  /** Newest last; undefined for a file without a picture. */
  readonly #known = new Map<FileId, string | undefined>();
  readonly #waiting = new Map<FileId, Promise<string | undefined>>();
  /** The reading that comes last: the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(ports: PicturesPorts) {
    this.#ports = ports;
  }

  /** The picture as far as it is known. If it is not, it is looked for. */
  get(file: FileId): string | undefined {
    if (!this.#known.has(file)) void this.of(file);
    return this.#known.get(file);
  }

  /** The picture; undefined when the file has none, is not whole here, or too many others are waited for. Never rejects. */
  of(file: FileId): Promise<string | undefined> {
    if (this.#known.has(file)) return Promise.resolve(this.#known.get(file));
    const waiting = this.#waiting.get(file);
    if (waiting !== undefined) return waiting;
    if (this.#closed || !this.#ports.files.has(file) || this.#waiting.size >= picturesWaitingMax)
      return Promise.resolve(undefined);
    const reading = this.#last.then(() => this.#look(file));
    this.#last = reading;
    this.#waiting.set(file, reading);
    return reading;
  }

  /** The file went from here, and with it what is known of its picture. Rejects when storage does. */
  async forget(file: FileId): Promise<void> {
    this.#known.delete(file);
    await this.#ports.store.delete('pictures', file);
  }

  close(): void {
    this.#closed = true;
  }

  async #look(file: FileId): Promise<string | undefined> {
    const { files, log } = this.#ports;
    try {
      if (this.#closed || !files.has(file)) return undefined;
      const url = urlOf(await this.#read(file));
      this.#known.set(file, url);
      const oldest = this.#known.size > picturesKeptMax ? this.#known.keys().next() : undefined;
      if (oldest?.done === false) this.#known.delete(oldest.value);
      if (url !== undefined) this.#ports.onChange();
      return url;
    } catch (error) {
      log.warn(`no picture of ${file}: ${messageOf(error)}`);
      // Not tried again before the next start: a disk that fails would be asked for it with every view.
      this.#known.set(file, undefined);
      return undefined;
    } finally {
      this.#waiting.delete(file);
    }
  }

  async #read(file: FileId): Promise<Reading['picture']> {
    const { store, files, clock, log } = this.#ports;
    const stored = await store.get('pictures', file);
    const before = stored === undefined ? undefined : parse(schema, stored, recordBytesMax);
    if (before?.ok === false)
      log.warn(`what is known of ${file}'s picture is read anew: ${before.refusal.text}`);
    const { tries, done, picture } = before?.ok === true ? before.value : unread;
    if (done || tries >= pictureTriesMax) return picture;
    await this.#note(file, { ...unread, tries: tries + 1 });
    const open = files.open(file);
    if (open === undefined) return null;
    const metadata = await metadataInSlices(await startOf(open), undefined, () => delay(clock, 0));
    const best = bestOf(metadata.thumbnails);
    await this.#note(file, { v: 1, tries, done: true, picture: best });
    return best;
  }

  #note(file: FileId, reading: Reading): Promise<void> {
    return this.#ports.store.put('pictures', file, encode(reading));
  }
}

const unread: Reading = { v: 1, tries: 0, done: false, picture: null };

/** The smallest that still fills a card, else the largest: data URLs travel with every view. */
function bestOf(thumbnails: readonly Thumbnail[]): Reading['picture'] {
  const shown = thumbnails.flatMap(({ mime, width, data }) =>
    mime === 'image/qoi' || data.length > pictureBytesMax ? [] : [{ mime, width, data }],
  );
  const [best = shown[0]] = shown
    .filter(({ width }) => width >= cardWidthPx)
    .sort((a, b) => a.width - b.width);
  return best === undefined ? null : { mime: best.mime, data: best.data };
}

function urlOf(picture: Reading['picture']): string | undefined {
  if (picture === null) return undefined;
  let binary = '';
  for (const byte of picture.data) binary += String.fromCharCode(byte);
  return `data:${picture.mime};base64,${btoa(binary)}`;
}
