import { type ConfState, type HardState, MemoryStorage, type Snapshot } from '../../raft/index.ts';

/** The log's tail in memory, with the configuration that the replica begins with. */
export class ReplicaStorage extends MemoryStorage {
  /** Index of the newest change of members that was applied. */
  confIndex = 0;
  readonly #initial: { readonly hardState: HardState; readonly confState: ConfState };

  constructor(hardState: HardState, confState: ConfState) {
    super();
    this.#initial = { hardState, confState };
  }

  override initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return this.#initial;
  }

  /**
   * True when the snapshot at hand is from before the newest change of members. A newcomer ignores a snapshot that does not know it, and
   * would wait for the next one: so a new one is due, and until then there is none.
   */
  lacksMembers(): boolean {
    const index = super.snapshot()?.index ?? 0;
    return index > 0 && index < this.confIndex;
  }

  override snapshot(): Snapshot | undefined {
    return this.lacksMembers() ? undefined : super.snapshot();
  }
}
