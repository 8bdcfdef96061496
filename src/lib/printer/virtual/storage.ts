import type { Handler } from './handlers.ts';

/** Settings of a machine that are kept over a reset when they are stored (M500). */
export interface Settings {
  /** Steps per millimetre. */
  steps: { x: number; y: number; z: number; e: number };
  /** Linear advance. */
  advance: number;
}

const factory: Settings = { steps: { x: 80, y: 80, z: 400, e: 93 }, advance: 0 };
const copy = (settings: Settings): Settings => ({ ...settings, steps: { ...settings.steps } });

/** EEPROM: what is set, what is stored, and what the factory set. */
export class Eeprom {
  now = copy(factory);
  #stored: Settings | undefined;

  store(): void {
    this.#stored = copy(this.now);
  }
  load(): void {
    this.now = copy(this.#stored ?? factory);
  }
  factory(): void {
    this.now = copy(factory);
  }
}

/** A card with files, and what is printed from it. */
export class Card {
  readonly files: readonly { readonly name: string; readonly bytes: number }[] = [
    { name: 'CUBE.GCO', bytes: 160_159 },
    { name: 'FOLDER/GEAR~1.GCO', bytes: 764_698 },
  ];
  mounted = true;
  selected: { readonly name: string; readonly bytes: number } | undefined;
  printing = false;
  /** Bytes of the file that were printed. */
  at = 0;
}

const settingLines = ({ steps, advance }: Settings): string[] => [
  'echo:; Steps per unit:',
  `echo: M92 X${steps.x.toFixed(2)} Y${steps.y.toFixed(2)} Z${steps.z.toFixed(2)} E${steps.e.toFixed(2)}`,
  'echo:; Linear Advance:',
  `echo: M900 K${advance.toFixed(2)}`,
];

const done = (run: (...args: Parameters<Handler>) => void): Handler => {
  return (...args) => {
    run(...args);
    return undefined;
  };
};

/** Steps at once that the card's print goes on, in percent, each time it is asked for: nobody waits for a simulated print. */
const cardPercent = 10;

/** M20 to M27 (card) and M500 to M504 (settings), M92 and M900 that change them. */
export const storageHandlers: Readonly<Record<string, Handler>> = {
  M20: done((_, { card }, firmware) => {
    if (!card.mounted) {
      firmware.say('echo:No media');
      return;
    }
    firmware.say('Begin file list');
    for (const { name, bytes } of card.files) firmware.say(`${name} ${bytes}`);
    firmware.say('End file list');
  }),
  M21: done((_, { card }, firmware) => {
    card.mounted = true;
    firmware.say('echo:SD card ok');
  }),
  M22: done((_, { card }) => {
    card.mounted = card.printing = false;
  }),
  M23: done((words, { card }, firmware) => {
    const name = words.text.slice(3).trim().toUpperCase();
    const file = card.files.find((each) => each.name === name);
    card.selected = file;
    card.at = 0;
    if (file === undefined) firmware.say(`echo:open failed, File: ${name}.`);
    else {
      firmware.say(`echo:Now fresh file: ${name}`);
      firmware.say(`File opened: ${name} Size: ${file.bytes}`);
      firmware.say('File selected');
    }
  }),
  M24: done((_, { card }) => {
    card.printing = card.selected !== undefined;
  }),
  M25: done((_, { card }) => {
    card.printing = false;
  }),
  M27: done((_, { card }, firmware) => {
    if (!card.printing || card.selected === undefined) {
      firmware.say('Not SD printing');
      return;
    }
    card.at = Math.min(card.selected.bytes, card.at + Math.ceil((card.selected.bytes * cardPercent) / 100));
    firmware.say(`SD printing byte ${card.at}/${card.selected.bytes}`);
    if (card.at < card.selected.bytes) return;
    card.printing = false;
    firmware.say('Done printing file');
  }),
  M92: done((words, { eeprom }) => {
    for (const [letter, axis] of [
      ['X', 'x'],
      ['Y', 'y'],
      ['Z', 'z'],
      ['E', 'e'],
    ] as const)
      eeprom.now.steps[axis] = words.number(letter) ?? eeprom.now.steps[axis];
  }),
  M900: done((words, { eeprom }) => {
    eeprom.now.advance = words.number('K') ?? eeprom.now.advance;
  }),
  M500: done((_, { eeprom }, firmware) => {
    eeprom.store();
    firmware.say('echo:Settings Stored (642 bytes; crc 28655)');
  }),
  M501: done((_, { eeprom }, firmware) => {
    eeprom.load();
    firmware.say('echo:V87 stored settings retrieved (642 bytes; crc 28655)');
  }),
  M502: done((_, { eeprom }, firmware) => {
    eeprom.factory();
    firmware.say('echo:Hardcoded Default Settings Loaded');
  }),
  M503: done((_, { eeprom }, firmware) => {
    for (const line of settingLines(eeprom.now)) firmware.say(line);
  }),
  M504: done((_, __, firmware) => firmware.say('EEPROM OK')),
};
