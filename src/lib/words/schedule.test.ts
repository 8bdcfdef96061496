import { expect, it, test } from 'vitest';
import type { Because, Finding, Idle, Rule, Standing, Wait } from '../schedule/index.ts';
import {
  findingText,
  idleText,
  nextText,
  requirementsText,
  secondsText,
  standingText,
  waitText,
} from './index.ts';

/** One of each code: a code that is missing here does not compile. */
type Each<Fact extends { readonly code: string }> = {
  readonly [Code in Fact['code']]: Extract<Fact, { readonly code: Code }>;
};

const stop = { code: 'sets-failed', sets: 2 } as const;
const printer = 'MK3';
const room = { x: 200.2, y: 200, z: 180 };

const findings: { readonly [R in Rule]: Extract<Finding, { readonly rule: R }> } = {
  printer: { rule: 'printer', verdict: 'blocks', printer },
  kind: { rule: 'kind', verdict: 'blocks', printer, needs: 'bgcode', has: ['gcode'] },
  model: { rule: 'model', verdict: 'blocks', printer, needs: ['MK4', 'XL'], has: 'MK3S' },
  nozzle: { rule: 'nozzle', verdict: 'blocks', printer, needs: 0.6, has: 0.4 },
  bed: { rule: 'bed', verdict: 'blocks', printer, needs: room, has: { x: 180, y: 180, z: 180 } },
  surface: { rule: 'surface', verdict: 'blocks', printer, needs: 'glass', has: 'PEI' },
  limits: {
    rule: 'limits',
    verdict: 'blocks',
    printer,
    found: { code: 'too-hot', text: 'Line 3 heats the nozzle to 260 °C; its limit is 240 °C.' },
  },
  material: {
    rule: 'material',
    verdict: 'blocks',
    printer,
    needs: { family: '', colour: 'red' },
    tool: 2,
    has: 'no-tool',
  },
};

const standings: Each<Standing> = {
  stopped: { code: 'stopped', printer, stop },
  'driver-may-not': { code: 'driver-may-not', printer, driver: 'Ann' },
  'switched-off': { code: 'switched-off', printer },
  undescribed: { code: 'undescribed', printer },
  printing: { code: 'printing', printer, file: 'a.gcode', contact: 'here' },
  'not-connected': { code: 'not-connected', printer },
  'must-reconnect': { code: 'must-reconnect', printer },
  'bed-occupied': { code: 'bed-occupied', printer },
  'bed-unknown': { code: 'bed-unknown', printer },
};

const waits: Each<Wait> = {
  draft: { code: 'draft' },
  quarantined: { code: 'quarantined', quarantine: { code: 'failed-often', failures: 3 } },
  'on-hold': { code: 'on-hold', copies: 2 },
  'no-printers': { code: 'no-printers' },
  'kept-on': { code: 'kept-on', printer, why: { code: 'turn-of', printer } },
  'next-in-turn': { code: 'next-in-turn', printer },
  'all-taken': { code: 'all-taken', printers: [standings.printing, standings['bed-unknown']], more: 1 },
  'failed-everywhere': { code: 'failed-everywhere' },
  'none-fits-all': { code: 'none-fits-all' },
  'none-fits': { code: 'none-fits' },
  unfit: { code: 'unfit', finding: findings.nozzle },
  'unfit-all': { code: 'unfit-all', count: 2, findings: [findings.nozzle] },
};

const idles: Each<Idle> = {
  ...standings,
  'unknown-printer': { code: 'unknown-printer' },
  'just-changed': { code: 'just-changed' },
  'nothing-waits': { code: 'nothing-waits' },
  'first-unfit': { code: 'first-unfit', file: 'a.gcode', finding: findings.kind },
  'first-elsewhere': { code: 'first-elsewhere', file: 'a.gcode', printer },
  'first-not-now': { code: 'first-not-now', file: undefined, printer },
};

const becauses: Each<Because> = {
  'waited-longest': { code: 'waited-longest', seconds: 3600 },
  shortest: { code: 'shortest' },
  'turn-of-person': { code: 'turn-of-person' },
  'longest-at-night': { code: 'longest-at-night', seconds: 60 },
  'as-it-stands': { code: 'as-it-stands', printer },
  'goes-on': { code: 'goes-on', printer },
  'needs-a-look': { code: 'needs-a-look' },
  first: { code: 'first' },
  'first-that-fits': { code: 'first-that-fits', printer },
};

const said: readonly (readonly [string, string])[] = [
  ...Object.values(waits).map((wait) => [wait.code, waitText(wait)] as const),
  ...Object.values(idles).map((idle) => [idle.code, idleText(idle)] as const),
  ...Object.values(becauses).map((because) => [because.code, nextText('a.gcode', because)] as const),
  ...Object.values(findings).map((finding) => [finding.rule, findingText(finding)] as const),
  ...Object.values(findings).map(
    (finding) => [`${finding.rule}, fits`, findingText({ ...finding, verdict: 'fits' })] as const,
  ),
];

it.each(said)('has a sentence for %s', (_, text) => {
  expect(text).toMatch(/^\S(?!.*(undefined|\[object|NaN)).{8,}[^.]\.$/);
});

test('a standing is said with what is known of the print', () => {
  const lost = { code: 'printing', printer, file: undefined, contact: 'lost' } as const;
  expect(standingText(lost)).toBe('MK3 lost contact while printing a copy.');
  expect(standingText({ ...lost, contact: 'away' })).toBe(
    'MK3 was printing a copy when it was last heard of.',
  );
});

test('what is needed and what is there stand side by side', () => {
  expect(findingText(findings.bed)).toBe('It needs room for 201 × 200 × 180 mm; MK3 has 180 × 180 × 180 mm.');
  expect(findingText(findings.material)).toBe('It needs some material red in tool 2; MK3 has no such tool.');
  expect(findingText({ rule: 'surface', verdict: 'unknown', printer, needs: 'glass' })).toBe(
    'It needs a bed of glass; nobody said what MK3 has.',
  );
});

test('requirements are a few words, and none where nothing is asked', () => {
  expect(requirementsText({})).toBe('');
  const asked = { materials: [{ family: 'PETG', colour: 'red' }], nozzleMm: 0.6, models: ['MK3S', 'MK4'] };
  expect(requirementsText({ ...asked, printers: ['p1' as never] })).toBe(
    'PETG red, MK3S or MK4, 0.6 mm nozzle, a printer that was chosen',
  );
});

test.each([
  [12, '12 s'],
  [720, '12 min'],
  [12_000, '3 h 20 min'],
  [7200, '2 h'],
  [200_000, '2 days'],
])('%i seconds are %s', (seconds, text) => expect(secondsText(seconds)).toBe(text));
