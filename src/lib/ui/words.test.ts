import { describe, expect, it } from 'vitest';
import { fakeFarm } from './testing/fake-views.ts';
import {
  bedQuestion,
  isBusy,
  isComing,
  linkGrant,
  linkRole,
  outcomeTone,
  presence,
  trustAdvice,
} from './words.ts';

const advised = (voters: number, learners: number, twoVoters = false) =>
  trustAdvice({ voters, learners, twoVoters });

describe('advice about trusted peers', () => {
  it('tells the first peer what three would give', () => {
    const advice = advised(1, 0);
    expect(advice.text).toContain('With three');
    expect(advice.invite).toBe(true);
  });

  it('tells two that one decides, and what is when it is away or lost', () => {
    expect(advised(1, 1)).toMatchObject({ title: 'One browser decides, another keeps a copy', invite: true });
    expect(advised(1, 1).text).toContain('the other may be closed');
    expect(advised(1, 1).text).toContain('go on from its copy');
    expect(advised(1, 1).text).toContain('With a third trusted peer');
    // Where two are to vote the second one is on its way.
    expect(advised(1, 1, true).text).toContain('One more is catching up.');
  });

  it('tells two that both decide what that means', () => {
    expect(advised(2, 0, true).text).toContain('both must be here');
    expect(advised(2, 0, true).text).toContain('three or five that are mostly awake');
  });

  it('does not ask for more when enough are catching up', () => {
    expect(advised(1, 2).invite).toBe(false);
    expect(advised(2, 1)).toMatchObject({ invite: false });
    expect(advised(2, 1).text).toContain('One more is catching up.');
  });

  it('counts who may be away from three on', () => {
    expect(advised(3, 0).text).toBe('Any one of them can be away or lost, and it goes on.');
    expect(advised(4, 0).text).toContain('One more would let two be away.');
    expect(advised(5, 0).text).toContain('Any 2 of them can be away or lost');
  });
});

it('calls those who join by what they will be, and says what they may', () => {
  expect(linkRole('viewer', false)).toBe('a viewer');
  expect(linkRole('operator', true)).toBe('a trusted operator');
  expect(linkRole('operator', false)).toBe('an operator');
  expect(linkGrant('viewer', false)).toBe(
    'sees the queue and follows it, and changes nothing. It has no vote',
  );
  expect(linkGrant('printer', true)).toContain(
    'prints them on its own printers. It keeps the whole queue, and votes',
  );
});

describe('questions about the bed', () => {
  const [printer] = fakeFarm().printers;

  it('asks nothing while a print is under way', () => {
    if (printer === undefined) throw new Error('the farm has printers');
    expect(bedQuestion({ ...printer, bed: 'occupied' })).toBeUndefined();
  });

  it('asks how it went when a print lies on the bed, and whether it is clear when nobody knows', () => {
    if (printer === undefined) throw new Error('the farm has printers');
    const idle = { ...printer, print: undefined };
    expect(bedQuestion({ ...idle, bed: 'occupied' })).toBe('how-was-it');
    expect(bedQuestion({ ...idle, bed: 'unknown' })).toBe('is-it-clear');
    expect(bedQuestion({ ...idle, bed: 'clear' })).toBeUndefined();
  });
});

it('says who is here', () => {
  const { peers } = fakeFarm();
  expect(presence(peers)).toBe('3 of 4 here');
  expect(presence(peers.filter((peer) => peer.self))).toBe('only you');
});

it('takes a paused print for one under way', () => {
  expect(['paused', 'printing', 'ready', 'failed'].map(isBusy)).toEqual([true, true, false, false]);
});

it('gives an unknown outcome the tone of a question', () => {
  expect([outcomeTone('good'), outcomeTone('unknown'), outcomeTone('cancelled')]).toEqual([
    'good',
    'ask',
    '',
  ]);
});

it('tells a queue that is on its way from one that is open, was left by others, or took this browser out', () => {
  expect(isComing({ myRole: 'none', condition: 'opening' })).toBe(true);
  expect(isComing({ myRole: 'submitter', condition: 'opening' })).toBe(false);
  expect(isComing({ myRole: 'none', condition: 'stopped' })).toBe(false);
});
