import { createSubscriber } from 'svelte/reactivity';
import { systemClock } from '../../base/clock.ts';

/** Often enough for words that count minutes, in milliseconds. */
const tickMs = 20_000;

const subscribe = createSubscriber((update) => {
  let cancel = systemClock.after(tickMs, tick);
  function tick(): void {
    update();
    cancel = systemClock.after(tickMs, tick);
  }
  return () => cancel();
});

/** The wall clock for display. Where a component reads it, it is drawn again as time goes by. */
export function wallNow(): number {
  subscribe();
  return systemClock.wallMs();
}
