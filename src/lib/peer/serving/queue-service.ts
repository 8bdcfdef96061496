import {
  type FileId,
  type JobId,
  type PeerId,
  type QueueId,
  type Random,
  type Refusal,
  type Result,
  type SetId,
  hex,
  ok,
  refuse,
} from '../../base/index.ts';
import {
  type Command,
  type Role,
  type SetSpec,
  type SettingsChange,
  grants,
  queueLimits,
  roleMay,
  roles,
} from '../../queue/index.ts';
import type {
  CensusView,
  Figures,
  HistoryFormat,
  InvitationView,
  JobChange,
  JobPlace,
  LinkRole,
  NewInvitation,
  NewJob,
  PrinterName,
  SetSpecView,
  ShareLink,
} from '../api.ts';
import { figuresOf } from './figures.ts';
import { historyAsCsv, historyAsJson, totalsAsCsv } from './history-export.ts';
import { invitationsOf, invite } from '../members/inviting.ts';
import { linkUsesMax } from '../limits.ts';
import { strategyPreviews } from './strategy-previews.ts';
import type { Peer } from '../peer.ts';
import type { QueueHost } from '../host/queue-host.ts';
import type { PreviewFacts, SettledFacts } from '../view-facts.ts';

const unknownQueue: Refusal = {
  code: 'queue-not-found',
  text: 'This queue is not open in this browser. Open its link again.',
};

