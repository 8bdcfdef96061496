import type { Stream } from '@libp2p/interface';
import type { Bytes, Clock } from '../base/index.ts';
import { FrameStream } from './frame-stream.ts';

/** One frame each way over a stream of its own. Rejects when the stream ends or breaks before the answer. */
export function ask(
  stream: Stream,
  clock: Clock,
  frameBytesMax: number,
  request: Uint8Array,
  signal: AbortSignal,
): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const onAbort = () => frames.abort(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    const frames = new FrameStream(stream, clock, frameBytesMax, {
      onFrame(answer) {
        signal.removeEventListener('abort', onAbort);
        resolve(answer);
        frames.close();
      },
      onOver(error) {
        signal.removeEventListener('abort', onAbort);
        reject(error ?? new Error('The peer ended the request without an answer.'));
      },
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else frames.write(request).catch(reject);
  });
}

/** The other side of `ask`: bytes of the question and of the answer at most. */
export function serve(
  stream: Stream,
  clock: Clock,
  within: { readonly asked: number; readonly answered: number },
  onRequest: (request: Bytes) => Promise<Uint8Array>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    const answer = async (request: Bytes) => {
      const bytes = await onRequest(request);
      if (bytes.length > within.answered)
        throw new Error(`An answer of ${bytes.length} bytes is larger than the limit.`);
      await frames.write(bytes);
      frames.close();
    };
    const frames = new FrameStream(stream, clock, within.asked, {
      onFrame(request) {
        if (asked) return frames.abort(new Error('One request per stream.'));
        asked = true;
        answer(request).then(resolve, (error: Error) => {
          frames.abort(error);
          reject(error);
        });
      },
      onOver() {
        if (!asked) resolve();
      },
    });
  });
}
