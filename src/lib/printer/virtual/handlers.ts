import type { VirtualFirmware } from './firmware.ts';
import type { Machine } from './machine.ts';
import { storageHandlers } from './storage.ts';
import type { Heater } from './thermal.ts';
import type { Words } from './words.ts';

/** Carries out a command. One that takes time gives steps, each of so many simulated milliseconds. */
export type Handler = (
  words: Words,
  machine: Machine,
  firmware: VirtualFirmware,
) => Generator<number, void> | undefined;

const now = (run: (words: Words, machine: Machine, firmware: VirtualFirmware) => void): Handler => {
  return (words, machine, firmware) => {
    run(words, machine, firmware);
    return undefined;
  };
};

const nothing = now(() => {
  // Accepted, and of no effect here.
});

/** Milliseconds between the temperature lines of a heater that is waited for. */
const heatingReportMs = 1_000;

const move: Handler = (words, machine, firmware) => {
  const feed = words.number('F');
  if (feed !== undefined && feed > 0) machine.feed = ((machine.inches ? 25.4 : 1) * feed) / 60;
  if (!words.has('X') && !words.has('Y') && !words.has('Z') && !words.has('E')) return undefined;
  const fullMs = machine.motion.fullMs(firmware.nowMs);
  if (fullMs > 0) return moveLater(words, machine, firmware, fullMs);
  moveNow(words, machine, firmware);
  return undefined;
};

function* moveLater(
  words: Words,
  machine: Machine,
  firmware: VirtualFirmware,
  fullMs: number,
): Generator<number, void> {
  yield* pass(fullMs);
  moveNow(words, machine, firmware);
}

function moveNow(words: Words, machine: Machine, firmware: VirtualFirmware): void {
  machine.moveTo(
    machine.target(words.number('X'), words.number('Y'), words.number('Z'), words.number('E')),
    firmware.nowMs,
  );
}

/** Time in slices, so that reports and the serial port get their turns. */
function* pass(ms: number): Generator<number, void> {
  for (let left = ms; left > 0; left -= 500) yield Math.min(500, left);
}

function* dwell(words: Words, machine: Machine, firmware: VirtualFirmware): Generator<number, void> {
  yield* pass(machine.motion.restMs(firmware.nowMs));
  yield* pass(1000 * (words.number('S') ?? 0) + (words.number('P') ?? 0));
}

function* home(words: Words, machine: Machine, firmware: VirtualFirmware): Generator<number, void> {
  yield* pass(machine.motion.restMs(firmware.nowMs));
  yield* pass(8_000);
  const all = !words.has('X') && !words.has('Y') && !words.has('Z');
  machine.place = {
    x: all || words.has('X') ? 0 : machine.place.x,
    y: all || words.has('Y') ? 0 : machine.place.y,
    z: all || words.has('Z') ? 0 : machine.place.z,
    e: machine.place.e,
  };
  machine.note();
}

const heat = (of: 'nozzle' | 'bed'): Handler =>
  now((words, machine, firmware) => {
    machine[of].setTarget(words.number('S') ?? 0, firmware.nowMs);
    tellTarget(of, machine, firmware);
  });

function tellTarget(of: 'nozzle' | 'bed', machine: Machine, firmware: VirtualFirmware): void {
  if (firmware.dialect.temperatures !== 'repetier') return;
  firmware.say(of === 'bed' ? `TargetBed:${machine.bed.targetC}` : `TargetExtr0:${machine.nozzle.targetC}`);
}

const heatAndWait =
  (of: 'nozzle' | 'bed'): Handler =>
  (words, machine, firmware) => {
    const target = words.number('S') ?? words.number('R');
    if (target !== undefined) machine[of].setTarget(target, firmware.nowMs);
    tellTarget(of, machine, firmware);
    return waitForHeat(machine[of], machine, firmware);
  };

function* waitForHeat(heater: Heater, machine: Machine, firmware: VirtualFirmware): Generator<number, void> {
  while (heater.heatingMs(firmware.nowMs) > 0 && !firmware.breakWait) {
    firmware.say(machine.temperatures(firmware.nowMs, firmware.dialect));
    yield Math.min(heatingReportMs, Math.max(1, heater.heatingMs(firmware.nowMs)));
  }
}

