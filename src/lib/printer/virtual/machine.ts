import type { Dialect } from './dialect.ts';
import { Motion, type Place } from './motion.ts';
import { Card, Eeprom } from './storage.ts';
import { Heater } from './thermal.ts';

const ambientC = 21;

/** The body of the virtual printer: where its head is, how warm it is, what was printed. */
export class Machine {
  motion = new Motion();
  readonly eeprom = new Eeprom();
  readonly card = new Card();
  nozzle = nozzle();
  bed = bed();
  place: Place = { x: 0, y: 0, z: 0, e: 0 };
  absolute = true;
  absoluteE = true;
  inches = false;
  /** Millimetres per second. */
  feed = 25;
  fan = 0;
  reportSeconds = 0;
  waitsForPerson = false;
  /** What the next `ok` carries. */
  answer = '';
  /** Every place the head was sent to, four numbers each: X, Y, Z, E in millimetres. Empty if not recorded. */
  readonly record: number[] = [];
  moves = 0;
  readonly #records: boolean;
  #prompt: ((choice: number) => void) | undefined;

  constructor(records: boolean) {
    this.#records = records;
  }

  /** Power on or a reset: heaters and motors off, nothing known. */
  reset(atMs: number): void {
    this.motion.stop(atMs);
    this.nozzle.setTarget(0, atMs);
    this.bed.setTarget(0, atMs);
    this.place = { x: 0, y: 0, z: 0, e: 0 };
    this.absolute = this.absoluteE = true;
    this.inches = false;
    this.feed = 25;
    this.fan = 0;
    this.waitsForPerson = false;
    this.answer = '';
    this.eeprom.load();
    this.card.printing = false;
  }

  /** Where a move with these words ends. */
  target(x: number | undefined, y: number | undefined, z: number | undefined, e: number | undefined): Place {
    const unit = this.inches ? 25.4 : 1;
    const axis = (value: number | undefined, now: number, absolute: boolean): number =>
      value === undefined ? now : absolute ? value * unit : now + value * unit;
    return {
      x: axis(x, this.place.x, this.absolute),
      y: axis(y, this.place.y, this.absolute),
      z: axis(z, this.place.z, this.absolute),
      e: axis(e, this.place.e, this.absoluteE),
    };
  }

  moveTo(to: Place, atMs: number): void {
    this.motion.add(this.place, to, this.feed, atMs);
    this.place = to;
    this.note();
  }

  note(): void {
    this.moves += 1;
    if (this.#records) this.record.push(this.place.x, this.place.y, this.place.z, this.place.e);
  }

  temperatures(atMs: number, dialect: Dialect): string {
    const nozzle = this.nozzle.actualC(atMs);
    const bed = this.bed.actualC(atMs);
    switch (dialect.temperatures) {
      case 'marlin':
        return `T:${nozzle.toFixed(2)} /${this.nozzle.targetC.toFixed(2)} B:${bed.toFixed(2)} /${this.bed.targetC.toFixed(2)} @:0 B@:0`;
      case 'smoothie':
        return `T:${nozzle.toFixed(1)} /${this.nozzle.targetC.toFixed(1)} @0 B:${bed.toFixed(1)} /${this.bed.targetC.toFixed(1)} @0`;
      case 'repetier':
        return `T:${nozzle.toFixed(2)} B:${bed.toFixed(2)} B@:0 @:0`;
    }
  }

  onPrompt(answered: (choice: number) => void): void {
    this.#prompt = answered;
  }

  answerPrompt(line: string): void {
    const choice = /S(\d+)/.exec(line)?.[1];
    const answered = this.#prompt;
    if (choice === undefined || answered === undefined) return;
    this.#prompt = undefined;
    answered(Number(choice));
  }
}

function nozzle(): Heater {
  return new Heater({ reachableC: 400, warmingSeconds: 130, coolingSeconds: 120, ambientC });
}

function bed(): Heater {
  return new Heater({ reachableC: 130, warmingSeconds: 230, coolingSeconds: 600, ambientC });
}
