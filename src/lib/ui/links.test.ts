import { expect, it } from 'vitest';
import { fragmentOf } from './links.ts';

it('finds the link in whatever was pasted', () => {
  expect(fragmentOf('https://print.example.org/join#pp1abc')).toBe('pp1abc');
  expect(fragmentOf('  #pp1abc ')).toBe('pp1abc');
  expect(fragmentOf('pp1abc')).toBe('pp1abc');
});

it('mends a link that a mail program broke over lines', () => {
  expect(fragmentOf('https://print.example.org/join#pp1\n  abc')).toBe('pp1abc');
});

it('finds none where there is none', () => {
  expect(fragmentOf('')).toBe('');
  expect(fragmentOf('https://print.example.org/join')).toBe('');
});
