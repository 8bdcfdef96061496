import type { Room } from '../room.ts';
import { Authors } from './authors.ts';
import { Beds } from './beds.ts';
import type { PeersChecker } from './checker.ts';
import { CommittedKept } from './committed-kept.ts';
import { Counts } from './counts.ts';
import { Fence } from './fence.ts';
import { Leases } from './leases.ts';
import { NeverForgotten } from './never-forgotten.ts';
import { OneEffect } from './one-effect.ts';
import { OneStart } from './one-start.ts';
import { Order } from './order.ts';
import { RememberedNo } from './remembered-no.ts';
import { UnderWay } from './under-way.ts';

export type { PeersChecker } from './checker.ts';

/** One checker per promise of the architecture that whole peers can break. */
export function allPeersCheckers(room: Room): readonly PeersChecker[] {
  return [
    new CommittedKept(room),
    new OneEffect(room),
    new OneStart(room),
    new NeverForgotten(room),
    new UnderWay(room),
    new Authors(room),
    new Counts(room),
    new Beds(room),
    new Fence(room),
    new Leases(room),
    new Order(room),
    new RememberedNo(room),
  ];
}
