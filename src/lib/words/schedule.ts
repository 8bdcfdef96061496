import type { Material, Requirements, Strategy } from '../queue/index.ts';
import type { Because, Finding, Idle, OfFile, SizeMm, Standing, Wait } from '../schedule/index.ts';
import { quarantineText, stopText } from './failures.ts';

/** Why something waits, what comes next and why, and what does not fit: the sentences for the answers of the room `schedule`. */

/** Why no copy of a set is given out now. */
export function waitText(wait: Wait): string {
  switch (wait.code) {
    case 'draft':
      return 'It is a draft: nothing is printed before it is released.';
    case 'quarantined':
      return quarantineText(wait.quarantine);
    case 'on-hold':
      return wait.copies === 1
        ? 'A copy was cancelled. Print it again, or take it off.'
        : `${wait.copies} copies were cancelled. Print them again, or take them off.`;
    case 'no-printers':
      return 'No printer is in this queue yet. Connect one.';
    case 'kept-on': {
      const { why, printer } = wait;
      const now =
        why.code === 'unfit'
          ? findingText(why.finding)
          : why.code === 'turn-of'
            ? `It is the turn of ${why.printer}.`
            : standingText(why);
      return `All of this job is printed on ${printer}. ${now}`;
    }
    case 'next-in-turn':
      return `It is next in turn when ${wait.printer} takes another copy.`;
    case 'all-taken': {
      const { printers, more } = wait;
      const said = printers.map(standingText).join(' ');
      return more > 0 ? `${said} And ${more} more ${more === 1 ? 'printer fits' : 'printers fit'}.` : said;
    }
    case 'failed-everywhere':
      return 'It failed on every printer that fits, and is to be tried again on another one.';
    case 'none-fits-all':
      return 'It is kept on one printer, and none fits all files of its job.';
    case 'none-fits':
      return 'No printer fits.';
    case 'unfit':
      return findingText(wait.finding);
    case 'unfit-all': {
      const [first] = wait.findings;
      const need = first === undefined ? 'something else' : needText(first);
      return `It needs ${need}; ${wait.count} printers have ${wait.findings.map(hasText).join(', ')}.`;
    }
  }
}

/** Why a printer takes nothing now, whatever waits. */
export function standingText(standing: Standing): string {
  const { printer } = standing;
  switch (standing.code) {
    case 'stopped':
      return `${printer} is stopped: ${stopText(standing.stop)}`;
    case 'driver-may-not':
      return `${printer} takes no new prints: ${standing.driver} may not print for this queue.`;
    case 'switched-off':
      return `${printer} takes no new prints for now.`;
    case 'undescribed':
      return `Nobody said what ${printer} is. Say its model or its size, then it takes prints.`;
    case 'printing': {
      const { contact } = standing;
      const file = copyText(standing);
      if (contact === 'lost') return `${printer} lost contact while printing ${file}.`;
      if (contact === 'away') return `${printer} was printing ${file} when it was last heard of.`;
      return `${printer} is printing ${file}.`;
    }
    case 'not-connected':
      return `${printer} is not connected just now.`;
    case 'must-reconnect':
      return `${printer} has to be connected again.`;
    case 'bed-occupied':
      return `The bed of ${printer} must be cleared.`;
    case 'bed-unknown':
      return `Someone must look whether the bed of ${printer} is clear.`;
  }
}

/** Why a printer is given nothing. */
export function idleText(idle: Idle): string {
  switch (idle.code) {
    case 'unknown-printer':
      return 'This printer is not in the queue.';
    case 'just-changed':
      return 'The queue has just changed.';
    case 'nothing-waits':
      return 'Nothing waits in the queue.';
    case 'first-unfit':
      return `${copyText(idle)} waits, but: ${findingText(idle.finding)}`;
    case 'first-elsewhere':
      return `${copyText(idle)} waits for ${idle.printer}, which has begun its job.`;
    case 'first-not-now':
      return `${copyText(idle)} waits, but cannot be printed on ${idle.printer} just now.`;
    default:
      return standingText(idle);
  }
}

function copyText({ file }: OfFile): string {
  return file ?? 'a copy';
}

/** "cube.gcode, because …": what a printer is given next, to stand behind "Next on MK3:". */
export function nextText(file: string | undefined, because: Because): string {
  return `${copyText({ file })}, because ${becauseText(because)}`;
}

