import { type Refusal, utf8 } from '../lib/base/index.ts';
import { type ConfTransition, MessageType, emptySnapshot, newMessage, noBytes } from '../lib/raft/index.ts';
import type { Chance } from './chance.ts';
import { Cluster, type NodeSettings, electionTicks, heartbeatTicks } from './cluster.ts';
import { parseSteps } from './conf-change.ts';
import { describeMessage, describeProgress, roleName, typeNames } from './describe.ts';
import { type Argument, type Command, ScriptError, boolean, integer } from './script.ts';

/** Plays a script of a whole cluster. */
export class InteractionScript {
  readonly #cluster: Cluster;

  constructor(chance: Chance) {
    this.#cluster = new Cluster(chance);
  }

  run(command: Command): string {
    const { output } = this.#cluster;
    output.take();
    try {
      this.#route(command);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      // Errors are printed on every level.
      if (output.quiet) return error.message;
      output.write(error.message);
    }
    const text = output.take();
    return text === '' ? 'ok' : text;
  }

  #route({ name, args, input }: Command): void {
    const cluster = this.#cluster;
    switch (name) {
      case '_breakpoint':
        return;
      case 'add-nodes':
        return this.#addNodes(args);
      case 'campaign':
        return this.#raw(args).campaign();
      case 'compact': {
        fail(cluster.node(id(args)).storage.compact(integer(args[1]?.key)));
        return cluster.printLog(id(args));
      }
      case 'deliver-msgs':
        return this.#deliver(args);
      case 'process-ready':
        return this.#each(args, 'handling Ready', (node) => cluster.processReady(node));
      case 'process-append-thread':
        return this.#each(args, 'processing append thread', (node) => cluster.processAppendThread(node));
      case 'process-apply-thread':
        return this.#each(args, 'processing apply thread', (node) => cluster.processApplyThread(node));
      case 'log-level':
        return cluster.output.setLevel(args[0]?.key ?? '');
      case 'raft-log':
        return cluster.printLog(id(args));
      case 'raft-state':
        return this.#printStates();
      case 'set-randomized-election-timeout':
        return cluster.setElectionTimeout(id(args), integer(valueOf(args, 'timeout')));
      case 'stabilize':
        return this.#stabilize(args);
      case 'status':
        return cluster.output.write(describeProgress(this.#raw(args).status().progress));
      case 'tick-election':
        return this.#tick(args, electionTicks);
      case 'tick-heartbeat':
        return this.#tick(args, heartbeatTicks);
      case 'transfer-leadership': {
        const from = cluster.node(integer(valueOf(args, 'from')));
        return from.raw.transferLeader(integer(valueOf(args, 'to')));
      }
      case 'forget-leader':
        return this.#raw(args).forgetLeader();
      case 'send-snapshot':
        return this.#sendSnapshot(id(args), integer(args[1]?.key));
      case 'propose':
        return fail(this.#raw(args).propose(utf8(args[1]?.key ?? '')));
      case 'propose-conf-change':
        return this.#proposeConfChange(args, input);
      case 'report-unreachable': {
        const [on, reported, ...others] = ids(args);
        if (on === undefined || reported === undefined || others.length > 0) {
          throw new ScriptError(
            'must specify exactly two node indexes: node on which to report, and reported node',
          );
        }
        return cluster.node(on).raw.reportUnreachable(cluster.node(reported).raw.id);
      }
      default:
        throw new ScriptError('unknown command');
    }
  }

  #raw(args: readonly Argument[]) {
    return this.#cluster.node(id(args)).raw;
  }

  #addNodes(args: readonly Argument[]): void {
    const settings: NodeSettings = {
      asyncStorageWrites: false,
      preVote: false,
      checkQuorum: false,
      committedBytesMax: Infinity,
      inflightMessagesMax: 2 ** 31 - 1,
      disableConfChangeValidation: false,
      readMode: 'safe',
      stepDownOnRemoval: false,
    };
    let index = 0;
    let data = noBytes;
    const voters: number[] = [];
    const learners: number[] = [];
    for (const { key, values } of args.slice(1)) {
      const [value] = values;
      if (key === 'voters') voters.push(...values.map(integer));
      else if (key === 'learners') learners.push(...values.map(integer));
      else if (key === 'inflight') settings.inflightMessagesMax = integer(value);
      else if (key === 'index') index = integer(value);
      else if (key === 'content') data = utf8(value ?? '');
      else if (key === 'async-storage-writes') settings.asyncStorageWrites = boolean(value);
      else if (key === 'prevote') settings.preVote = boolean(value);
      else if (key === 'checkquorum') settings.checkQuorum = boolean(value);
      else if (key === 'max-committed-size-per-ready')
        settings.committedBytesMax = integer(value) || Infinity;
      else if (key === 'disable-conf-change-validation')
        settings.disableConfChangeValidation = boolean(value);
      else if (key === 'step-down-on-removal') settings.stepDownOnRemoval = boolean(value);
      else if (key === 'read-only') settings.readMode = readMode(value);
    }
    const confState = { ...emptySnapshot.confState, voters, learners };
    this.#cluster.addNodes(integer(args[0]?.key), settings, { index, term: 0, confState, data }, index);
  }

