/** How etcd's harness prints things, to the letter. */
import {
  type ConfChangeStep,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  type MessageType,
  type PeerStatus,
  type ReadState,
  type Ready,
  type Role,
  type Snapshot,
  type TrackerConfig,
  type VoteResult,
  appendThread,
  applyThread,
  decodeConfChange,
  nobody,
} from '../lib/raft/index.ts';

export const typeNames: readonly string[] = [
  'MsgHup',
  'MsgBeat',
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
  'MsgForgetLeader',
];

export function typeName(type: MessageType): string {
  return typeNames[type] ?? String(type);
}

export function roleName(role: Role): string {
  switch (role) {
    case 'follower':
      return 'StateFollower';
    case 'candidate':
      return 'StateCandidate';
    case 'leader':
      return 'StateLeader';
    case 'pre-candidate':
      return 'StatePreCandidate';
  }
}

export function describeReady(ready: Ready): string {
  let text = '';
  if (ready.softState !== undefined) {
    text += `Lead:${ready.softState.lead} State:${roleName(ready.softState.role)}\n`;
  }
  if (ready.hardState !== undefined) text += `HardState ${describeHardState(ready.hardState)}\n`;
  if (ready.readStates.length > 0)
    text += `ReadStates [${ready.readStates.map(describeReadState).join(' ')}]\n`;
  if (ready.entries.length > 0) text += `Entries:\n${describeEntries(ready.entries)}`;
  if (ready.snapshot !== undefined) text += `Snapshot ${describeSnapshot(ready.snapshot)}\n`;
  if (ready.committedEntries.length > 0)
    text += `CommittedEntries:\n${describeEntries(ready.committedEntries)}`;
  if (ready.messages.length > 0) {
    text += `Messages:\n${ready.messages.map((message) => `${describeMessage(message)}\n`).join('')}`;
  }
  return text === '' ? '<empty Ready>' : `Ready MustSync=${ready.mustSync}:\n${text}`;
}

function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === nobody ? '' : ` Vote:${vote}`} Commit:${commit}`;
}

function describeReadState({ index, context }: ReadState): string {
  return `{${index} [${[...context].join(' ')}]}`;
}

export function describeMessage(message: Message, indent = ''): string {
  const { from, to, type, term, logTerm, index, entries, responses, snapshot } = message;
  let text = `${indent}${target(from)}->${target(to)} ${typeName(type)} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== nobody) text += ` Vote:${message.vote}`;
  const [only] = entries;
  if (only !== undefined && entries.length === 1) text += ` Entries:[${describeEntry(only)}]`;
  else if (entries.length > 1) {
    text += ` Entries:[${entries.map((entry) => `\n${indent}  ${describeEntry(entry)}`).join('')}\n${indent}]`;
  }
  if (snapshot !== undefined && snapshot.index !== 0) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  if (responses.length > 0) {
    const lines = responses.map((response) => `\n${describeMessage(response, `${indent}  `)}`);
    text += ` Responses:[${lines.join('')}\n${indent}]`;
  }
  return text;
}

function target(id: number): string {
  if (id === nobody) return 'None';
  if (id === appendThread) return 'AppendThread';
  if (id === applyThread) return 'ApplyThread';
  return id.toString(16);
}

function describeSnapshot({ index, term, confState }: Snapshot): string {
  return `Index:${index} Term:${term} ConfState:${describeConfState(confState)}`;
}

function describeConfState(state: ConfState): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = state;
  return (
    `Voters:${list(voters)} VotersOutgoing:${list(votersOutgoing)} Learners:${list(learners)} ` +
    `LearnersNext:${list(learnersNext)} AutoLeave:${autoLeave}`
  );
}

function list(ids: readonly number[]): string {
  return `[${ids.join(' ')}]`;
}

export function describeEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join('');
}

export function describeEntry({ term, index, type, data }: Entry): string {
  if (type === EntryType.Normal) return `${term}/${index} EntryNormal ${quote(data)}`;
  const name = type === EntryType.ConfChange ? 'EntryConfChange' : 'EntryConfChangeV2';
  const change = decodeConfChange(type, data);
  const steps = change === undefined ? 'malformed' : describeSteps(change.steps);
  return `${term}/${index} ${name}${steps === '' ? '' : ` ${steps}`}`;
}

