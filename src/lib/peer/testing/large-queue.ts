import { type JobId, type QueueId, type SetId, must } from '../../base/index.ts';
import { type Command, QueueState, type SignedCommand, encodeCommandEntry } from '../../queue/index.ts';
import { encodeConfState } from '../replica/replica-record.ts';
import type { Browser } from './house.ts';

/**
 * Makes the queue of a browser that is alone in it a large one, as if it had been used for years: its log is replaced by a snapshot with
 * that many jobs of 4,000 characters of notes each. The browser is opened anew.
 */
export async function growQueue(browser: Browser, queue: QueueId, jobs: number): Promise<void> {
  const { house } = browser;
  const file = await browser.addFile(queue, 'part.gcode', 'G28\nG1 X10 Y10 E1\nM104 S0\n');
  const host = browser.host(queue);
  const { identity } = browser.peer;
  let next: SignedCommand | undefined;
  const restored = QueueState.restore(host.state.snapshot(), () => ({
    ok: true,
    value: must(next, 'a command'),
  }));
  if (!restored.ok) throw new Error(restored.refusal.code);
  const state = restored.value;
  let session = 0;
  let seq = 0;
  const apply = (command: Command): void => {
    const opens = command.type === 'open-session';
    if (!opens) seq++;
    next = {
      bytes: new Uint8Array(1),
      queue: state.digest,
      publicKey: identity.publicKey,
      author: identity.peer,
      session,
      seq: opens ? 0 : seq,
      ack: opens ? 0 : seq,
      command,
    };
    const { result } = state.apply(state.index + 1, encodeCommandEntry(state.stampMs + 1, new Uint8Array(1)));
    if (result.kind !== 'committed') throw new Error(result.refusal.code);
    if (opens) session = result.value ?? 0;
  };
  apply({ type: 'open-session', nonce: new Uint8Array(16) });
  for (let i = 0; i < jobs; i++) {
    const id = `job-${i}` as JobId;
    apply({
      type: 'add-job',
      job: id,
      name: `Part ${i}`,
      copies: 1,
      draft: true,
      keepTogether: false,
      notes: `${i} `.repeat(4000).slice(0, 4000),
      sets: [{ set: `${id}.0` as SetId, file, count: 1, requirements: {} }],
    });
  }
  const { term } = host.status();
  browser.kill();
  const store = browser.disk.open();
  const log = await house.await(store.openLog(queue));
  const { hardState } = await house.await(log.load());
  const confState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const { index } = state;
  await house.await(
    log.append({
      hardState: { ...hardState, commit: index },
      snapshot: { index, term, confState: encodeConfState(confState), data: state.snapshot() },
      durable: true,
    }),
  );
  await log.close();
  await browser.open();
}
