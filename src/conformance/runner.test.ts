import { expect, test } from 'vitest';
import { utf8 } from '../lib/base/index.ts';
import { EntryType, MessageType, emptySnapshot, newEntry, newMessage } from '../lib/raft/index.ts';
import { Chance } from './chance.ts';
import { ConfChangeScript } from './conf-change.ts';
import { describeMessage, quote } from './describe.ts';
import { InteractionScript } from './interaction.ts';
import { runQuorum } from './quorum.ts';
import { parseScript, withoutLog } from './script.ts';

/** Runs commands of a cluster script; the output of the last one, without the core's log. */
function play(text: string): string {
  const script = new InteractionScript(new Chance());
  let output = '';
  for (const command of parseScript(`${text.trim().replaceAll(';', '\n----\n\n')}\n----\n`))
    output = script.run(command);
  return output === 'ok' ? output : withoutLog(output);
}

const three = 'add-nodes 3 voters=(1,2,3) index=10';
const led = `${three};campaign 1;stabilize`;

test('data is quoted as Go quotes it', () => {
  expect(quote(utf8('a b"\\'))).toBe('"a b\\"\\\\"');
  expect(quote(utf8('\u0007\b\f\n\r\t\v'))).toBe('"\\a\\b\\f\\n\\r\\t\\v"');
  expect(quote(Uint8Array.of(0, 0x1f, 0x7f))).toBe('"\\x00\\x1f\\x7f"');
  expect(quote(Uint8Array.of(0xff, 0x41, 0xc3))).toBe('"\\xffA\\xc3"');
  expect(quote(utf8('é€😀'))).toBe('"é€😀"');
  expect(quote(utf8('\u00a0\u200b\u{e0001}\ufeff'))).toBe('"\\u00a0\\u200b\\U000e0001\\ufeff"');
});

test('every part of a message is shown, and responses are indented', () => {
  const message = newMessage(MessageType.StorageAppend, -1, 10, 3);
  message.logTerm = 2;
  message.index = 7;
  message.commit = 6;
  message.vote = 4;
  message.entries = [newEntry(3, 8, EntryType.Normal, utf8('x')), newEntry(3, 9, EntryType.Normal, utf8(''))];
  message.snapshot = { ...emptySnapshot, index: 5, term: 2 };
  const response = newMessage(MessageType.AppResp, 11, 10, 3);
  response.reject = true;
  response.rejectHint = 4;
  message.responses = [response];
  expect(describeMessage(message)).toBe(
    [
      'a->AppendThread MsgStorageAppend Term:3 Log:2/7 Commit:6 Vote:4 Entries:[',
      '  3/8 EntryNormal "x"',
      '  3/9 EntryNormal ""',
      ']',
      '  Snapshot: Index:5 Term:2 ConfState:Voters:[] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false Responses:[',
      '  a->b MsgAppResp Term:3 Log:0/0 Rejected (Hint: 4)',
      ']',
    ].join('\n'),
  );
});

test('every message type of etcd has its name', () => {
  for (const type of Object.values(MessageType)) {
    const text = describeMessage(newMessage(type, 1, 2, 1));
    expect(text).toMatch(/^2->1 Msg[A-Z]\w+ Term:1 Log:0\/0$/);
  }
});

test('an error is shown on every level, other output not on level none', () => {
  expect(play(`${three};propose 1 foo`)).toBe('raft proposal dropped');
  expect(play(`log-level none;${three};propose 1 foo`)).toBe('raft proposal dropped');
  expect(play(`log-level none;${led};propose-conf-change 2 v1=x`)).toBe(
    'strconv.ParseBool: parsing "x": invalid syntax',
  );
  expect(play(`log-level none;${led};raft-state`)).toBe('ok');
  expect(play(`log-level loud`)).toBe('log levels must be either of [DEBUG INFO WARN ERROR FATAL NONE]');
  expect(play(`log-level NONE`)).toBe('ok');
});

