import { expect, it } from 'vitest';
import { roleNames, roleRights, votersHint, whyNot } from './roles.ts';

it('advises three or five voters, and a few more for many peers', () => {
  expect([1, 2, 3, 4, 10, 20, 60, 1000].map(votersHint)).toEqual([1, 2, 3, 3, 5, 5, 7, 9]);
});

it('advises no more voters than there are peers, and never an even number of three or more', () => {
  for (let peers = 3; peers < 2000; peers++) {
    expect(votersHint(peers)).toBeLessThanOrEqual(peers);
    expect(votersHint(peers) % 2).toBe(1);
  }
});

it('says why something cannot be changed here', () => {
  expect(whyNot('submitter', 'operator')).toBe('You are a submitter here: owners and operators change this.');
  expect(whyNot('submitter', 'printer')).toBe(
    'You are a submitter here: printers are brought by those with the role printer or operator.',
  );
  expect(whyNot('viewer', 'submitter')).toBe(
    'You are a viewer here, who looks on. To add jobs, ask an operator for another role.',
  );
  expect(whyNot('operator', 'owner')).toBe('You are an operator here: only an owner changes this.');
});

it('says of each role that may not invite what it may do and what needs another role', () => {
  for (const { id } of roleNames.filter((role) => role.id !== 'owner' && role.id !== 'operator'))
    expect(roleRights(id).needsMore).toContain('nviting');
  expect(roleRights('viewer').may).toHaveLength(1);
  expect(roleRights('submitter').may.join()).not.toContain('printers, and print');
  expect(roleRights('printer').may.join()).toContain('Connect your printers');
});
