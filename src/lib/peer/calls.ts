import type { Refusal, RefusalError, Result } from '../base/index.ts';
import type { PeerPrintClient, Settled } from './api.ts';

/** What of the client is no call to the worker: it is done in the page, or goes on for as long as it is wanted. */
type InPage = 'version' | 'watchApp' | 'watchQueue' | 'watchList' | 'printers' | 'close';

/** A call that the worker answers. */
export type CallName = Exclude<keyof PeerPrintClient, InPage>;

/** How a call says no: as commands settle, as a result, or only by rejecting. */
type AnswerOf<Call> = Call extends (...args: never[]) => Promise<infer Answer>
  ? [Answer] extends [Settled]
    ? 'settled'
    : [Answer] extends [Result<unknown>]
      ? 'result'
      : 'plain'
  : never;

/** Every call of `PeerPrintClient`, with its kind of answer. The types hold it complete and true. */
export const calls: { readonly [Name in CallName]: AnswerOf<PeerPrintClient[Name]> } = {
  setName: 'result',
  setRelays: 'result',
  createQueue: 'result',
  previewLink: 'result',
  joinQueue: 'result',
  leaveQueue: 'result',
  orderQueues: 'result',
  goOnFrom: 'result',
  rejoinQueue: 'result',
  makeLink: 'result',
  invite: 'result',
  invitations: 'plain',
  revokeInvitation: 'settled',
  exportQueue: 'result',
  importQueue: 'result',
  pictureOf: 'plain',
  printerNames: 'plain',
  figures: 'result',
  census: 'result',
  previewStrategies: 'result',
  exportHistory: 'result',
  addFile: 'result',
  readFile: 'result',
  addJob: 'settled',
  changeJob: 'settled',
  moveJob: 'settled',
  deleteJob: 'settled',
  duplicateJob: 'settled',
  releaseSet: 'settled',
  decideCopies: 'settled',
  leftPrints: 'plain',
  forgetLeftPrint: 'plain',
  setBed: 'settled',
  enablePrinter: 'settled',
  renamePrinter: 'settled',
  changePrinter: 'settled',
  resumePrinter: 'settled',
  removePrinter: 'settled',
  cancelPrint: 'settled',
  resolvePrint: 'settled',
  setMember: 'settled',
  setVoter: 'settled',
  renameMember: 'settled',
  removeMember: 'settled',
  setSettings: 'settled',
  setQueueRelays: 'settled',
  renameQueue: 'settled',
  diagnostics: 'plain',
};

export function isCall(name: string): name is CallName {
  return Object.hasOwn(calls, name);
}

/** A refusal in the form in which that call says no; undefined where it has none and is rejected. */
export function refusedCall(name: string, { code, message: text }: RefusalError): unknown {
  if (!isCall(name) || calls[name] === 'plain') return undefined;
  const refusal: Refusal = { code, text };
  return calls[name] === 'settled' ? { kind: 'refused', refusal } : { ok: false, refusal };
}
