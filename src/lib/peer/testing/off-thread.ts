/**
 * Work that is done on other threads, in real time: hashes of files, which the platform computes. A clock that moves when told to must not
 * run away from it, or what takes a millisecond takes minutes of the test's time on a busy machine.
 */
const underWay = new Set<Promise<unknown>>();

const { subtle } = globalThis.crypto;
const digest = subtle.digest.bind(subtle);
Object.defineProperty(subtle, 'digest', {
  value: (...args: Parameters<SubtleCrypto['digest']>): Promise<ArrayBuffer> => {
    const hashing = digest(...args);
    underWay.add(hashing);
    const over = () => underWay.delete(hashing);
    hashing.then(over, over);
    return hashing;
  },
});

/** Everything that is ready to run in this thread runs (microtasks, and the tasks that streams use), with what other threads do for it. */
export async function settle(): Promise<void> {
  await tasks();
  while (underWay.size > 0) {
    await Promise.allSettled(underWay);
    await tasks();
  }
}

async function tasks(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
