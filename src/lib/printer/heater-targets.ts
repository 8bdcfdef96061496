import { wordOf } from '../gcode/index.ts';
import { bedTargetMaxC, chamberTargetMaxC, nozzleTargetMaxC } from './limits.ts';
import type { Temperature, Temperatures } from './port.ts';

/**
 * Reports in a row that must tell another target than was sent before it is believed: somebody turned it at the printer's own display. One
 * report may be misread ("/60.0" that lost its point is 600), three alike are not.
 */
const reportsBelieved = 3;

type Heater = 'bed' | 'chamber' | number;

interface Doubt {
  readonly targetC: number;
  readonly times: number;
}

/** What each heater is to hold: as it was sent, whoever sent it, and not as a noisy line may tell it. */
export class HeaterTargets {
  readonly #sent = new Map<Heater, number>();
  readonly #doubts = new Map<Heater, Doubt>();
  #tool = 0;

  /** Reads a line as it went to the printer, numbered or not. */
  sent(line: string): void {
    // Nearly all lines are moves: one look tells.
    const at = line.startsWith('N') ? line.indexOf(' ') + 1 : 0;
    const letter = line[at];
    if (letter !== 'M' && letter !== 'T') return;
    const star = line.lastIndexOf('*');
    const command = line.slice(at, star < 0 ? undefined : star);
    const code = /^(?:M1(?:04|09|40|90|41|91)|T\d+)(?!\d)/.exec(command)?.[0];
    if (code === undefined) return;
    if (letter === 'T') {
      this.#tool = Number(code.slice(1));
      return;
    }
    const targetC = wordOf(command, 'S') ?? wordOf(command, 'R');
    if (targetC === undefined) return;
    const heater = heaters[code] ?? wordOf(command, 'T') ?? this.#tool;
    this.#sent.set(heater, targetC);
    this.#doubts.delete(heater);
  }

  /** What the printer tells of itself. */
  told(temperatures: Temperatures): void {
    for (const [heater, { targetC }] of partsOf(temperatures)) this.#hear(heater, targetC);
  }

  /** The firmware began anew: every heater is off. */
  reset(): void {
    this.#sent.clear();
    this.#doubts.clear();
    this.#tool = 0;
  }

  /** Temperatures as told, with the targets that were sent; of heaters that nobody set here, what was told counts where a printer can have it. */
  corrected(told: Temperatures): Temperatures {
    const part = (heater: Heater, { actualC, targetC }: Temperature): Temperature => ({
      actualC,
      targetC: this.#sent.get(heater) ?? (targetC <= maxOf(heater) ? targetC : 0),
    });
    return {
      tools: told.tools.map((each, tool) => part(tool, each)),
      ...(told.bed && { bed: part('bed', told.bed) }),
      ...(told.chamber && { chamber: part('chamber', told.chamber) }),
    };
  }

  #hear(heater: Heater, targetC: number): void {
    const sent = this.#sent.get(heater);
    // A heater that firmware switched off while it waited (M600, an idle time-out) is to be hot again afterwards.
    if (sent === undefined || sent === targetC || targetC === 0 || targetC > maxOf(heater)) {
      this.#doubts.delete(heater);
      return;
    }
    const before = this.#doubts.get(heater);
    const times = before?.targetC === targetC ? before.times + 1 : 1;
    if (times < reportsBelieved) this.#doubts.set(heater, { targetC, times });
    else {
      this.#doubts.delete(heater);
      this.#sent.set(heater, targetC);
    }
  }
}

const heaters: Readonly<Record<string, Heater>> = {
  M140: 'bed',
  M190: 'bed',
  M141: 'chamber',
  M191: 'chamber',
};

function maxOf(heater: Heater): number {
  if (heater === 'bed') return bedTargetMaxC;
  return heater === 'chamber' ? chamberTargetMaxC : nozzleTargetMaxC;
}

function partsOf({ tools, bed, chamber }: Temperatures): [Heater, Temperature][] {
  return [
    ...tools.map((part, tool): [Heater, Temperature] => [tool, part]),
    ...(bed === undefined ? [] : [['bed', bed] as [Heater, Temperature]]),
    ...(chamber === undefined ? [] : [['chamber', chamber] as [Heater, Temperature]]),
  ];
}
