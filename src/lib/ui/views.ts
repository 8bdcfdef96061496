/** The views of the peer, for routes: they know the peer only through this room. */
export type * from '../peer/api.ts';
