import type { JobId, SetId } from '../../lib/base/index.ts';
import {
  type Command,
  type JobSet,
  type Printer,
  type QueueView,
  remainingOf,
} from '../../lib/queue/index.ts';
import { bedAfter, bedWord, isDescribed } from '../../lib/schedule/index.ts';
import type { Browser } from './browser.ts';
import { losesDisks } from './habits.ts';
import type { Room } from './room.ts';
import type { PeersWorld } from './world.ts';

const openJobsMax = 6;
const jobsInAllMax = 25;
/** Room of the printers, mm. */
const sizeMm = { x: 250, y: 210, z: 210 };

/** Those who use the queue: each does something now and then, sensible or not. */
export class People {
  readonly #world: PeersWorld;
  readonly #room: Room;
  #names = 0;
  /** Now they only bring things to an end. */
  calm = false;

  constructor(room: Room) {
    this.#room = room;
    this.#world = room.world;
    for (const browser of room.browsers) this.#next(browser);
  }

  /** Somebody new does their part from now on. */
  welcome(browser: Browser): void {
    this.#next(browser);
  }

  #next(browser: Browser): void {
    const { agenda, random, habits } = this.#world;
    agenda.after(200 + random.below(habits.deedMsMax), () => {
      if (this.calm) return;
      if (browser.isUp) this.#deed(browser);
      this.#next(browser);
    });
  }

  #deed(browser: Browser): void {
    const { random } = this.#world;
    const state = this.#room.hostOf(browser)?.state;
    if (state === undefined) return;
    const choice = random.below(16);
    if (choice < 4) this.#addJob(browser, state);
    else if (choice < 5) this.#editJob(browser, state);
    else if (choice < 6) this.#removeOrMove(browser, state);
    else if (choice < 11) this.#clearBeds(browser, state, 1);
    else if (choice < 12) this.#cancel(browser, state);
    else if (choice < 14) this.#resolve(browser, state);
    else if (choice < 15) this.#overrule(browser, state);
    else this.#odd(browser, state);
  }

  #addJob(browser: Browser, state: QueueView): void {
    const { random, habits } = this.#world;
    const open = [...state.jobs.values()].filter(({ done }) => !done).length;
    if (open >= openJobsMax || this.#names >= jobsInAllMax) return;
    const job = `job-${++this.#names}` as JobId;
    const sets = Array.from({ length: 1 + random.below(2) }, (_, i) => ({
      set: `${job}.${i}` as SetId,
      file: this.#room.setting.files[random.below(this.#room.setting.files.length)] ?? ('' as never),
      count: 1 + random.below(2),
      requirements: {},
    }));
    const command: Command = {
      type: 'add-job',
      job,
      name: `${job} of ${browser.name}`,
      copies: 1 + random.below(2),
      draft: random.below(8) === 0,
      keepTogether: habits.members.length > 1 && random.below(5) === 0,
      sets,
    };
    this.#room.do(browser, command, `adds ${job}`);
  }

  #editJob(browser: Browser, state: QueueView): void {
    const { random } = this.#world;
    const job = one(random.below, [...state.jobs.values()]);
    if (job === undefined) return;
    const change: Command =
      random.below(3) === 0
        ? { type: 'edit-job', job: job.id, draft: !job.draft }
        : { type: 'edit-job', job: job.id, copies: 1 + random.below(3) };
    this.#room.do(browser, change, `edits ${job.id}`);
  }

  #removeOrMove(browser: Browser, state: QueueView): void {
    const { random } = this.#world;
    const jobs = [...state.jobs.values()];
    const job = one(random.below, jobs);
    if (job === undefined) return;
    if (random.below(2) === 0) {
      this.#room.do(browser, { type: 'delete-job', job: job.id }, `deletes ${job.id}`);
      return;
    }
    const after = one(random.below, jobs)?.id ?? null;
    this.#room.do(browser, { type: 'move-job', job: job.id, after }, `moves ${job.id}`);
  }

  /** Goes to printers that stand still, takes off what lies there, and says so. */
  #clearBeds(browser: Browser, state: QueueView, most: number): void {
    const { random } = this.#world;
    let cleared = 0;
    for (const machine of this.#world.machines()) {
      if (cleared >= most) return;
      const printer = state.printers.get(machine.id);
      if (printer === undefined) continue;
      if (!isDescribed(printer)) this.#describe(browser, printer);
      if (machine.under !== undefined) continue;
      if (!machine.part && printer.bed === 'clear') continue;
      if (!this.calm && random.below(2) === 0) continue;
      machine.part = false;
      cleared++;
      const pending = this.#room.hostOf(browser)?.unsettled() ?? [];
      const lies = bedAfter(state, printer, pending).print;
      const ended = lies === undefined ? undefined : state.history.get(lies);
      // What the queue does not know of yet is left to its holder to tell, as a rule.
      const judges = ended !== undefined && !ended.reported && random.below(3) === 0;
      const verdict = judges ? (random.below(3) === 0 ? 'failed' : 'good') : undefined;
      this.#room.do(browser, bedWord(state, printer, pending, 'clear', verdict), `clears ${machine.id}`);
    }
  }

  /** Says what a printer is, and what its peer does not: how large. */
  #describe(browser: Browser, printer: Printer): void {
    const { id, enabled, autoClear, materials } = printer;
    // Its peer introduces it in the same words but for the name: whose words took effect must be told apart.
    const name = `${id}, described`;
    const said = { name, enabled, autoClear, materials: [...materials], sizeMm };
    this.#room.do(browser, { type: 'set-printer', printer: id, ...said }, `describes ${id}`);
  }

  #cancel(browser: Browser, state: QueueView): void {
    const { random } = this.#world;
    const print = one(random.below, [...state.prints.values()]);
    if (print === undefined) return;
    this.#room.do(browser, { type: 'cancel-print', print: print.id }, `cancels ${print.id}`);
  }

  /** Decides about prints that nobody hears of; now and then about one that ended long ago. */
  #resolve(browser: Browser, state: QueueView): void {
    const { random } = this.#world;
    // Where the owner has set a rule, people mostly leave it to that.
    const leaves = state.head.settings.lostAfterMs !== null && random.below(5) > 0;
    // What is held ahead need not have begun: whoever holds it will know.
    const lost = leaves
      ? []
      : [...state.prints.values()].filter(
          ({ lostMs, phase }) => lostMs !== undefined && (phase !== 'ahead' || random.below(4) === 0),
        );
    const ended = random.below(6) === 0 ? [...state.history.values()] : [];
    const print = one(random.below, [...lost, ...ended]);
    if (print === undefined) return;
    const verdict = (['unknown', 'failed', 'good'] as const)[random.below(3)] ?? 'unknown';
    this.#room.do(
      browser,
      { type: 'resolve', print: print.id, verdict },
      `resolves ${print.id} as ${verdict}`,
    );
  }

  /** Answers for copies that somebody cancelled: mostly they are printed again. */
  #decide(browser: Browser, state: QueueView): boolean {
    const asked = [...state.sets.values()].filter(({ onHold }) => onHold.length > 0);
    const { random } = this.#world;
    const set = one(random.below, asked);
    if (set === undefined) return false;
    const verdict = random.below(4) === 0 ? 'take-off' : 'print-again';
    this.#sayOf(browser, set, verdict);
    return true;
  }

  #sayOf(browser: Browser, { id: set, onHold }: JobSet, verdict: 'print-again' | 'take-off'): void {
    const text = `${verdict} for ${onHold.length} of ${set}`;
    this.#room.do(browser, { type: 'decide-copies', set, copies: [...onHold], verdict }, text);
  }

  #overrule(browser: Browser, state: QueueView): void {
    if (this.#world.random.below(2) === 0 && this.#decide(browser, state)) return;
    for (const set of state.sets.values()) {
      if (set.quarantine === undefined) continue;
      this.#room.do(browser, { type: 'release-set', set: set.id }, `releases ${set.id}`);
      return;
    }
    for (const printer of state.printers.values()) {
      if (printer.stopped === undefined) continue;
      this.#room.do(browser, { type: 'resume-printer', printer: printer.id }, `resumes ${printer.id}`);
      return;
    }
  }

  #odd(browser: Browser, state: QueueView): void {
    const { random, habits } = this.#world;
    if (random.below(2) === 0) {
      const settings = { claimAhead: random.below(3) };
      this.#room.do(browser, { type: 'set-settings', settings }, 'changes the settings');
      return;
    }
    // Voters may come and go only where no disk is lost besides.
    if (losesDisks(habits)) return;
    if (random.below(4) === 0) {
      const twoVoters = !state.head.settings.twoVoters;
      const what = `lets ${twoVoters ? 'two of two' : 'one of two'} vote`;
      this.#room.do(browser, { type: 'set-settings', settings: { twoVoters } }, what);
      return;
    }
    const member = one(random.below, [...state.members.values()].slice(1));
    if (member === undefined) return;
    this.#room.do(
      browser,
      { type: 'set-member', peer: member.peer, voter: !member.voter },
      `${member.voter ? 'retires' : 'promotes'} ${member.name}`,
    );
  }

  /** Brings everything to an end, one round of it. */
  tidy(): void {
    const owner = this.#world.browsers.find(
      (browser) => browser.isUp && this.#room.hostOf(browser) !== undefined,
    );
    const state = this.#room.hostOf(owner)?.state;
    if (owner === undefined || state === undefined) return;
    const say = (command: Command, text: string) => this.#room.do(owner, command, text);
    this.#clearBeds(owner, state, Infinity);
    for (const printer of state.printers.values()) {
      const { id: of, autoClear, materials, enabled, peer } = printer;
      // Its peer introduces it in the same words but for the name: whose words took effect must be told apart.
      const name = `${of}, back`;
      // A member that was taken out and is back: its printers were switched off.
      if (!enabled && state.members.has(peer))
        say(
          {
            type: 'set-printer',
            printer: of,
            name,
            autoClear,
            materials: [...materials],
            enabled: true,
            sizeMm,
          },
          `switches ${of} on`,
        );
    }
    for (const { id, stopped } of state.printers.values())
      if (stopped !== undefined) say({ type: 'resume-printer', printer: id }, `resumes ${id}`);
    for (const print of state.prints.values()) {
      const alive = this.#world.machines().some(({ under }) => under?.print === print.id);
      if (print.lostMs !== undefined && !alive)
        say({ type: 'resolve', print: print.id, verdict: 'unknown' }, `resolves ${print.id}`);
    }
    for (const job of state.jobs.values()) {
      if (job.draft || job.done) continue;
      const bound = this.#world.machines().find(({ id }) => id === job.boundTo);
      if (job.keepTogether && bound?.worker === undefined)
        say({ type: 'edit-job', job: job.id, keepTogether: false }, `frees ${job.id}`);
      for (const id of job.sets) {
        const set = state.sets.get(id);
        if (set === undefined || remainingOf(job, set) === 0) continue;
        if (set.onHold.length > 0) this.#sayOf(owner, set, 'print-again');
        if (set.quarantine !== undefined || set.failedOn.length > 0)
          say({ type: 'release-set', set: id }, `releases ${id}`);
      }
    }
  }
}

function one<T>(below: (bound: number) => number, list: readonly T[]): T | undefined {
  return list[below(Math.max(1, list.length))];
}
