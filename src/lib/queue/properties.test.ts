import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, must } from '../base/index.ts';
import { brokenInvariants } from './invariants.ts';
import type { QueueState } from './queue-state.ts';
import { wantedOf } from './state.ts';
import { Walk, verbs } from './walk.ts';
import type { Step, Verb } from './walk.ts';

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.oneof(
    ...Object.entries(verbs).map(([verb, weight]) => ({
      weight: Math.ceil(weight * 10),
      arbitrary: fc.constant(verb as Verb),
    })),
  ),
  a: fc.nat(99),
  b: fc.nat(99),
  c: fc.nat(99),
  meddling: fc.nat(9).map((n) => n === 0),
});
const steps = fc.array(step, { minLength: 60, maxLength: 200, size: 'max' });
const runs = { numRuns: Number(process.env['QUEUE_RUNS'] ?? 20), endOnFailure: true };

/** All that can be read of a state, sessions aside. */
function picture(state: QueueState): string {
  const { all, byPrinter, byPerson, byMaterial } = state.totals;
  const tables = [
    state.members,
    state.invitations,
    state.files,
    state.jobs,
    state.sets,
    state.prints,
    state.printers,
    state.history,
    byPrinter,
    byPerson,
    byMaterial,
  ];
  return JSON.stringify([
    state.head,
    all,
    tables.map((table) => [...(table as ReadonlyMap<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1))),
    [...state.jobsInOrder()].map(({ id }) => id),
  ]);
}

describe('any sequence of commands', () => {
  it('keeps the invariants, and refusals change nothing', { timeout: 60_000 }, () => {
    const settled = new Map<string, number>();
    fc.assert(
      fc.property(steps, (todo) => {
        const walk = new Walk();
        const { queue } = walk;
        for (const next of todo) {
          const sent = walk.commandOf(next);
          if (sent === undefined) {
            walk.pass(next);
          } else {
            const { author, command } = sent;
            const before = picture(queue.state);
            const { result } = queue.apply(author, command);
            const key = `${command.type} ${result.kind}`;
            settled.set(key, (settled.get(key) ?? 0) + 1);
            if (result.kind === 'refused') expect(picture(queue.state)).toBe(before);
            else if (command.type === 'claim' && !before.includes(`"${command.print}"`)) {
              const set = queue.setOf(command.set);
              expect(set.good + set.active.length).toBeLessThanOrEqual(wantedOf(queue.jobOf(set.job), set));
            }
          }
          expect(brokenInvariants(queue.state)).toEqual([]);
        }
      }),
      runs,
    );
    // A walk that never gets anywhere proves nothing.
    for (const verb of [
      'claim',
      'starting',
      'started',
      'finish',
      'resolve',
      'edit-job',
      'delete-job',
      'set-bed',
    ]) {
      expect(settled.get(`${verb} committed`) ?? 0, verb).toBeGreaterThan(runs.numRuns / 4);
    }
  });

  it('never loses a report: what its holder finished is in the history', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const walk = new Walk();
        const { queue } = walk;
        const reported = new Set<string>();
        for (const next of todo) {
          const sent = walk.commandOf(next);
          if (sent === undefined) {
            walk.pass(next);
            continue;
          }
          const { author, command } = sent;
          const held = 'print' in command && queue.state.prints.get(command.print ?? ('' as never))?.holder;
          const { result } = queue.apply(author, command);
          if (command.type !== 'finish') continue;
          if (held === author.peer && queue.state.members.has(author.peer))
            expect(result.kind).toBe('committed');
          if (result.kind === 'refused') continue;
          reported.add(command.print);
          expect(queue.state.history.get(command.print)).toMatchObject({
            outcome: command.outcome,
            reported: true,
          });
        }
        const kept = [...queue.state.history.values()].filter((entry) => entry.reported);
        expect(kept).toHaveLength(reported.size);
      }),
      runs,
    );
  });

  it(
    'replays to the same hash, and goes on from a snapshot as if none had been taken',
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(steps, fc.nat(250), (todo, at) => {
          const walk = new Walk();
          const { queue } = walk;
          let copy: QueueState | undefined;
          todo.forEach((next, i) => {
            // Asked for in between, so that it is brought up to date many times.
            if (i % 7 === 0) queue.state.hash();
            if (i === at % todo.length) copy = queue.restored(queue.state.snapshot());
            const from = queue.log.length;
            const sent = walk.commandOf(next);
            if (sent === undefined) walk.pass(next);
            else queue.apply(sent.author, sent.command);
            for (let index = from + 1; index <= queue.log.length; index++) {
              copy?.apply(index, must(queue.log[index - 1], 'an entry'));
            }
          });
          const hash = hex(queue.state.hash());
          const restored = must(copy, 'a copy');
          expect(hex(restored.hash())).toBe(hash);
          expect(hex(restored.provenHash())).toBe(hash);
          expect(hex(queue.replayed().hash())).toBe(hash);
          expect(restored.nextDeadlineMs()).toBe(queue.state.nextDeadlineMs());
          expect(brokenInvariants(restored)).toEqual([]);
        }),
        runs,
      );
    },
  );

  it('applies a command that is sent twice once', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const walk = new Walk();
        const { queue } = walk;
        for (const next of todo.slice(0, 100)) {
          const sent = walk.commandOf(next);
          if (sent === undefined) {
            walk.pass(next);
            continue;
          }
          const data = queue.sign(sent.author, sent.command);
          const first = queue.entry(data);
          const before = picture(queue.state);
          const again = queue.entry(data);
          // Who leaves takes the sessions along: there is nobody left to answer, and nothing is applied again.
          const stays = queue.state.members.has(sent.author.peer);
          if (stays) expect(again.result).toEqual(first.result);
          else expect(again.result.kind).toBe('refused');
          expect(again.changed).toEqual([]);
          expect(picture(queue.state)).toBe(before);
        }
      }),
      runs,
    );
  });
});