test('commands that go wrong say what etcd says', () => {
  expect(play('add-nodes 1 voters=(1) index=1')).toBe('index must be specified as > 1 due to bootstrap');
  expect(play('add-nodes 1 voters=(1) index=3 read-only=no')).toBe('invalid read-only option "no"');
  expect(play(`${led};compact 1 10`)).toBe('requested index is unavailable due to compaction');
  expect(play(`${led};propose-conf-change 1 transition=never`)).toBe('unknown transition never');
  expect(play(`${led};propose-conf-change 1 speed=fast`)).toBe('unknown command speed');
  expect(play(`${led};propose-conf-change 1\nv`)).toBe('unknown token v');
  expect(play(`${led};propose-conf-change 1\nx4`)).toBe('unknown input: x4');
  expect(play(`${led};propose-conf-change 1\nvv`)).toBe('strconv.ParseUint: parsing "v": invalid syntax');
  expect(play(`${led};propose-conf-change 1 v1=true\nv4 v5`)).toBe(
    'v1 conf change can only have one operation and no transition',
  );
  expect(play(`${led};report-unreachable 1`)).toContain('exactly two node indexes');
  expect(play('fly 1')).toBe('unknown command');
});

test('a breakpoint does nothing', () => {
  expect(play('_breakpoint')).toBe('ok');
});

test('a node without work says so', () => {
  expect(play(`${three};process-ready 1`)).toBe('<empty Ready>');
  expect(play(`${three};deliver-msgs 1 2`)).toBe('no messages\n');
  expect(play(`add-nodes 1 voters=(1) index=3 async-storage-writes=true;process-append-thread 1`)).toBe(
    'no append work to perform',
  );
  expect(play(`add-nodes 1 voters=(1) index=3 async-storage-writes=true;process-apply-thread 1`)).toBe(
    'no apply work to perform',
  );
  expect(play(`${three};raft-log 2`)).toBe('log is empty: first index=11, last index=10');
  expect(play(`${three};status 2`)).toBe('ok');
});

test('messages are dropped by recipient and type, but never those that a node sends itself', () => {
  expect(play(`${three};campaign 1;process-ready 1;deliver-msgs drop=(2,3)`)).toBe(
    'dropped: 1->2 MsgVote Term:1 Log:1/10\ndropped: 1->3 MsgVote Term:1 Log:1/10\n',
  );
  expect(play(`${three};campaign 1;process-ready 1;deliver-msgs 2 type=MsgApp`)).toBe('no messages\n');
  expect(
    play(
      'add-nodes 1 voters=(1) index=3 async-storage-writes=true;campaign 1;process-ready 1;process-append-thread 1;deliver-msgs drop=1',
    ),
  ).toBe('no messages\n');
});

test('messages to nodes that do not exist yet can be dropped', () => {
  const script = `add-nodes 1 voters=(1) index=3;campaign 1;stabilize;propose-conf-change 1\nv2;stabilize;deliver-msgs drop=2`;
  expect(play(script)).toContain('dropped: 1->2 MsgApp');
});

test('a snapshot is sent by hand, and several nodes are handled under a heading each', () => {
  expect(play(`${led};send-snapshot 1 3`)).toBe(
    '1->3 MsgSnap Term:1 Log:0/0\n  Snapshot: Index:11 Term:1 ConfState:Voters:[1 2 3] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false',
  );
  expect(play(`${three};campaign 1;process-ready 1 2`)).toBe(
    '> 1 handling Ready\n  Ready MustSync=true:\n  Lead:0 State:StateCandidate\n  HardState Term:1 Vote:1 Commit:10\n  Messages:\n  1->2 MsgVote Term:1 Log:1/10\n  1->3 MsgVote Term:1 Log:1/10\n> 2 handling Ready\n  <empty Ready>\n',
  );
});

test('a proposal and a transfer asked of a follower go to the leader with their marks', () => {
  expect(play(`${led};propose 2 foo;process-ready 2`)).toContain(
    '2->1 MsgProp Term:0 Log:0/0 Entries:[0/0 EntryNormal "foo"]',
  );
  const script = `${led};transfer-leadership from=2 to=3;stabilize;raft-state`;
  expect(play(script)).toBe(
    '1: StateFollower (Voter) Term:2 Lead:3\n2: StateFollower (Voter) Term:2 Lead:3\n3: StateLeader (Voter) Term:2 Lead:3\n',
  );
});

