import type { FileId, JobId, PrintId, PrinterId, SetId } from '../base/index.ts';
import { must } from '../base/index.ts';
import { bedStates, outcomes, roles } from './command.ts';
import type { Command, CommandOf } from './command.ts';
import type { Person } from './fixture.ts';
import { TestQueue } from './fixture.ts';
import type { SettingsChange } from './settings.ts';

/** Random but likely walks through a queue's life: three numbers choose what is done to whatever is there. */
export interface Step {
  readonly verb: Verb;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Done by somebody at random, instead of who would do it. */
  readonly meddling: boolean;
}

/** How often each is done, against the others. */
export const verbs = {
  tick: 6,
  grace: 1,
  'add-job': 5,
  'edit-job': 4,
  'move-job': 3,
  'delete-job': 2,
  'release-set': 3,
  'decide-copies': 4,
  'set-printer': 2,
  'remove-printer': 1,
  'resume-printer': 3,
  'set-bed': 14,
  claim: 22,
  renew: 4,
  release: 2,
  starting: 20,
  started: 16,
  finish: 16,
  resolve: 6,
  'cancel-print': 3,
  'set-settings': 2,
  'set-member': 1,
  'remove-member': 0.3,
  join: 1,
  'add-file': 1,
} as const;
export type Verb = keyof typeof verbs;

export class Walk {
  readonly queue: TestQueue;
  readonly people: Person[];
  #names = 0;