function* finishMoves(_: Words, machine: Machine, firmware: VirtualFirmware): Generator<number, void> {
  yield* pass(machine.motion.restMs(firmware.nowMs));
}

/** M0, M600: asks, and waits for the answer at the display or by M876. */
const ask =
  (question: string): Handler =>
  (_, machine, firmware) =>
    waitForPerson(question, machine, firmware);

function* waitForPerson(
  question: string,
  machine: Machine,
  firmware: VirtualFirmware,
): Generator<number, void> {
  let answered = false;
  machine.onPrompt(() => {
    answered = true;
  });
  firmware.say(`//action:prompt_begin ${question}`);
  firmware.say('//action:prompt_button Continue');
  firmware.say('//action:prompt_show');
  machine.waitsForPerson = true;
  while (!answered && !firmware.breakWait) yield 250;
  machine.waitsForPerson = false;
  firmware.say('//action:prompt_end');
}

const identify = now((_, __, firmware) => {
  firmware.say(firmware.identity());
  for (const capability of firmware.dialect.capabilities) firmware.say(`Cap:${capability}`);
});

const whereIsIt = now((_, machine, firmware) => {
  const { x, y, z, e } = machine.place;
  firmware.say(
    `X:${x.toFixed(2)} Y:${y.toFixed(2)} Z:${z.toFixed(2)} E:${e.toFixed(2)} ` +
      `Count X:${Math.round(x * 80)} Y:${Math.round(y * 80)} Z:${Math.round(z * 400)}`,
  );
});

export const handlers: Readonly<Record<string, Handler>> = {
  ...storageHandlers,
  G0: move,
  G1: move,
  G2: move,
  G3: move,
  G4: dwell,
  G20: now((_, machine) => (machine.inches = true)),
  G21: now((_, machine) => (machine.inches = false)),
  G28: home,
  G29: home,
  G90: now((_, machine) => (machine.absolute = machine.absoluteE = true)),
  G91: now((_, machine) => (machine.absolute = machine.absoluteE = false)),
  G92: now((words, machine) => {
    const unit = machine.inches ? 25.4 : 1;
    for (const [letter, axis] of [
      ['X', 'x'],
      ['Y', 'y'],
      ['Z', 'z'],
      ['E', 'e'],
    ] as const) {
      const value = words.number(letter);
      if (value !== undefined) machine.place = { ...machine.place, [axis]: value * unit };
    }
  }),
  M0: ask('Click to continue'),
  M1: ask('Click to continue'),
  M18: nothing,
  M73: nothing,
  M82: now((_, machine) => (machine.absoluteE = true)),
  M83: now((_, machine) => (machine.absoluteE = false)),
  M84: nothing,
  M104: heat('nozzle'),
  M105: now((_, machine, firmware) => {
    machine.answer = machine.temperatures(firmware.nowMs, firmware.dialect);
  }),
  M106: now((words, machine) => (machine.fan = words.number('S') ?? 255)),
  M107: now((_, machine) => (machine.fan = 0)),
  M108: now((_, __, firmware) => (firmware.breakWait = true)),
  M109: heatAndWait('nozzle'),
  M112: now((_, __, firmware) => firmware.halt('Emergency stop (M112)')),
  M113: nothing,
  M114: whereIsIt,
  M115: identify,
  M117: nothing,
  M118: now((words, _, firmware) => firmware.say(words.text.slice(5))),
  M119: now((_, __, firmware) => firmware.say('x_min: open')),
  M140: heat('bed'),
  M155: now((words, _, firmware) => firmware.reportEvery(words.number('S') ?? 0)),
  M190: heatAndWait('bed'),
  M201: nothing,
  M203: nothing,
  M204: nothing,
  M205: nothing,
  M220: nothing,
  M221: nothing,
  M400: finishMoves,
  M410: nothing,
  M600: ask('Nozzle Parked'),
  M862: nothing,
  M876: now((words, machine) => machine.answerPrompt(words.text)),
  T: nothing,
};
