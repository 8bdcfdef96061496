import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../queue/index.ts';
import { matchPrinter, needsOf } from './match.ts';
import type { Needs } from './match.ts';
import { canonicalModel } from './models.ts';
import type { JobSet, Printer, PrinterId, QueueFile } from './types.ts';
import { findingText } from '../words/index.ts';

const printer: Printer = {
  id: 'p1' as PrinterId,
  peer: 'peer' as Printer['peer'],
  name: 'MK3-2',
  enabled: true,
  autoClear: false,
  model: 'Original Prusa i3 MK3S+',
  nozzleMm: 0.4,
  sizeMm: { x: 250, y: 210, z: 210 },
  surface: 'Textured PEI',
  materials: [{ family: 'PLA', colour: 'black' }],
  kinds: undefined,
  bed: 'clear',
  bedPrint: undefined,
  profileRevision: 0,
  bedRevision: 0,
  prints: [],
  failedSets: [],
  stopped: undefined,
};

const nothing: Needs = {
  kind: undefined,
  models: [],
  nozzleMm: undefined,
  materials: [],
  sizeMm: undefined,
  surface: undefined,
  printers: undefined,
};

const verdict = (needs: Partial<Needs>, more: Partial<Printer> = {}) =>
  matchPrinter({ ...nothing, ...needs }, { ...printer, ...more }).verdict;