test('a removed leader steps down if it is told to, otherwise it leads on as no voter', () => {
  const remove = 'campaign 1;stabilize;propose-conf-change 1\nr1;stabilize;raft-state';
  expect(play(`${three};${remove}`)).toContain('1: StateLeader (Non-Voter) Term:1 Lead:1');
  expect(play(`${three} step-down-on-removal=true;${remove}`)).toContain(
    '1: StateFollower (Non-Voter) Term:1 Lead:0',
  );
});

test('a full window shows as such, and an unreachable member is probed', () => {
  const full = `add-nodes 2 voters=(1,2) index=10 inflight=2;campaign 1;stabilize;propose 1 a;propose 1 b;propose 1 c;status 1`;
  expect(play(full)).toBe(
    '1: StateReplicate match=11 next=12\n2: StateReplicate match=11 next=14 paused inflight=2[full]\n',
  );
  expect(play(`${full};report-unreachable 1 2;status 1`)).toContain('2: StateProbe match=11 next=12\n');
});

test('a leader that hears from nobody steps down by the quorum check', () => {
  const script = `add-nodes 3 voters=(1,2,3) index=10 checkquorum=true;campaign 1;stabilize;tick-election 1;tick-election 1;raft-state`;
  expect(play(script)).toContain('1: StateFollower (Voter) Term:1 Lead:0');
});

test('a vote request within the lease is ignored, and goes through once the leader is forgotten', () => {
  const start = `add-nodes 3 voters=(1,2,3) index=10 prevote=true checkquorum=true;campaign 1;stabilize`;
  expect(play(`${start};campaign 2;stabilize;raft-state`)).toContain('1: StateLeader (Voter) Term:1 Lead:1');
  expect(play(`${start};forget-leader 3;campaign 2;stabilize 2 3;raft-state`)).toContain(
    '2: StateLeader (Voter) Term:2 Lead:2',
  );
});

test('a set election timeout counts', () => {
  const ticks = 'tick-heartbeat 2;'.repeat(4);
  expect(
    play(`${three};set-randomized-election-timeout 2 timeout=5;${ticks}tick-heartbeat 2;raft-state`),
  ).toContain('2: StateCandidate');
  expect(play(`${three};set-randomized-election-timeout 2 timeout=5;${ticks}raft-state`)).toContain(
    '2: StateFollower',
  );
});

test('a member that is behind a compaction gets a snapshot, and is followed up', () => {
  const script = `${three};campaign 1;stabilize 1 2;deliver-msgs drop=3;propose 1 a;stabilize 1 2;deliver-msgs drop=3;compact 1 12;tick-heartbeat 1;process-ready 1;stabilize 1 3;status 1`;
  expect(play(script)).toMatch(/3: StateReplicate match=12 next=13\n$/);
});

test('quorum scripts with too few inputs say how many voters there are', () => {
  const [vote] = parseScript('vote cfg=(1,2) votes=(y,n,_)\n----\n');
  const [committed] = parseScript('committed cfg=(1,2) idx=(_)\n----\n');
  if (vote === undefined || committed === undefined) throw new Error('two commands');
  expect(runQuorum(vote)).toBe('error: mismatched input (explicit or _) for voters map[1:{} 2:{}]: [2 1 0]');
  expect(runQuorum(committed)).toBe('error: mismatched input (explicit or _) for voters map[1:{} 2:{}]: [0]');
});

test('a change script without steps leaves the members alone', () => {
  const [simple] = parseScript('simple\nv1\n----\n');
  const [none] = parseScript('simple\n----\n');
  if (simple === undefined || none === undefined) throw new Error('two commands');
  const script = new ConfChangeScript();
  expect(script.run(simple)).toBe(script.run(none));
});
