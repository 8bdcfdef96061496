import type { Applied } from '../../lib/queue/index.ts';
import type { Entry, Message, Snapshot } from '../../lib/raft/index.ts';
import type { Scene } from '../ledger.ts';
import type { Site } from '../site.ts';

/** A promise was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly checker: string;

  constructor(checker: string, text: string) {
    super(text);
    this.checker = checker;
  }
}

/** Watches over one promise. Each method is called when the thing happens, before anything else can happen. */
export interface Checker {
  readonly name: string;
  /** A replica became leader. */
  onLeader?(site: Site): void;
  /** A replica's log got this entry. `known`: the entry of that term and index that was seen before, with the term before it. */
  onEntry?(site: Site, entry: Entry, prevTerm: number, known: KnownEntry | undefined): void;
  /** A replica's log changed in any way. */
  onLog?(site: Site): void;
  /** A replica's commit index went from `from` to `site.commit`. `fresh`: nobody had committed that far before. */
  onCommit?(site: Site, from: number, fresh: boolean): void;
  onSend?(site: Site, message: Message): void;
  onApplied?(site: Site, entry: Entry, applied: Applied): void;
  onInstalled?(site: Site, snapshot: Snapshot): void;
  /** A replica folded its own state. */
  onSnapshot?(site: Site, index: number, data: Uint8Array): void;
  onConfChange?(site: Site, entry: Entry): void;
  onReadAsked?(context: number): void;
  /** A read may be answered from a state that has applied `index`. */
  onReadState?(site: Site, context: number, index: number): void;
  /** A process died, or came up again, or a disk was lost. */
  onFate?(site: Site): void;
  /** A replica that came up may vote and acknowledge from now on. */
  onTakesPart?(site: Site): void;
  /** A replica stopped for good, because it found out that it must not take part any more. */
  onHalted?(site: Site, code: string): void;
  /** The run is over. */
  onEnd?(): void;
}

export interface KnownEntry {
  readonly entry: Entry;
  readonly prevTerm: number;
}

export type CheckerMaker = (scene: Scene) => Checker;

export function violated(checker: Checker, text: string): never {
  throw new Violation(checker.name, text);
}
