import { type QueueId, type Result, delay, ok, refuse } from '../../base/index.ts';
import type { Command } from '../../queue/index.ts';
import type { FileProgress } from '../api.ts';
import { exportArchive } from '../files/archive-export.ts';
import { wantedOf } from '../files/file-keeper.ts';
import { importArchive } from '../files/archive-import.ts';
import type { Peer } from '../peer.ts';
import { notKnownTexts, worded } from '../../words/index.ts';

/** How long a queue that was just made may take to lead itself. */
const readyMs = 20_000;

/** A queue of this peer as one archive, its files included. */
export async function exportQueue(
  peer: Peer,
  queue: QueueId,
  onProgress: (progress: FileProgress) => void,
  signal: AbortSignal,
): Promise<Result<Blob>> {
  const host = peer.hosts.get(queue);
  if (host === undefined) return refuse('queue-not-found', 'This queue is not open in this browser.');
  return exportArchive({
    state: host.state,
    store: peer.files.store,
    wallMs: peer.ports.clock.wallMs(),
    bring: async (file) => {
      const known = host.state.files.get(file);
      if (known === undefined) return refuse('file-gone', 'The file was removed from the queue meanwhile.');
      return peer.files.keeper.ensure(wantedOf(known), signal);
    },
    withinReach: (file) => peer.files.keeper.withinReach(file),
    onProgress: (doneBytes, totalBytes) => onProgress({ doneBytes, totalBytes }),
    signal,
  });
}

/** A new queue, owned by this peer, made of an archive. When anything of it is wrong the queue goes again. */
export async function importQueue(
  peer: Peer,
  archive: Blob,
  onProgress: (progress: FileProgress) => void,
  signal: AbortSignal,
): Promise<Result<QueueId>> {
  let queue: QueueId | undefined;
  const submit = async (command: Command): Promise<Result<undefined>> => {
    const host = queue === undefined ? undefined : peer.hosts.get(queue);
    if (host === undefined) return refuse('queue-not-found', 'The new queue was left meanwhile.');
    const settled = await host.submit(command, 'Import a queue');
    if (settled.kind === 'committed') return ok(undefined);
    if (settled.kind === 'refused') return { ok: false, refusal: worded(settled.refusal) };
    return refuse('unknown', notKnownTexts[settled.why]);
  };
  let imported: Awaited<ReturnType<typeof importArchive>>;
  try {
    imported = await importArchive({
      archive,
      store: peer.files.store,
      random: peer.ports.random,
      pause: () => delay(peer.ports.clock, 0),
      own: (file) => peer.files.keeper.own(file),
      begin: async ({ name, lan }) => {
        const created = await peer.createQueue(name, lan);
        if (!created.ok) return created;
        queue = created.value;
        const host = peer.hosts.get(queue);
        const patience = new AbortController();
        const cancel = peer.ports.clock.after(readyMs, () =>
          patience.abort(new Error('the new queue did not become ready')),
        );
        await host?.when(() => host.condition().condition === 'ready', patience.signal);
        cancel();
        return ok(submit);
      },
      onProgress: (doneBytes, totalBytes) => onProgress({ doneBytes, totalBytes }),
      signal,
    });
  } catch (error) {
    if (queue !== undefined) await peer.leave(queue);
    throw error;
  }
  if (imported.ok && queue !== undefined) return ok(queue);
  if (queue !== undefined) await peer.leave(queue);
  return imported.ok ? refuse('archive-unknown', 'This archive holds no queue.') : imported;
}