function becauseText(because: Because): string {
  switch (because.code) {
    case 'waited-longest':
      return `it has waited longest (${secondsText(because.seconds)}).`;
    case 'shortest':
      return because.seconds === undefined
        ? 'nothing that waits says how long it takes.'
        : `it is the shortest that waits (${secondsText(because.seconds)}).`;
    case 'turn-of-person':
      return `it is the turn of ${because.person ?? 'someone who left'}.`;
    case 'longest-at-night': {
      const length = because.seconds === undefined ? '' : ` (${secondsText(because.seconds)})`;
      return `it is the longest that fits while nobody is there${length}.`;
    }
    case 'as-it-stands':
      return `${because.printer} can print it as it stands.`;
    case 'goes-on':
      return `it goes on with what ${because.printer} printed last.`;
    case 'needs-a-look':
      return 'nothing that waits can be printed without a look at the printer.';
    case 'first':
      return 'it is first in the list.';
    case 'first-that-fits':
      return `it is the first in the list that ${because.printer} can print.`;
  }
}

/** What one rule says of a printer. */
export function findingText(finding: Finding): string {
  const { printer, verdict } = finding;
  if (finding.rule === 'printer') return `It is meant for other printers than ${printer}.`;
  if (finding.rule === 'limits') return `It does not fit on ${printer}: ${finding.found.text}`;
  const need = needText(finding);
  if (verdict === 'fits') return `${printer} has ${need}.`;
  if (verdict === 'unknown') return `It needs ${need}; nobody said what ${printer} has.`;
  return `It needs ${need}; ${printer} has ${hasText(finding)}.`;
}

/** What is needed, without naming a printer: "a 0.6 mm nozzle". */
function needText(finding: Finding): string {
  switch (finding.rule) {
    case 'printer':
      return 'a printer that was chosen for it';
    case 'limits':
      return finding.found.code === 'too-hot' ? 'more heat' : 'more room';
    case 'kind':
      return `a printer that reads .${finding.needs}`;
    case 'model': {
      const [only] = finding.needs;
      return finding.needs.length === 1 ? `a ${only ?? ''}` : `one of ${finding.needs.join(', ')}`;
    }
    case 'nozzle':
      return `a ${finding.needs} mm nozzle`;
    case 'bed':
      return `room for ${sizeText(finding.needs)}`;
    case 'surface':
      return `a bed of ${finding.needs}`;
    case 'material':
      return materialText(finding.needs) + (finding.tool === undefined ? '' : ` in tool ${finding.tool}`);
  }
}

/** What the printer has instead: "0.4 mm". Empty where nobody said. */
function hasText(finding: Finding): string {
  if (finding.rule === 'printer') return 'another name';
  if (finding.rule === 'limits') return 'less';
  if (finding.has === undefined) return '';
  switch (finding.rule) {
    case 'kind':
      return finding.has.map((kind) => `.${kind}`).join(', ');
    case 'model':
      return `the model ${finding.has}`;
    case 'nozzle':
      return `${finding.has} mm`;
    case 'bed':
      return sizeText(finding.has);
    case 'surface':
      return finding.has;
    case 'material':
      return finding.has === 'no-tool' ? 'no such tool' : materialText(finding.has);
  }
}

function sizeText({ x, y, z }: SizeMm): string {
  return `${[x, y, z].map(Math.ceil).join(' × ')} mm`;
}

/** "PLA black Prusament". */
function materialText({ family, colour, name }: Material): string {
  const parts = [family === '' ? 'some material' : family, colour, name];
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

/** What a set asks for beyond its file's own words: "PETG, 0.6 mm nozzle". */
export function requirementsText(requirements: Requirements): string {
  const { materials = [], models = [], nozzleMm, sizeMm, surface = '', printers } = requirements;
  const parts = [
    ...materials.map(({ family, colour }) => [family, colour].filter(Boolean).join(' ')),
    ...(models.length === 0 ? [] : [models.join(' or ')]),
    ...(nozzleMm === undefined ? [] : [`${nozzleMm} mm nozzle`]),
    ...(sizeMm === undefined ? [] : [`room for ${sizeMm.x} × ${sizeMm.y} × ${sizeMm.z} mm`]),
    ...(surface === '' ? [] : [`a bed of ${surface}`]),
    ...(printers === undefined
      ? []
      : [printers.length === 1 ? 'a printer that was chosen' : `one of ${printers.length} chosen printers`]),
  ];
  return parts.join(', ');
}

/** What each way of choosing means, in one sentence. */
export const strategyTexts: Readonly<Record<Strategy, string>> = {
  'in-order': 'The first job in the list that a printer can print comes first.',
  'shortest-first':
    'The shortest print comes first, but a job that has waited too long goes before shorter ones.',
  'least-manual-work':
    'What needs no change of material or bed comes first, and long prints run while nobody is there to clear it.',
  'round-robin':
    'Everyone who added jobs gets a turn: the next copy is for whoever has the fewest being printed.',
};

/** All ways of choosing, with their sentences. */
export const strategyChoices: readonly { readonly id: Strategy; readonly text: string }[] = (
  ['in-order', 'shortest-first', 'least-manual-work', 'round-robin'] as const
).map((id) => ({ id, text: strategyTexts[id] }));

/** "50 s", "12 min", "3 h 20 min", "2 days". */
export function secondsText(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}
