import { describe, expect, it } from 'vitest';
import type { Alert } from '../peer/api.ts';
import { alertChanges, alertPath, alertsTitle, pathToShow, titleWith } from './alerting.ts';

const alert = (key: string) => ({ key, queue: 'q' }) as Alert;

describe('alerts on the page', () => {
  it('are counted before the title, once', () => {
    expect(titleWith('Shields · PeerPrint', 2)).toBe('(2) Shields · PeerPrint');
    expect(titleWith('(2) Shields · PeerPrint', 1)).toBe('(1) Shields · PeerPrint');
    expect(titleWith('(2) Shields · PeerPrint', 0)).toBe('Shields · PeerPrint');
  });

  it('lead to the printers of their queue', () => {
    expect(alertPath(alert('a'))).toBe('/queue/q/printer');
    expect(alertsTitle(1)).toBe('A printer needs you');
    expect(alertsTitle(3)).toBe('3 printers need you');
  });

  it('are told when they come and taken back when they go, not while they stay', () => {
    const { come, gone } = alertChanges([alert('a'), alert('b')], [alert('b'), alert('c')]);
    expect(come.map((each) => each.key)).toEqual(['c']);
    expect(gone.map((each) => each.key)).toEqual(['a']);
  });
});

it('a click on a notification shows a page of this app, and nothing else', () => {
  expect(pathToShow({ type: 'SHOW', path: '/queue/a/printer' })).toBe('/queue/a/printer');
  for (const data of [undefined, null, 'SHOW', {}, { type: 'SHOW' }, { type: 'CACHE', path: '/' }])
    expect(pathToShow(data)).toBeUndefined();
  for (const path of ['https://elsewhere.example/', '//elsewhere.example/', 'javascript:alert(1)'])
    expect(pathToShow({ type: 'SHOW', path })).toBeUndefined();
});
