import type { PrintId, QueueView } from './types.ts';

/** Whose turn it is: how many copies each submitter has on printers, and who was served when. */
export class Turns {
  readonly #view: QueueView;
  /** Who submitted each print under way. */
  readonly #prints = new Map<PrintId, string>();
  readonly #underWay = new Map<string, number>();
  readonly #served = new Map<string, number>();
  #turn = 0;

  constructor(view: QueueView) {
    this.#view = view;
    // In the order in which they ended: about that in which they were served, and all that a peer knows that was just opened.
    for (const { submitter, set } of view.history.values())
      if (view.sets.has(set)) this.#served.set(submitter, this.#turn++);
    for (const id of view.prints.keys()) this.follow(id);
  }

  /** Must be told of every print that began or ended. */
  follow(id: PrintId): void {
    const print = this.#view.prints.get(id);
    const known = this.#prints.get(id);
    if ((print === undefined) === (known === undefined)) return;
    if (print === undefined) {
      const by = known ?? '';
      const left = (this.#underWay.get(by) ?? 1) - 1;
      if (left > 0) this.#underWay.set(by, left);
      else this.#underWay.delete(by);
      this.#prints.delete(id);
      return;
    }
    const by = this.#view.jobs.get(print.job)?.by ?? '';
    this.#prints.set(id, by);
    this.#underWay.set(by, (this.#underWay.get(by) ?? 0) + 1);
    this.#served.set(by, this.#turn++);
  }

  /** Who has the fewest copies on printers comes first; of those, who was served longest ago. */
  compare(a: string, b: string): number {
    return (
      (this.#underWay.get(a) ?? 0) - (this.#underWay.get(b) ?? 0) ||
      (this.#served.get(a) ?? -1) - (this.#served.get(b) ?? -1)
    );
  }
}