const kindLetters = { 'add-voter': 'v', 'add-learner': 'l', remove: 'r', update: 'u' } as const;

function describeSteps(steps: readonly ConfChangeStep[]): string {
  return steps.map(({ kind, id }) => `${kindLetters[kind]}${id}`).join(' ');
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** What Go shows as it is: letters, marks, numbers, punctuation, symbols, and of all blanks only the ordinary one. */
const shown = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A text in quotes with Go's escapes (`%q`). Bytes that are no UTF-8 are shown one by one. */
export function quote(data: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  for (let at = 0; at < data.length;) {
    const first = data[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let symbol: string | undefined;
    try {
      symbol = decoder.decode(data.subarray(at, at + length));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    text += symbol === undefined ? `\\x${hex(first, 2)}` : (namedEscapes[symbol] ?? escaped(symbol));
    at += symbol === undefined ? 1 : length;
  }
  return `"${text}"`;
}

function escaped(symbol: string): string {
  if (shown.test(symbol)) return symbol;
  const code = symbol.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Members' progress by id, one a line. */
export function describeProgress(progress: ReadonlyMap<number, PeerStatus>): string {
  const ids = [...progress.keys()].sort((a, b) => a - b);
  return ids.map((id) => `${id}: ${describePeer(progress.get(id))}\n`).join('');
}

const stateNames = { probe: 'StateProbe', replicate: 'StateReplicate', snapshot: 'StateSnapshot' } as const;

function describePeer(peer: PeerStatus | undefined): string {
  if (peer === undefined) return '';
  let text = `${stateNames[peer.state]} match=${peer.match} next=${peer.next}`;
  if (peer.isLearner) text += ' learner';
  if (peer.paused) text += ' paused';
  if (peer.pendingSnapshot > 0) text += ` pendingSnap=${peer.pendingSnapshot}`;
  if (!peer.recentActive) text += ' inactive';
  if (peer.inflight > 0) text += ` inflight=${peer.inflight}${peer.inflightFull ? '[full]' : ''}`;
  return text;
}

export function describeConfig(config: TrackerConfig): string {
  let text = `voters=(${config.incoming.join(' ')})`;
  if (config.outgoing.length > 0) text += `&&(${config.outgoing.join(' ')})`;
  if (config.learners.length > 0) text += ` learners=(${config.learners.join(' ')})`;
  if (config.learnersNext.length > 0) text += ` learners_next=(${config.learnersNext.join(' ')})`;
  if (config.autoLeave) text += ' autoleave';
  return text;
}

export function describeVote(result: VoteResult): string {
  return { won: 'VoteWon', pending: 'VotePending', lost: 'VoteLost' }[result];
}

export function describeIndex(index: number): string {
  return index === Infinity ? '∞' : String(index);
}

/** A bar chart of acknowledged indices: the further a voter is, the longer its bar. */
export function describeAcks(voters: readonly number[], ackedOf: (id: number) => number | undefined): string {
  if (voters.length === 0) return '<empty majority quorum>';
  const order = voters.map((id) => ({ id, index: ackedOf(id) ?? 0 }));
  order.sort((a, b) => a.index - b.index || a.id - b.id);
  const bars = new Map<number, number>();
  let bar = 0;
  for (const [i, { id, index }] of order.entries()) {
    const before = order[i - 1];
    // Voters that are equally far have equal bars.
    if (before !== undefined && before.index < index) bar = i;
    bars.set(id, bar);
  }
  const width = voters.length;
  let text = `${' '.repeat(width)}    idx\n`;
  for (const id of voters) {
    const length = bars.get(id) ?? 0;
    const acked = ackedOf(id);
    text +=
      acked === undefined ? `?${' '.repeat(width)}` : `${'x'.repeat(length)}>${' '.repeat(width - length)}`;
    text += ` ${String(acked ?? 0).padStart(5)}    (id=${id})\n`;
  }
  return text;
}
