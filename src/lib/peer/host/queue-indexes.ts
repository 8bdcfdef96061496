import type { Clock, FileId, PeerId, PrinterId } from '../../base/index.ts';
import type { Change, QueueState } from '../../queue/index.ts';
import { Agenda, unattendedMs } from '../../schedule/index.ts';
import { EndedIndex } from './ended-index.ts';
import { JobIndex } from './job-index.ts';
import { searchSlice, searchSliceMs } from '../limits.ts';
import { RowIndex, byName, newestFirst } from './row-index.ts';

/** What is kept in order beside a queue's state, so that nothing walks through all of it. Each part is made when it is first asked for. */
export class QueueIndexes {
  readonly state: QueueState;
  readonly #self: PeerId;
  readonly #clock: Clock;
  #agenda: Agenda | undefined;
  #jobs: JobIndex | undefined;
  #ended: EndedIndex | undefined;
  #printers: RowIndex<PrinterId> | undefined;
  #members: RowIndex<PeerId> | undefined;
  #files: RowIndex<FileId> | undefined;

  constructor(state: QueueState, self: PeerId, clock: Clock) {
    this.state = state;
    this.#self = self;
    this.#clock = clock;
  }

  get agenda(): Agenda {
    this.#agenda ??= new Agenda(this.state);
    return this.#agenda;
  }

  /** How long nobody will be there to clear beds, in ms, by this machine's clock on the wall; undefined while somebody is. */
  get unattendedMs(): number | undefined {
    const now = new Date(this.#clock.wallMs());
    return unattendedMs(this.state.head.settings.night, now.getHours() * 60 + now.getMinutes());
  }

  get jobs(): JobIndex {
    if (this.#jobs === undefined) {
      this.#jobs = new JobIndex(this.state, this.#self);
      // What is small is prepared when somebody searches.
      if (this.state.jobs.size > searchSlice) this.#readAhead(this.#jobs);
    }
    return this.#jobs;
  }

  #readAhead(jobs: JobIndex): void {
    this.#clock.after(searchSliceMs, () => {
      if (jobs.readAhead(searchSlice)) this.#readAhead(jobs);
    });
  }

  get ended(): EndedIndex {
    this.#ended ??= new EndedIndex(this.state);
    return this.#ended;
  }

  /** By name. */
  get printers(): RowIndex<PrinterId> {
    this.#printers ??= new RowIndex(byName, this.state.printers);
    return this.#printers;
  }

  /** By name. */
  get members(): RowIndex<PeerId> {
    this.#members ??= new RowIndex(byName, this.state.members);
    return this.#members;
  }

  /** Newest first. */
  get files(): RowIndex<FileId> {
    this.#files ??= new RowIndex(newestFirst, this.state.files);
    return this.#files;
  }

  /** Must be given the changes of every applied entry. */
  update(changed: readonly Change[]): void {
    this.#agenda?.update(changed);
    this.#jobs?.update(changed);
    this.#ended?.update(changed);
    for (const change of changed) {
      if (change.kind === 'printer') this.#printers?.changed(change.id, this.state.printers.get(change.id));
      else if (change.kind === 'member') this.#members?.changed(change.id, this.state.members.get(change.id));
      else if (change.kind === 'file') this.#files?.changed(change.id, this.state.files.get(change.id));
    }
  }
}
