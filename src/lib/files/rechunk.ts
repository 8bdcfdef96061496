import { type Bytes, RefusalError, messageOf } from '../base/index.ts';

/** Cuts a stream into pieces of exactly `bytes` (the last one may be shorter), each over its own buffer. Holds one piece at a time. */
export async function* rechunk(
  stream: ReadableStream<Uint8Array>,
  bytes: number,
  signal?: AbortSignal,
): AsyncGenerator<Bytes> {
  const reader = stream.getReader();
  let piece = new Uint8Array(bytes);
  let filled = 0;
  let ended = false;
  const checkAborted = (): void => {
    if (signal?.aborted === true)
      throw new RefusalError({ code: 'aborted', text: 'Adding the file was cancelled.' });
  };
  try {
    for (;;) {
      checkAborted();
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new RefusalError({
          code: 'file-unreadable',
          text: `The file could not be read: ${messageOf(error)}`,
        });
      });
      if (done) break;
      for (let at = 0; at < value.length;) {
        const take = Math.min(bytes - filled, value.length - at);
        piece.set(value.subarray(at, at + take), filled);
        filled += take;
        at += take;
        if (filled < bytes) continue;
        yield piece;
        checkAborted();
        piece = new Uint8Array(bytes);
        filled = 0;
      }
    }
    ended = true;
    if (filled > 0) yield piece.slice(0, filled);
  } finally {
    // Left early: whoever fills the stream is told to stop. A stream that is broken already has told its reason.
    if (!ended) reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