describe('matching', () => {
  it.each([
    ['asks for nothing', {}, {}, 'fits'],
    ['the model by another of its names', { models: ['MK3S'] }, {}, 'fits'],
    ['another model', { models: ['Ender-3'] }, {}, 'blocks'],
    ['one of several models', { models: ['Ender-3', 'mk3s'] }, {}, 'fits'],
    ['a model of a printer that has not said', { models: ['MK4'] }, { model: undefined }, 'unknown'],
    ['the nozzle within tolerance', { nozzleMm: 0.4005 }, {}, 'fits'],
    ['another nozzle', { nozzleMm: 0.6 }, {}, 'blocks'],
    ['a nozzle nobody knows', { nozzleMm: 0.6 }, { nozzleMm: undefined }, 'unknown'],
    ['room that is there', { sizeMm: { x: 250.5, y: 210, z: 10 } }, {}, 'fits'],
    ['more height than there is', { sizeMm: { x: 10, y: 10, z: 300 } }, {}, 'blocks'],
    ['any PLA', { materials: [{ family: 'pla' }] }, {}, 'fits'],
    [
      'any PLA, of a silk one',
      { materials: [{ family: 'PLA' }] },
      { materials: [{ family: 'PLA Silk' }] },
      'fits',
    ],
    [
      'any PLA, of a fibre-filled one',
      { materials: [{ family: 'PLA' }] },
      { materials: [{ family: 'PLA-CF' }] },
      'warns',
    ],
    ['PLA+, of plain PLA', { materials: [{ family: 'PLA+' }] }, {}, 'warns'],
    ['PETG', { materials: [{ family: 'PETG' }] }, {}, 'blocks'],
    ['PET, of PETG', { materials: [{ family: 'PET' }] }, { materials: [{ family: 'PETG' }] }, 'blocks'],
    ['black PLA', { materials: [{ family: 'PLA', colour: 'Black' }] }, {}, 'fits'],
    ['red PLA', { materials: [{ family: 'PLA', colour: 'red' }] }, {}, 'blocks'],
    [
      'red PLA, of PLA of some colour',
      { materials: [{ family: 'PLA', colour: 'red' }] },
      { materials: [{ family: 'PLA' }] },
      'unknown',
    ],
    ['a bed of what is there, written otherwise', { surface: 'textured-pei' }, {}, 'fits'],
    ['another bed', { surface: 'smooth PEI' }, {}, 'blocks'],
    ['a bed, of a printer that has not said', { surface: 'glass' }, { surface: undefined }, 'unknown'],
    ['two tools', { materials: [{ family: 'PLA' }, { family: 'PVA' }] }, {}, 'blocks'],
    [
      'two tools, of a printer that has both',
      { materials: [{ family: 'PLA' }, { family: 'PVA' }] },
      { materials: [{ family: 'PLA', colour: 'black' }, { family: 'PVA' }] },
      'fits',
    ],
    [
      'a material, of a printer that has not said',
      { materials: [{ family: 'PLA' }] },
      { materials: [] },
      'unknown',
    ],
    ['binary G-code', { kind: 'bgcode' }, {}, 'blocks'],
    ['G-code', { kind: 'gcode' }, {}, 'fits'],
    ['this printer', { printers: ['p1' as PrinterId] }, {}, 'fits'],
    ['another printer', { printers: ['p2' as PrinterId] }, {}, 'blocks'],
  ] as const)('%s', (_, needs, more, expected) => {
    expect(verdict(needs, more)).toBe(expected);
  });

  it.each([
    ['black', ' BLACK ', 'fits'],
    ['grey', 'Gray', 'fits'],
    ['Galaxy-Black', 'galaxy black', 'fits'],
    ['blue', 'Galaxy Blue', 'warns'],
    ['dark blue', 'blue', 'warns'],
    ['red', 'blue', 'blocks'],
    ['schwarz', 'black', 'fits'],
    ['красный', 'КРАСНЫЙ', 'fits'],
    ['красный', 'синий', 'blocks'],
    ['黒', '赤', 'blocks'],
    ['#ff0000', '#F00', 'fits'],
    ['#ff0000', '#f00a0a', 'fits'],
    ['#ff0000', '#0000ff', 'blocks'],
    ['red', '#d81e22', 'fits'],
    ['#1a1a1a', 'Black', 'fits'],
    ['black', '#ffffff', 'blocks'],
    ['dark blue', '#0a2a90', 'warns'],
    ['galaxy', '#333333', 'warns'],
  ] as const)('colour %s asked for, %s loaded: %s', (wanted, there, expected) => {
    const [asked, loaded] = [wanted, there].map((colour) => [{ family: 'PLA', colour }]);
    expect(verdict({ materials: asked ?? [] }, { materials: loaded ?? [] })).toBe(expected);
  });

  it('no two of the colours that have a name are taken for each other in silence', () => {
    const names = ['black', 'white', 'grey', 'red', 'orange', 'yellow', 'green', 'blue', 'purple', 'brown'];
    for (const a of names)
      for (const b of names)
        if (a !== b)
          expect(
            verdict(
              { materials: [{ family: 'PLA', colour: a }] },
              { materials: [{ family: 'PLA', colour: b }] },
            ),
          ).toBe('blocks');
  });

  it.each([
    ['ПЛА', 'ПЭТГ', 'blocks'],
    ['Nylon', 'PA-CF', 'warns'],
    ['pla', 'PLA', 'fits'],
  ] as const)('family %s asked for, %s loaded: %s', (wanted, there, expected) => {
    expect(verdict({ materials: [{ family: wanted }] }, { materials: [{ family: there }] })).toBe(expected);
  });

  it('says what is needed and what is there', () => {
    const { findings } = matchPrinter(
      { ...nothing, nozzleMm: 0.6, surface: 'glass', materials: [{ family: 'PETG', colour: 'red' }] },
      printer,
    );
    expect(findings.map(findingText)).toEqual([
      'It needs a 0.6 mm nozzle; MK3-2 has 0.4 mm.',
      'It needs a bed of glass; MK3-2 has Textured PEI.',
      'It needs PETG red; MK3-2 has PLA black.',
    ]);
  });

  it('takes needs from the set, then the file, then the queue; a slicer’s colour is no wish', () => {
    const set = { requirements: { nozzleMm: 0.8 } } as JobSet;
    const file = {
      meta: { nozzleMm: 0.4, printerModel: 'MK3S', materials: [{ family: 'PLA', colour: '#ff0000' }] },
    } as unknown as QueueFile;
    const settings = {
      ...defaultSettings,
      defaultRequirements: { models: ['Ender-3'], sizeMm: { x: 1, y: 1, z: 1 } },
    };
    expect(needsOf(set, file, settings)).toMatchObject({
      nozzleMm: 0.8,
      models: ['MK3S'],
      materials: [{ family: 'PLA' }],
      sizeMm: { x: 1, y: 1, z: 1 },
    });
  });

  it.each([
    ['MK3S', 'Original Prusa i3 MK3S+'],
    ['Creality Ender-3', 'Ender 3 Pro'],
    ['Prusa MINI', 'Original Prusa MINI+'],
    ['Voron 2.4', 'Voron Design Voron 2.4'],
    ['MK4IS', 'Original Prusa MK4'],
  ])('%s and %s are one model', (a, b) => {
    expect(canonicalModel(a)).toBe(canonicalModel(b));
  });

  it.each([
    ['Ender-3', 'Ender-5'],
    ['MK3S', 'MK4'],
    ['MK4', 'MK4S'],
    ['Prusa', 'Creality'],
    ['Принтер 1', 'Принтер 2'],
  ])('%s and %s are two models', (a, b) => {
    expect(canonicalModel(a)).not.toBe(canonicalModel(b));
  });
});