  #deliver(args: readonly Argument[]): void {
    let type: MessageType | undefined;
    const recipients: { id: number; drop: boolean }[] = [];
    for (const { key, values } of args) {
      if (values.length === 0) recipients.push({ id: integer(key), drop: false });
      else if (key === 'drop')
        for (const value of values) recipients.push({ id: integer(value), drop: true });
      else if (key === 'type') type = messageType(values[0] ?? '');
    }
    let count = 0;
    for (const recipient of recipients) count += this.#cluster.deliver(recipient.id, type, recipient.drop);
    if (count === 0) this.#cluster.output.write('no messages\n');
  }

  /** Runs something for each node named; with a heading if there are several. */
  #each(args: readonly Argument[], heading: string, run: (node: number) => void): void {
    const nodes = ids(args);
    const { output } = this.#cluster;
    for (const node of nodes) {
      if (nodes.length === 1) run(node);
      else {
        output.write(`> ${node} ${heading}\n`);
        output.indented(() => run(node));
      }
    }
  }

  #stabilize(args: readonly Argument[]): void {
    const { output, nodes } = this.#cluster;
    const before = output.level;
    const level = args.find(({ key }) => key === 'log-level')?.values[0];
    if (level !== undefined) output.setLevel(level);
    const named = ids(args);
    try {
      this.#cluster.stabilize(named.length > 0 ? named : nodes.map(({ raw }) => raw.id));
    } finally {
      output.level = before;
    }
  }

  #printStates(): void {
    for (const { raw } of this.#cluster.nodes) {
      const { id: node, role, term, lead, config } = raw.status();
      const votes = config.incoming.includes(node) || config.outgoing.includes(node);
      const kind = votes ? '(Voter)' : '(Non-Voter)';
      this.#cluster.output.write(`${node}: ${roleName(role)} ${kind} Term:${term} Lead:${lead}\n`);
    }
  }

  #tick(args: readonly Argument[], count: number): void {
    for (let i = 0; i < count; i++) this.#cluster.tick(id(args));
  }

  #sendSnapshot(from: number, to: number): void {
    const { raw, storage } = this.#cluster.node(from);
    const message = newMessage(MessageType.Snap, to, from, raw.term);
    message.snapshot = storage.snapshot();
    this.#cluster.inject(message);
    this.#cluster.output.write(describeMessage(message));
  }

  #proposeConfChange(args: readonly Argument[], input: string): void {
    let version: 1 | 2 = 2;
    let transition: ConfTransition = 'auto';
    for (const { key, values } of args.slice(1)) {
      if (key === 'v1') version = boolean(values[0]) ? 1 : 2;
      else if (key === 'transition') transition = transitionOf(values[0]);
      else throw new ScriptError(`unknown command ${key}`);
    }
    const steps = parseSteps(input);
    if (version === 1 && (steps.length > 1 || transition !== 'auto')) {
      throw new ScriptError('v1 conf change can only have one operation and no transition');
    }
    fail(this.#cluster.proposeConfChange(id(args), { version, transition, steps, context: noBytes }));
  }
}

/** A command's own error: unlike other output it is shown on every log level. */
function fail(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new ScriptError(refusal.text);
}

function id(args: readonly Argument[]): number {
  return integer(args[0]?.key);
}

function ids(args: readonly Argument[]): number[] {
  return args.filter(({ values }) => values.length === 0).map(({ key }) => integer(key));
}

function valueOf(args: readonly Argument[], name: string): string | undefined {
  return args.find(({ key }) => key === name)?.values[0];
}

function readMode(value: string | undefined): 'safe' | 'lease' {
  if (value === 'safe') return 'safe';
  if (value === 'lease-based') return 'lease';
  throw new ScriptError(`invalid read-only option "${value}"`);
}

function transitionOf(value: string | undefined): ConfTransition {
  if (value === 'auto' || value === 'implicit' || value === 'explicit') return value;
  throw new ScriptError(`unknown transition ${value}`);
}

function messageType(name: string): MessageType {
  const found = Object.values(MessageType).find((type) => typeNames[type] === name);
  if (found === undefined) throw new ScriptError(`unknown message type ${name}`);
  return found;
}
