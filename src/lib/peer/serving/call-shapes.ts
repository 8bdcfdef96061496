import * as v from 'valibot';
import { type Refusal, shape } from '../../base/index.ts';
import type { CallName } from '../calls.ts';
import { callIdCharsMax, callListMax, callTextCharsMax } from '../limits.ts';

/**
 * What pages hand over, as far as the peer reads it before the queue's own rules do. Other software on a page may call too, in any
 * language and by mistake: it is told what is wrong, by a refusal.
 */
const text = v.pipe(v.string(), v.maxLength(callTextCharsMax));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(callIdCharsMax));
const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(callListMax));
const number = v.pipe(v.number(), v.finite());
const set = v.looseObject({ file: id, count: number });
const queue = v.tuple([id]);
const ofQueue = v.tuple([id, id]);
const nothing = v.tuple([]);

const shapes: { readonly [Name in CallName]: v.GenericSchema } = {
  setName: v.tuple([text]),
  setRelays: v.tuple([list(text)]),
  createQueue: v.tuple([v.looseObject({ name: text, lan: v.boolean() })]),
  previewLink: v.tuple([text]),
  joinQueue: v.tuple([text]),
  leaveQueue: v.tuple([id, v.optional(v.looseObject({ anyway: v.optional(v.boolean()) }))]),
  orderQueues: v.tuple([list(id)]),
  goOnFrom: queue,
  rejoinQueue: queue,
  makeLink: v.tuple([
    id,
    v.looseObject({ role: v.picklist(['trusted', 'guest']), lifeMs: number, origin: text }),
  ]),
  invite: v.tuple([
    id,
    v.looseObject({
      role: v.picklist(['operator', 'printer', 'submitter', 'viewer']),
      voter: v.boolean(),
      lifeMs: number,
      usesMax: number,
      note: text,
      origin: text,
    }),
  ]),
  invitations: queue,
  revokeInvitation: ofQueue,
  exportQueue: queue,
  importQueue: v.tuple([v.instance(Blob)]),
  pictureOf: ofQueue,
  printerNames: queue,
  figures: queue,
  census: queue,
  previewStrategies: queue,
  exportHistory: v.tuple([id, v.picklist(['csv', 'totals-csv', 'json'])]),
  addFile: v.tuple([id, v.instance(File)]),
  readFile: ofQueue,
  addJob: v.tuple([id, v.looseObject({ name: text, sets: list(set) })]),
  changeJob: v.tuple([id, id, v.looseObject({ name: v.optional(text), sets: v.optional(list(set)) })]),
  moveJob: v.tuple([id, id, v.union([v.null(), id, v.looseObject({ place: number })])]),
  deleteJob: ofQueue,
  duplicateJob: ofQueue,
  releaseSet: ofQueue,
  decideCopies: v.tuple([id, id, list(number), v.picklist(['print-again', 'take-off'])]),
  leftPrints: nothing,
  forgetLeftPrint: v.tuple([id]),
  setBed: v.tuple([id, id, v.picklist(['clear', 'occupied']), v.optional(v.picklist(['good', 'failed']))]),
  enablePrinter: v.tuple([id, id, v.boolean()]),
  renamePrinter: v.tuple([id, id, text]),
  changePrinter: v.tuple([
    id,
    id,
    v.looseObject({ name: v.optional(text), materials: v.optional(list(v.looseObject({}))) }),
  ]),
  resumePrinter: ofQueue,
  removePrinter: ofQueue,
  cancelPrint: v.tuple([id, id, text]),
  resolvePrint: v.tuple([id, id, v.picklist(['good', 'failed', 'lost'])]),
  setMember: v.tuple([id, id, text]),
  setVoter: v.tuple([id, id, v.boolean()]),
  renameMember: v.tuple([id, id, text]),
  removeMember: ofQueue,
  setSettings: v.tuple([id, v.looseObject({})]),
  setQueueRelays: v.tuple([id, list(text)]),
  renameQueue: v.tuple([id, text]),
  diagnostics: nothing,
};

/** What is wrong with the arguments of a call: code `bad-argument`. Undefined when they are fit to be read. */
export function unfitArguments(call: CallName, args: readonly unknown[]): Refusal | undefined {
  const shaped = shape(shapes[call], args);
  if (shaped.ok) return undefined;
  return {
    code: 'bad-argument',
    text: `“${call}” was called with something that it does not take. Argument ${shaped.refusal.text}.`,
  };
}
