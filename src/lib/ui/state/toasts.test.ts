import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { confirm } from './confirm.svelte.ts';
import { toasts } from './toasts.svelte.ts';

beforeEach(() => {
  vi.useFakeTimers();
  toasts.list = [];
});
afterEach(() => {
  vi.useRealTimers();
});

it('lets a message go by itself, but not a problem', () => {
  toasts.show('Saved.');
  toasts.show('The disk is full.', { tone: 'problem' });
  vi.advanceTimersByTime(8000);
  expect(toasts.list.map((toast) => toast.text)).toEqual(['The disk is full.']);
});

it('does not say the same thing twice', () => {
  toasts.show('The disk is full.', { tone: 'problem' });
  toasts.show('The disk is full.', { tone: 'problem' });
  expect(toasts.list).toHaveLength(1);
});

it('is silent about a command that went well', () => {
  expect(toasts.settled({ kind: 'committed', index: 4 })).toBe(true);
  expect(toasts.settled({ kind: 'refused', refusal: { code: 'no', text: 'Not yours.' } })).toBe(false);
  expect(toasts.settled({ kind: 'unknown', why: 'too-few-peers', text: 'No answer yet.' })).toBe(false);
  expect(toasts.list.map((toast) => toast.text)).toEqual(['Not yours.', 'No answer yet.']);
});

it('takes a question that was pushed aside by another for a no', async () => {
  const question = { title: 'Cancel?', text: '', yes: 'Yes', no: 'No', tone: 'stop' } as const;
  const first = confirm.ask(question);
  const second = confirm.ask(question);
  confirm.answer(true);
  expect([await first, await second]).toEqual([false, true]);
});
