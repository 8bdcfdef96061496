import type { Checker, CheckerMaker } from './checker.ts';
import type { Scene } from '../ledger.ts';
import { CommittedAgree } from './committed-agree.ts';
import { CommittedDurable } from './committed-durable.ts';
import { Elected } from './elected.ts';
import { ElectionSafety } from './election-safety.ts';
import { ExactlyOnce } from './exactly-once.ts';
import { FreshReads } from './fresh-reads.ts';
import { Halts } from './halts.ts';
import { LeaderCompleteness } from './leader-completeness.ts';
import { LogMatching } from './log-matching.ts';
import { MoreUpToDate } from './more-up-to-date.ts';
import { OneChange } from './one-change.ts';
import { OneLeader } from './one-leader.ts';
import { OwnTermCommits } from './own-term-commits.ts';
import { Promises } from './promises.ts';
import { QuorumLog } from './quorum-log.ts';
import { RestoredTold } from './restored.ts';
import { Stamps } from './stamps.ts';
import { StateMachine } from './state-machine.ts';
import { Terms } from './terms.ts';

export { type Checker, Violation } from './checker.ts';

/** The eight invariants of etcd's TLA+ specification first, then what the product promises besides. */
const makers: readonly CheckerMaker[] = [
  (scene) => new OneLeader(scene),
  (scene) => new ElectionSafety(scene),
  () => new LogMatching(),
  (scene) => new CommittedAgree(scene),
  (scene) => new LeaderCompleteness(scene),
  (scene) => new CommittedDurable(scene),
  (scene) => new QuorumLog(scene),
  (scene) => new MoreUpToDate(scene),
  () => new Elected(),
  () => new OwnTermCommits(),
  () => new Promises(),
  () => new Terms(),
  (scene) => new StateMachine(scene),
  () => new ExactlyOnce(),
  (scene) => new Stamps(scene),
  () => new OneChange(),
  (scene) => new FreshReads(scene),
  () => new Halts(),
  () => new RestoredTold(),
];

export function allCheckers(scene: Scene): readonly Checker[] {
  return makers.map((make) => make(scene));
}