  constructor(settings: SettingsChange = {}, signed = false) {
    this.queue = new TestQueue({ claimAhead: 1, ...settings }, signed);
    const { queue } = this;
    this.people = [queue.owner, queue.join('operator', true), queue.join('printer'), queue.join('submitter')];
    for (const file of ['file0', 'file1'] as FileId[]) {
      queue.must(queue.owner, { type: 'add-file', file, name: file, size: 1, meta: {} });
    }
    [0, 1, 2].forEach((i) => queue.must(this.#person(i), this.#printerOf(`printer${i}` as PrinterId, i)));
  }

  /** The command of a step and who sends it; undefined when it is time that passes, or somebody who joins. */
  commandOf(step: Step): { readonly author: Person; readonly command: Command } | undefined {
    const command = this.#command(step);
    if (command === undefined) return undefined;
    return { author: step.meddling ? this.#person(step.c) : this.#author(command), command };
  }

  /** Does what is no command of the walk. */
  pass(step: Step): void {
    const { queue } = this;
    if (step.verb === 'join') {
      const role = queue.state.members.get(queue.owner.peer)?.role;
      if (role === 'owner' || role === 'operator') this.people.push(queue.join('printer'));
    } else queue.tick(must([1, 4000, 60_000, 130_000][step.a % 4], 'a time'), step.verb === 'grace');
  }

  #person(n: number): Person {
    return must(this.people[n % this.people.length], 'there is somebody');
  }

  #author(command: Command): Person {
    const { state } = this.queue;
    const of = (peer: string | undefined) =>
      this.people.find((person) => person.peer === peer) ?? this.queue.owner;
    if ('printer' in command) return of(state.printers.get(command.printer)?.peer);
    if (command.type === 'renew') return of(state.prints.get(must(command.prints[0], 'a print'))?.holder);
    if (command.type === 'resolve' || command.type === 'cancel-print') return this.queue.owner;
    if ('print' in command && command.print !== undefined) {
      return of((state.prints.get(command.print) ?? state.history.get(command.print))?.holder);
    }
    return this.queue.owner;
  }

  #command({ verb, a, b, c }: Step): Command | undefined {
    const { state } = this.queue;
    const one = <Id>(ids: Iterable<Id>, otherwise: Id, n = a): Id => {
      const all = [...ids];
      return all[n % Math.max(1, all.length)] ?? otherwise;
    };
    const job = one(state.jobs.keys(), 'no-job' as JobId);
    const printer = one(state.printers.keys(), 'no-printer' as PrinterId, b);
    // Mostly one that goes on, at times one that has ended.
    const ended = c % 5 === 0 && state.history.size > 0;
    const print = one(ended ? state.history.keys() : state.prints.keys(), 'no-print' as PrintId);
    switch (verb) {
      case 'tick':
      case 'grace':
      case 'join':
        return undefined;
      case 'add-job':
        return this.#addJob(a, b, c);
      case 'edit-job':
        return this.#editJob(job, b, c);
      case 'move-job':
        return { type: verb, job, after: b % 4 === 0 ? null : one(state.jobs.keys(), 'no-job' as JobId, b) };
      case 'delete-job':
        return { type: verb, job };
      case 'release-set':
        return { type: verb, set: one(state.sets.keys(), 'no-set' as SetId) };
      case 'decide-copies': {
        const asked = [...state.sets.values()].filter(({ onHold }) => onHold.length > 0);
        const set = asked[a % Math.max(1, asked.length)];
        return {
          type: verb,
          set: set?.id ?? ('no-set' as SetId),
          copies: [set?.onHold[b % set.onHold.length] ?? 1],
          verdict: c % 3 === 0 ? 'take-off' : 'print-again',
        };
      }
      case 'set-printer':
        return this.#printerOf(`printer${a % 4}` as PrinterId, b);
      case 'remove-printer':
      case 'resume-printer':
        return { type: verb, printer };
      case 'set-bed': {
        const known = state.printers.get(printer);
        const lies = known?.bedPrint;
        return {
          type: verb,
          printer,
          bed: a % 3 > 0 ? 'clear' : must(bedStates[c % 3], 'a state'),
          ...(lies === undefined || b % 9 === 0 ? {} : { print: lies }),
          ...(b % 4 === 0 || known === undefined
            ? {}
            : { revision: Math.max(0, known.bedRevision - (b % 5 === 0 ? 1 : 0)) }),
          ...(c % 4 === 0 ? { verdict: a % 2 === 0 ? ('good' as const) : ('failed' as const) } : {}),
        };
      }
      case 'claim':
        return {
          type: verb,
          print: c % 10 === 0 ? print : (`print${this.#names++}` as PrintId),
          set: one(state.sets.keys(), 'no-set' as SetId),
          printer,
        };
      case 'renew':
        return { type: verb, prints: [print, one(state.prints.keys(), print, b)] };
      case 'release':
        if (b % 3 === 0) return { type: verb, print, why: { code: 'cancelled' } };
        if (b % 5 === 0) return { type: verb, print, why: { code: 'too-hot', text: 'too hot' } };
        return { type: verb, print };
      case 'starting':
      case 'started':
      case 'cancel-print':
        return { type: verb, print };
      case 'finish':
        return {
          type: verb,
          print,
          outcome: b % 2 === 0 ? 'good' : must(outcomes[c % 4], 'an outcome'),
          lines: a,
          resends: b,
          seconds: c,
          filamentMm: a,
          ...(a % 7 === 0 && { bed: 'occupied' }),
        };
      case 'resolve':
        return {
          type: verb,
          print,
          verdict: must((['good', 'failed', 'unknown'] as const)[b % 3], 'a verdict'),
        };
      case 'set-settings':
        return { type: verb, settings: this.#settings(a, b) };
      case 'set-member':
        return {
          type: verb,
          peer: this.#person(a).peer,
          role: must(roles[b % 5], 'a role'),
          voter: c % 2 === 0,
        };
      case 'remove-member':
        return { type: verb, peer: this.#person(a).peer };
      case 'add-file':
        return { type: verb, file: `file${a % 4}` as FileId, name: 'again', size: 1, meta: { seconds: b } };
    }
  }

  #addJob(a: number, b: number, c: number): CommandOf<'add-job'> {
    const id = `job${this.#names++}` as JobId;
    return {
      type: 'add-job',
      job: id,
      name: id,
      copies: 1 + (a % 2),
      draft: a % 7 === 0,
      keepTogether: b % 3 === 0,
      sets: this.#sets(id, b, c),
      ...(c % 3 === 0 ? { after: null } : {}),
    };
  }

  #sets(job: JobId, b: number, c: number): CommandOf<'add-job'>['sets'] {
    return Array.from({ length: 1 + (c % 2) }, (_, i) => ({
      set: `${job}.${i}` as SetId,
      file: `file${(b + i) % 2}` as FileId,
      count: 1 + (b % 3),
      requirements: {},
    }));
  }

  #editJob(job: JobId, b: number, c: number): CommandOf<'edit-job'> {
    return {
      type: 'edit-job',
      job,
      ...(b % 2 === 0 ? { copies: 1 + (c % 3) } : {}),
      ...(b % 3 === 0 ? { draft: c % 2 === 0 } : {}),
      ...(b % 5 === 0 ? { keepTogether: c % 2 === 0 } : {}),
      ...(b % 4 === 0 ? { sets: this.#sets(job, c, b) } : {}),
    };
  }

  #printerOf(printer: PrinterId, b: number): CommandOf<'set-printer'> {
    return {
      type: 'set-printer',
      printer,
      name: printer,
      enabled: true,
      autoClear: b % 2 === 0,
      ...(b % 3 === 0 && { surface: 'glass' }),
      ...(b % 5 === 0 && { model: 'MK4' }),
      materials: [],
    };
  }

  #settings(a: number, b: number): SettingsChange {
    return must(
      [
        { lostAfterMs: b % 2 === 0 ? null : 60_000 },
        { claimAhead: b % 3 },
        { retriesMax: b % 4 },
        { retryOn: b % 2 === 0 ? ('any' as const) : ('other' as const) },
        { leaseMs: b % 2 === 0 ? 15_000 : 120_000 },
      ][a % 5],
      'a setting',
    );
  }
}
