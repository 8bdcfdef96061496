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

describe('advice about trusted peers', () => {
  it('tells the first peer what three would give', () => {
    const advice = trustAdvice(1, 0);
    expect(advice.text).toContain('With three');
    expect(advice.invite).toBe(true);
  });

  it('tells two that both must be here', () => {
    expect(trustAdvice(2, 0).text).toContain('both must be here');
    expect(trustAdvice(2, 0).text).toContain('three or five that are mostly awake');
  });

  it('does not ask for more when enough are catching up', () => {
    expect(trustAdvice(1, 2).invite).toBe(false);
    expect(trustAdvice(2, 1)).toMatchObject({ invite: false });
    expect(trustAdvice(2, 1).text).toContain('One more is catching up.');
  });

  it('counts who may be away from three on', () => {
    expect(trustAdvice(3, 0).text).toBe('Any one of them can be away and it goes on.');
    expect(trustAdvice(4, 0).text).toContain('One more would let two be away.');
    expect(trustAdvice(5, 0).text).toContain('Any 2 of them can be away');
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
    'prints them on its own printers. It keeps the whole queue and votes',
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
