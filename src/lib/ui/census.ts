import type { CensusView } from '../peer/api.ts';

/** What a census found, in a sentence or two. */
export function censusSentence({ peers, deviation, idle, busy, paused, overflowed }: CensusView): string {
  if (peers <= 1) return 'Only this browser is awake.';
  const number = peers.toLocaleString('en');
  const who = overflowed
    ? `More than ${number} peers are awake`
    : deviation === 0
      ? `${number} peers are awake`
      : `About ${number} peers are awake, give or take ${Math.ceil(deviation).toLocaleString('en')}`;
  const parts = [
    busy.peers > 0 ? `${busy.peers.toLocaleString('en')} printing` : '',
    paused.peers > 0 ? `${paused.peers.toLocaleString('en')} paused` : '',
    idle.peers > 0 ? `${idle.peers.toLocaleString('en')} idle` : '',
  ].filter((part) => part !== '');
  return `${who}: ${parts.join(', ')}.`;
}
