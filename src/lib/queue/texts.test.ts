import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileId, JobId, PrinterId, SetId } from '../base/index.ts';
import { hex } from '../base/index.ts';
import { hostileText } from '../base/testing/arbitrary.ts';
import { TestQueue } from './fixture.ts';
import type { QueueState } from './queue-state.ts';

const name = hostileText(110).map((text) => `${text}\uFEFFx`);
const text = hostileText(110);

/** Every text of a state that a person typed somewhere. */
function texts(state: QueueState): unknown {
  const { head, members, invitations, files, jobs, sets, printers, history, totals } = state;
  return [
    head.name,
    head.settings,
    head.relays,
    [...members.values()],
    [...invitations.values()],
    [...files.values()],
    [...jobs.values()],
    [...sets.values()],
    [...printers.values()],
    [...history.values()],
    [...totals.byMaterial],
  ];
}

test('what people typed is the same after a snapshot was written and read, and so is the hash', () => {
  fc.assert(
    fc.property(name, text, fc.nat(15), (called, said, one) => {
      // Signatures take most of the time, and all that they do is be there.
      const queue = new TestQueue({}, one === 0);
      const { owner } = queue;
      const guest = queue.join('operator');
      const material = { family: said.slice(0, 3).toWellFormed(), colour: said.slice(0, 9).toWellFormed() };
      const file = 'file' as FileId;
      const set = 'set' as SetId;
      const printer = 'printer' as PrinterId;
      queue.must(owner, { type: 'rename-queue', name: called });
      queue.must(owner, { type: 'rename-member', peer: guest.peer, name: called });
      queue.must(owner, { type: 'set-relays', addresses: [`/${said}`] });
      queue.must(owner, {
        type: 'set-settings',
        settings: { defaultRequirements: { surface: said, models: [said, called] } },
      });
      queue.must(owner, {
        type: 'add-file',
        file,
        name: called,
        size: 10,
        meta: { slicer: said, printerModel: called, materials: [material] },
      });
      queue.must(guest, {
        type: 'add-job',
        job: 'job' as JobId,
        name: called,
        copies: 2,
        draft: false,
        keepTogether: false,
        notes: said,
        sets: [{ set, file, count: 1, requirements: { models: [said], materials: [material] } }],
      });
      queue.must(owner, {
        type: 'set-printer',
        printer,
        name: called,
        enabled: true,
        autoClear: true,
        model: said,
        surface: called,
        materials: [material],
        kinds: [said.slice(0, 9).toWellFormed()],
      });
      const print = queue.start(owner, set, printer);
      queue.must(owner, { type: 'cancel-print', print, reason: said });
      const { state } = queue;
      const restored = queue.restored(state.snapshot());
      expect(texts(restored)).toEqual(texts(state));
      queue.finish(owner, print);
      restored.apply(queue.index, queue.log[queue.index - 1] ?? new Uint8Array());
      expect(texts(restored)).toEqual(texts(state));
      expect(hex(restored.hash())).toBe(hex(state.hash()));
      expect(hex(restored.provenHash())).toBe(hex(state.hash()));
      expect(hex(restored.snapshot())).toBe(hex(state.snapshot()));
      expect(state.head.name).toBe(called);
      expect(state.jobs.get('job' as JobId)?.notes).toBe(said);
    }),
    { numRuns: 40 },
  );
  // Signed runs sign a dozen commands and check each twice, which takes its time beside other work.
}, 120_000);
