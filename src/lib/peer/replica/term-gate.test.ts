import { describe, expect, it } from 'vitest';
import { MessageType, newMessage } from '../../raft/index.ts';
import { termRaiseEveryMs, termRaiseLedEveryMs, termRaisesKept } from '../limits.ts';
import { TermGate } from './term-gate.ts';

const { App, AppResp, Heartbeat, HeartbeatResp, PreVote, PreVoteResp, Snap, TimeoutNow, Vote, VoteResp } =
  MessageType;
const led = { isLed: true, leader: 1 };
const leaderless = { isLed: false, leader: 0 };
const later = (type: MessageType, from = 3) => newMessage(type, 2, from, 8);

describe('while a leader is heard', () => {
  it.each([App, AppResp, Heartbeat, HeartbeatResp, Snap, TimeoutNow, VoteResp])(
    'a message of a later term (type %i) ends its time once a minute at most',
    (type) => {
      const gate = new TermGate();
      expect(gate.lets(later(type), 7, led, false, 0)).toBe(true);
      for (let ms = 250; ms < termRaiseLedEveryMs; ms += 250)
        expect(gate.lets(later(type), 7, led, false, ms)).toBe(false);
      expect(gate.lets(later(type), 7, led, false, termRaiseLedEveryMs)).toBe(true);
    },
  );

  it('one sender does not use up what another has', () => {
    const gate = new TermGate();
    expect(gate.lets(later(AppResp, 3), 7, led, false, 0)).toBe(true);
    expect(gate.lets(later(AppResp, 4), 7, led, false, 0)).toBe(true);
  });

  it('its own word lets another stand, and it may end its own time', () => {
    const gate = new TermGate();
    for (let i = 0; i < 10; i++) {
      expect(gate.lets(later(Vote), 7, led, true, i)).toBe(true);
      expect(gate.lets(later(Heartbeat, 1), 7, led, false, i)).toBe(true);
    }
  });

  it('what raises no term is let through', () => {
    const gate = new TermGate();
    const granted = later(PreVoteResp);
    for (let i = 0; i < 10; i++) {
      expect(gate.lets(later(PreVote), 7, led, false, i)).toBe(true);
      expect(gate.lets(granted, 7, led, false, i)).toBe(true);
      expect(gate.lets(later(Heartbeat), 8, led, false, i)).toBe(true);
    }
    const refused = { ...granted, reject: true };
    expect(gate.lets(refused, 7, led, false, 0)).toBe(true);
    expect(gate.lets(refused, 7, led, false, 1)).toBe(false);
  });
});

describe('while nobody leads', () => {
  it('one sender raises the term a few times at once, and then no oftener than elections take', () => {
    const gate = new TermGate();
    let raised = 0;
    for (let ms = 0; ms < 60_000; ms += 250) if (gate.lets(later(Vote), 7, leaderless, false, ms)) raised++;
    expect(raised).toBe(termRaisesKept + Math.floor(59_750 / termRaiseEveryMs));
  });
});