/** What the pages ask of a queue: its jobs, its people, its settings and its figures. */
export class QueueService {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  addJob(queue: QueueId, job: NewJob): Promise<SettledFacts> {
    const { random, clock } = this.#peer.ports;
    const name = job.name.trim() === '' ? 'Untitled' : job.name.trim();
    return this.#submit(
      queue,
      {
        type: 'add-job',
        job: newId<JobId>(random),
        name,
        copies: job.copies ?? 1,
        draft: job.draft ?? false,
        keepTogether: job.keepTogether ?? false,
        notes: job.notes ?? '',
        ...(job.dueWallMs === undefined ? {} : { dueMs: job.dueWallMs }),
        wallMs: Math.floor(clock.wallMs()),
        sets: job.sets.map((set) => specOf(random, { ...set, set: newId<SetId>(random) })),
      },
      `Add job ${name}`,
    );
  }

  changeJob(queue: QueueId, job: JobId, change: JobChange): Promise<SettledFacts> {
    const { dueWallMs, sets, name, ...rest } = change;
    return this.#submit(
      queue,
      {
        type: 'edit-job',
        job,
        ...rest,
        ...(name === undefined ? {} : { name: name.trim() }),
        ...(dueWallMs === undefined ? {} : { dueMs: dueWallMs }),
        ...(sets === undefined ? {} : { sets: sets.map((set) => specOf(this.#peer.ports.random, set)) }),
      },
      'Change a job',
    );
  }

  moveJob(queue: QueueId, job: JobId, to: JobPlace): Promise<SettledFacts> {
    const after = to === null || typeof to === 'string' ? to : this.#before(queue, job, to.place);
    return this.#submit(queue, { type: 'move-job', job, after }, 'Move a job');
  }

  deleteJob(queue: QueueId, job: JobId): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'delete-job', job }, 'Delete a job');
  }

  duplicateJob(queue: QueueId, job: JobId): Promise<SettledFacts> {
    const state = this.#host(queue)?.state;
    const known = state?.jobs.get(job);
    if (state === undefined || known === undefined) {
      return refused('job-not-found', 'The queue does not have this job any more.');
    }
    const { random, clock } = this.#peer.ports;
    const me = state.members.get(this.#peer.identity.peer);
    // Who only submits may not put a job before those of others: the copy goes to the end.
    const operates = me !== undefined && roleMay(me.role, 'operate');
    const sets = known.sets.map((id) => state.sets.get(id)).filter((set) => set !== undefined);
    return this.#submit(
      queue,
      {
        type: 'add-job',
        job: newId<JobId>(random),
        name: known.name,
        copies: known.copies,
        draft: true,
        keepTogether: known.keepTogether,
        notes: known.notes,
        ...(known.dueMs === undefined ? {} : { dueMs: known.dueMs }),
        ...(operates ? { after: job } : {}),
        wallMs: Math.floor(clock.wallMs()),
        sets: sets.map(({ file, count, requirements }) => ({
          set: newId<SetId>(random),
          file,
          count,
          requirements,
        })),
      },
      `Duplicate ${known.name}`,
    );
  }

  releaseSet(queue: QueueId, set: SetId): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'release-set', set }, 'Print a set again');
  }

  decideCopies(
    queue: QueueId,
    set: SetId,
    copies: readonly number[],
    verdict: 'print-again' | 'take-off',
  ): Promise<SettledFacts> {
    const text = verdict === 'print-again' ? 'Print cancelled copies again' : 'Take cancelled copies off';
    // A set of which more were cancelled is asked about again.
    const some = copies.slice(0, queueLimits.decideCopiesMax);
    return this.#submit(queue, { type: 'decide-copies', set, copies: some, verdict }, text);
  }

  setMember(queue: QueueId, peer: PeerId, role: string): Promise<SettledFacts> {
    // "Trusted" and "guest" are the two kinds of link; other words are the queue's own roles.
    if (role === 'trusted' || role === 'guest') {
      return this.#submit(queue, { type: 'set-member', peer, ...grants[role] }, 'Change a role');
    }
    const known = roles.find((each): each is Role => each === role);
    if (known === undefined) return refused('unknown-role', `There is no role “${role}”.`);
    return this.#submit(queue, { type: 'set-member', peer, role: known }, 'Change a role');
  }

  setVoter(queue: QueueId, peer: PeerId, voter: boolean): Promise<SettledFacts> {
    return this.#submit(
      queue,
      { type: 'set-member', peer, voter },
      voter ? 'Let a peer vote' : 'Retire a voter',
    );
  }

  renameMember(queue: QueueId, peer: PeerId, name: string): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'rename-member', peer, name: name.trim() }, 'Rename a peer');
  }

  removeMember(queue: QueueId, peer: PeerId): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'remove-member', peer }, 'Remove a peer');
  }

  makeLink(
    queue: QueueId,
    { role, lifeMs, origin }: { readonly role: LinkRole; readonly lifeMs: number; readonly origin: string },
  ): Promise<Result<ShareLink>> {
    return this.invite(queue, { ...grants[role], lifeMs, origin, usesMax: linkUsesMax, note: '' });
  }

  async invite(
    queue: QueueId,
    options: NewInvitation & { readonly origin: string },
  ): Promise<Result<ShareLink>> {
    const host = this.#host(queue);
    return host === undefined
      ? refuse(unknownQueue.code, unknownQueue.text)
      : invite(this.#peer, host, options);
  }

  async invitations(queue: QueueId): Promise<readonly InvitationView[]> {
    const host = this.#host(queue);
    return host === undefined ? [] : invitationsOf(host, this.#peer.ports.clock.wallMs());
  }

  revokeInvitation(queue: QueueId, invitation: string): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'revoke-invitation', invitation }, 'Revoke an invitation');
  }

  setSettings(queue: QueueId, settings: SettingsChange): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'set-settings', settings }, 'Change the queue’s rules');
  }

  setQueueRelays(queue: QueueId, addresses: readonly string[]): Promise<SettledFacts> {
    return this.#submit(
      queue,
      { type: 'set-relays', addresses: [...addresses] },
      'Change the queue’s relays',
    );
  }

  renameQueue(queue: QueueId, name: string): Promise<SettledFacts> {
    return this.#submit(queue, { type: 'rename-queue', name: name.trim() }, 'Rename the queue');
  }

  pictureOf(_queue: QueueId, file: FileId): Promise<string | undefined> {
    return this.#peer.files.pictures.of(file);
  }

  async printerNames(queue: QueueId): Promise<readonly PrinterName[]> {
    const host = this.#host(queue);
    if (host === undefined) return [];
    return [...host.indexes.printers.ids()].flatMap((id) => {
      const printer = host.state.printers.get(id);
      return printer === undefined ? [] : [{ printer: id, name: printer.name, model: printer.model }];
    });
  }

  async figures(queue: QueueId): Promise<Result<Figures>> {
    const host = this.#host(queue);
    if (host === undefined) return refuse(unknownQueue.code, unknownQueue.text);
    return ok(figuresOf(host.state));
  }

  async previewStrategies(queue: QueueId): Promise<Result<readonly PreviewFacts[]>> {
    const host = this.#host(queue);
    if (host === undefined) return refuse(unknownQueue.code, unknownQueue.text);
    return ok(strategyPreviews(host, this.#peer.identity.peer));
  }

  /** How many peers are awake and what they do, by asking some of them. Codes: `queue-not-found`. */
  async census(queue: QueueId): Promise<Result<CensusView>> {
    const census = await this.#host(queue)?.part.census.poll();
    if (census === undefined) return refuse(unknownQueue.code, unknownQueue.text);
    const { peers, deviation, byState, answers, overflowed } = census;
    return ok({ peers, deviation, ...byState, answers, overflowed });
  }

  async exportHistory(queue: QueueId, format: HistoryFormat): Promise<Result<Blob>> {
    const host = this.#host(queue);
    if (host === undefined) return refuse(unknownQueue.code, unknownQueue.text);
    const text = { csv: historyAsCsv, 'totals-csv': totalsAsCsv, json: historyAsJson }[format](host.state);
    return ok(new Blob([text], { type: format === 'json' ? 'application/json' : 'text/csv;charset=utf-8' }));
  }

  /** The job behind which another one stands at a place: places are counted without it. */
  #before(queue: QueueId, job: JobId, place: number): JobId | null {
    const jobs = this.#host(queue)?.indexes.jobs;
    if (jobs === undefined || place <= 0) return null;
    const now = jobs.placeOf(job);
    const last = Math.max(0, jobs.counts().all - 1);
    const target = Math.min(place, last);
    return jobs.at(target > now ? target : target - 1) ?? null;
  }

  #submit(queue: QueueId, command: Command, text: string): Promise<SettledFacts> {
    const host = this.#host(queue);
    if (host === undefined) return Promise.resolve({ kind: 'refused', refusal: unknownQueue });
    return host.submit(command, text);
  }

  #host(queue: QueueId): QueueHost | undefined {
    return this.#peer.hosts.get(queue);
  }
}

function refused(code: string, text: string): Promise<SettledFacts> {
  return Promise.resolve({ kind: 'refused', refusal: { code, text } });
}

function newId<Id extends string>(random: Random): Id {
  return hex(random.bytes(10)) as Id;
}

function specOf(random: Random, set: SetSpecView): SetSpec {
  return {
    set: set.set ?? newId<SetId>(random),
    file: set.file,
    count: set.count,
    requirements: set.requirements ?? {},
  };
}
