import type { PeersWorld } from '../world.ts';
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
import { UnderWay } from './under-way.ts';

export type { PeersChecker } from './checker.ts';

/** One checker per promise of the architecture that whole peers can break. */
export function allPeersCheckers(world: PeersWorld): readonly PeersChecker[] {
  return [
    new CommittedKept(world),
    new OneEffect(world),
    new OneStart(world),
    new NeverForgotten(world),
    new UnderWay(world),
    new Authors(world),
    new Counts(world),
    new Beds(world),
    new Fence(world),
    new Leases(world),
    new Order(world),
  ];
}
