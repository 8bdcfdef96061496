import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PrinterId } from '../../base/index.ts';
import { identityOf } from '../../printer/recognition.ts';
import { standardHeatLimits } from '../../printer/manual.ts';
import { standardScripts } from '../../printer/scripts.ts';
import { type Placing, placePrinter } from './placing.ts';
import {
  keepSettings,
  openPrinterMemory,
  printerIdFor,
  recallPrinters,
  recallSettings,
  rememberPrinter,
} from './printer-memory.ts';

const [left, right, place, fresh] = ['left', 'right', 'place', 'fresh'] as PrinterId[] as [
  PrinterId,
  PrinterId,
  PrinterId,
  PrinterId,
];
const ch340 = { usbVendorId: 0x1a86, usbProductId: 0x7523 };
const marlin = { family: 'marlin', name: 'Marlin 2.1.2', machine: 'Ender-3', capabilities: {} } as const;
const plain = identityOf(marlin, ch340);
const named = (uuid: string) => identityOf({ ...marlin, uuid }, ch340);
const own = 'f0000000-aaaa-4000-8000-000000000001';

function placing(more: Partial<Placing>): Placing {
  return {
    seen: plain,
    place,
    known: [],
    connected: new Set(),
    which: undefined,
    fresh: () => fresh,
    ...more,
  };
}

describe('a printer that is connected', () => {
  test('for the first time gets the id of its port', async () => {
    expect(await placePrinter(placing({}))).toEqual({ ok: true, value: place });
  });

  test('again, on another port, is known by its UUID without a question', async () => {
    const known = [
      { id: left, name: 'Left', identity: named(own) },
      { id: place, name: 'Right', identity: named('f0000000-aaaa-4000-8000-000000000002') },
    ];
    expect(await placePrinter(placing({ seen: named(own), known }))).toEqual({ ok: true, value: left });
  });

  test('on a port that another printer had becomes a new one', async () => {
    const known = [{ id: place, name: 'Old', identity: named(own) }];
    const seen = named('f0000000-aaaa-4000-8000-000000000003');
    expect(await placePrinter(placing({ seen, known }))).toEqual({ ok: true, value: fresh });
  });

  test('that looks like others is asked about, and the answer counts', async () => {
    const known = [
      { id: left, name: 'Left', identity: plain },
      { id: right, name: 'Right', identity: plain },
    ];
    const asked: unknown[] = [];
    const answer = (id: PrinterId | 'new' | undefined) =>
      placePrinter(
        placing({
          known,
          which: (choices) => {
            asked.push(choices);
            return Promise.resolve(id);
          },
        }),
      );
    expect(await answer(right)).toEqual({ ok: true, value: right });
    expect(asked[0]).toEqual([
      { printer: left, name: 'Left' },
      { printer: right, name: 'Right' },
    ]);
    expect(await answer('new')).toEqual({ ok: true, value: place });
    expect(await answer(undefined)).toMatchObject({ ok: false, refusal: { code: 'which-printer' } });
  });

  test('is never taken for one that is connected already', async () => {
    const known = [{ id: left, name: 'Left', identity: plain }];
    expect(await placePrinter(placing({ known, connected: new Set([left]) }))).toEqual({
      ok: true,
      value: place,
    });
  });
});

describe('what a browser remembers of its printers', () => {
  const store = new Map<string, string>();
  beforeEach(() => {
    store.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, text: string) => store.set(key, text),
      removeItem: (key: string) => store.delete(key),
      key: (at: number) => [...store.keys()][at] ?? null,
      get length() {
        return store.size;
      },
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('keeps identity and name, and forgets nothing that a bare answer does not tell', () => {
    rememberPrinter(left, 'Left', named(own));
    rememberPrinter(left, 'Left one', plain);
    expect(recallPrinters()).toEqual([{ id: left, name: 'Left one', identity: named(own) }]);
  });

  test('a port that got another printer has its id from then on', () => {
    const first = printerIdFor('usb-1-2-0');
    expect(printerIdFor('usb-1-2-0')).toBe(first);
    const second = printerIdFor('usb-1-2-0', true);
    expect(second).not.toBe(first);
    expect(printerIdFor('usb-1-2-0')).toBe(second);
  });

  test('keeps scripts, limits and how the bed is cleared; what is not readable counts as never said', () => {
    const scripts = { ...standardScripts, clearBed: 'G1 Y200' };
    const settings = {
      scripts,
      limits: standardHeatLimits,
      baud: 250_000,
      clearing: { by: 'script', coolToC: 30 },
    } as const;
    keepSettings(left, settings);
    expect(recallSettings(left)).toEqual(settings);
    store.set('peerprint-machine:left', '{"v":1,"scripts":{},"limits":{},"clearing":{"by":"magic"}}');
    expect(recallSettings(left).clearing).toEqual({ by: 'person', coolToC: undefined });
  });

  test('are the same after a power cut that took what localStorage was told last: the peer has it too', () => {
    const notes: Record<string, string> = {};
    openPrinterMemory({}, (key, text) => (notes[key] = text));
    const id = printerIdFor('usb:1');
    rememberPrinter(id, 'Left', plain);
    keepSettings(id, { ...recallSettings(id), baud: 250_000 });
    store.clear();
    openPrinterMemory({ ...notes, 'peerprint-theme': 'dark' }, () => undefined);
    expect(printerIdFor('usb:1')).toBe(id);
    expect(recallPrinters()).toEqual([{ id, name: 'Left', identity: plain }]);
    expect(recallSettings(id).baud).toBe(250_000);
    expect(store.has('peerprint-theme')).toBe(false);
  });
});
