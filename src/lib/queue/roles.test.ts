import { describe, expect, it } from 'vitest';
import type { JobId, SetId } from '../base/index.ts';
import type { Command, Role } from './command.ts';
import { roles } from './command.ts';
import { TestQueue, personOf } from './fixture.ts';
import type { Person } from './fixture.ts';
import type { Deed } from './refusals.ts';
import type { Applied } from './state.ts';

/** What somebody tries, who may do it, and what the others are told that they may not. */
interface Try {
  readonly deed: Deed;
  readonly may: readonly Role[];
  readonly make: (queue: TestQueue, author: Person) => Command;
}

const operators: readonly Role[] = ['owner', 'operator'];
const printers: readonly Role[] = [...operators, 'printer'];
const submitters: readonly Role[] = [...printers, 'submitter'];

const tries: readonly Try[] = [
  {
    deed: 'add-files',
    may: submitters,
    make: () => ({ type: 'add-file', file: 'f' as never, name: 'f.gcode', size: 9, meta: {} }),
  },
  {
    deed: 'add-jobs',
    may: submitters,
    make: (queue) => ({
      type: 'add-job',
      job: 'j' as JobId,
      name: 'J',
      copies: 1,
      draft: false,
      keepTogether: false,
      notes: '',
      wallMs: 0,
      sets: [{ set: 's' as SetId, file: queue.file(), count: 1, requirements: {} }],
    }),
  },
  {
    deed: 'add-printers',
    may: printers,
    make: () => ({
      type: 'set-printer',
      printer: 'p' as never,
      name: 'P',
      enabled: true,
      autoClear: false,
      materials: [],
    }),
  },
  {
    deed: 'move-jobs',
    may: operators,
    make: (queue) => ({ type: 'move-job', job: queue.job(queue.owner, [1]).id, after: null }),
  },
  { deed: 'rename-queue', may: operators, make: () => ({ type: 'rename-queue', name: 'New' }) },
  {
    deed: 'change-rules',
    may: operators,
    make: () => ({ type: 'set-settings', settings: { strategy: 'shortest-first' } }),
  },
  {
    deed: 'invite',
    may: operators,
    make: () => ({
      type: 'invite',
      invitation: 'i',
      publicKey: personOf(500).publicKey,
      role: 'viewer',
      voter: false,
      lifeMs: 1000,
      usesMax: 1,
    }),
  },
  {
    deed: 'remove-others',
    may: operators,
    make: (queue) => ({ type: 'remove-member', peer: queue.join('viewer').peer }),
  },
  {
    deed: 'change-members',
    may: operators,
    make: (queue) => ({ type: 'set-member', peer: queue.join('viewer').peer, role: 'printer' }),
  },
];

const refusalOf = ({ result }: Applied) => (result.kind === 'refused' ? result.refusal : undefined);

describe.each(roles)('Who is %s', (role) => {
  it.each(tries)('is told by its code whether it may: $deed', ({ deed, may, make }) => {
    const queue = new TestQueue();
    const author = role === 'owner' ? queue.owner : queue.join(role);
    const command = make(queue, author);
    const refusal = refusalOf(queue.apply(author, command));
    if (may.includes(role)) expect(refusal).toBeUndefined();
    else expect(refusal).toEqual({ code: 'not-allowed', role, deed });
    // Every replica that reads the log says the same.
    const other = new TestQueue();
    const read = queue.log.slice(1).map((entry) => other.entry(entry));
    const last = read.at(-1);
    expect(last === undefined ? undefined : refusalOf(last)).toEqual(refusal);
    expect(other.state.hash()).toEqual(queue.state.hash());
  });
});
