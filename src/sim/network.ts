import type { Random } from '../lib/base/index.ts';
import type { Agenda } from './agenda.ts';
import type { Habits } from './habits.ts';

/** Latest arrival of a message that was held up, in ms: several election timeouts. */
const lateMsMax = 6_000;
/** Longest delay once the faults have ended: a group that was given more than it can carry must be able to catch up. */
const calmMsMax = 10;
const idsMax = 4_096;

/** The wire between replicas: it loses, doubles, delays and so reorders, and parts of it can be cut in either direction. */
export class SimNetwork {
  /** While this is set, messages are lost, doubled and held up. */
  isFaulty = true;
  /** Cut links, each in one direction. */
  readonly #cut = new Set<number>();
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #habits: Habits;
  readonly #deliver: (to: number, bytes: Uint8Array) => void;

  constructor(
    agenda: Agenda,
    random: Random,
    habits: Habits,
    deliver: (to: number, bytes: Uint8Array) => void,
  ) {
    this.#agenda = agenda;
    this.#random = random;
    this.#habits = habits;
    this.#deliver = deliver;
  }

  send(from: number, to: number, bytes: Uint8Array): void {
    const random = this.#random;
    const { lost, doubled } = this.#habits;
    if (this.#cut.size > 0 && this.#cut.has(from * idsMax + to)) return;
    if (this.isFaulty && lost > 0 && random.below(1000) < lost) return;
    this.#pass(to, bytes);
    if (this.isFaulty && doubled > 0 && random.below(1000) < doubled) this.#pass(to, bytes);
  }

  /** A request, which a stream carries: it is lost only where the line is cut. */
  request(from: number, to: number, arrive: () => void): void {
    if (this.isCut(from, to)) return;
    this.#agenda.after(this.#random.below(this.#habits.netMs) + 1, arrive);
  }

  /** How long a message takes now, in ms. */
  delayMs(): number {
    const { netMs, late } = this.#habits;
    if (this.isFaulty && late > 0 && this.#random.below(1000) < late) return this.#random.below(lateMsMax);
    return this.#random.below(this.isFaulty ? netMs : Math.min(netMs, calmMsMax)) + 1;
  }

  cut(from: number, to: number): void {
    this.#cut.add(from * idsMax + to);
  }

  isCut(from: number, to: number): boolean {
    return this.#cut.has(from * idsMax + to);
  }

  /** The line between two is whole in both directions. */
  join(a: number, b: number): void {
    this.#cut.delete(a * idsMax + b);
    this.#cut.delete(b * idsMax + a);
  }

  mend(): void {
    this.#cut.clear();
  }

  #pass(to: number, bytes: Uint8Array): void {
    this.#agenda.after(this.delayMs(), () => this.#deliver(to, bytes));
  }
}
