import { type Result, ok, refuse } from '../base/index.ts';
import { nozzleTargetMaxC, bedTargetMaxC, chamberTargetMaxC, extrudeMinC } from './limits.ts';
import type { HeatLimits, ManualAction, ManualKind, PrinterState, Temperatures, WhyNot } from './port.ts';
import { heatersOff } from './scripts.ts';

/** What decides whether a person may move, heat or adjust the printer by hand now. */
export interface ManualRoom {
  readonly state: PrinterState;
  readonly temperatures: Temperatures;
  readonly limits: HeatLimits;
  /** While paused: whether our own pause moved the head away, so that our resume brings it back. */
  readonly movable: boolean;
}

/** Limits for hands where nobody has said any. */
export const standardHeatLimits: HeatLimits = {
  nozzleMaxC: nozzleTargetMaxC,
  bedMaxC: bedTargetMaxC,
  chamberMaxC: chamberTargetMaxC,
  extrudeMinC,
};

/** Longest single move by hand, millimetres: more is a mistyped number. */
const jogMmMax = 300;
/** Longest single push of filament, millimetres: one length of a Bowden tube. */
const extrudeMmMax = 200;

/** Why each kind of action is not possible now, in a sentence. What is not named is possible. */
export function whyNot({ state, temperatures, limits, movable }: ManualRoom): WhyNot {
  const all = (text: string): WhyNot => ({
    jog: text,
    home: text,
    extrude: text,
    heat: text,
    cool: text,
    pace: text,
    motors: text,
    send: text,
  });
  switch (state) {
    case 'idle':
    case 'disconnected':
      return all('The printer is not connected.');
    case 'connecting':
      return all('The printer is still being greeted.');
    case 'failed':
      return all('The printer has stopped. Reset it and connect it again.');
    case 'starting':
    case 'pausing':
    case 'resuming':
    case 'cancelling':
    case 'finishing':
      return all('Wait a moment: the printer is busy with a print.');
    case 'printing': {
      const text = 'It prints. Pause it first.';
      return {
        jog: text,
        home: text,
        extrude: text,
        motors: text,
        send: text,
        cool: 'It prints. Cancel the print to switch the heaters off.',
      };
    }
    case 'paused': {
      const place = 'This would lose the place of the paused print.';
      const away = 'The printer paused itself. Move it at its own display.';
      return {
        home: place,
        motors: place,
        ...(movable ? {} : { jog: away }),
        ...((why) => (why === undefined ? {} : { extrude: why }))(
          movable ? tooCold(temperatures, limits) : away,
        ),
      };
    }
    case 'ready': {
      const why = tooCold(temperatures, limits);
      return why === undefined ? {} : { extrude: why };
    }
  }
}

/** Filament is pushed only through a nozzle that melts it: cold, the extruder grinds it. */
function tooCold(temperatures: Temperatures, limits: HeatLimits): string | undefined {
  const nozzle = temperatures.tools[0];
  if (nozzle === undefined) return 'The printer has not told how hot the nozzle is.';
  if (nozzle.actualC >= limits.extrudeMinC) return undefined;
  return `The nozzle has ${Math.round(nozzle.actualC)} °C. Filament moves from ${limits.extrudeMinC} °C on: heat it first.`;
}

/** Which reason of `whyNot` an action falls under. */
export function kindOf(action: ManualAction): ManualKind {
  switch (action.type) {
    case 'fan':
    case 'speed':
    case 'flow':
      return 'pace';
    case 'motors-off':
      return 'motors';
    default:
      return action.type;
  }
}

/** The commands of an action, or why it is not done. Pure: the same for the host, the page and a dry look. */
export function manualCommands(action: ManualAction, room: ManualRoom): Result<readonly string[]> {
  const why = whyNot(room)[kindOf(action)];
  if (why !== undefined) return refuse('not-now', why);
  switch (action.type) {
    case 'jog': {
      if (!within(action.mm, -jogMmMax, jogMmMax))
        return refuse('too-far', `One step is at most ${jogMmMax} mm.`);
      const axis = action.axis.toUpperCase();
      const feed = action.axis === 'z' ? 600 : 3000;
      return ok(['G91', `G1 ${axis}${round(action.mm)} F${feed}`, 'G90', 'M114']);
    }
    case 'home':
      return ok([
        `G28${action.axes === 'all' ? '' : ` ${[...action.axes.toUpperCase()].join(' ')}`}`,
        'M114',
      ]);
    case 'extrude': {
      if (!within(action.mm, -extrudeMmMax, extrudeMmMax))
        return refuse('too-far', `One push is at most ${extrudeMmMax} mm.`);
      // Slow enough for every hot end to melt it; back at twice that.
      return ok(['M83', `G1 E${round(action.mm)} F${action.mm > 0 ? 200 : 400}`, 'M82']);
    }
    case 'heat':
      return heat(action, room);
    case 'cool':
      return ok(heatersOff(room.temperatures));
    case 'fan':
      if (!within(action.percent, 0, 100)) return refuse('range', 'The fan takes 0 to 100 %.');
      return ok([action.percent === 0 ? 'M107' : `M106 S${Math.round(action.percent * 2.55)}`]);
    case 'speed':
      if (!within(action.percent, 10, 300)) return refuse('range', 'The speed takes 10 to 300 %.');
      return ok([`M220 S${Math.round(action.percent)}`]);
    case 'flow':
      if (!within(action.percent, 50, 150)) return refuse('range', 'The flow takes 50 to 150 %.');
      return ok([`M221 S${Math.round(action.percent)}`]);
    case 'motors-off':
      return ok(['M84']);
  }
}

function heat(action: Extract<ManualAction, { type: 'heat' }>, room: ManualRoom): Result<readonly string[]> {
  const { limits } = room;
  const max = { nozzle: limits.nozzleMaxC, bed: limits.bedMaxC, chamber: limits.chamberMaxC }[action.part];
  if (!within(action.celsius, 0, max)) {
    return refuse(
      'too-hot',
      `The limit of this printer's ${action.part} is ${max} °C. It can be changed in its profile.`,
    );
  }
  // A nozzle that goes cold under way tears the print off; off is what cancelling does.
  if (room.state === 'printing' && action.part === 'nozzle' && action.celsius < limits.extrudeMinC)
    return refuse(
      'too-cold',
      `It prints: the nozzle must stay at ${limits.extrudeMinC} °C or more. Pause or cancel first.`,
    );
  const code = { nozzle: 'M104', bed: 'M140', chamber: 'M141' }[action.part];
  const tool = action.tool === undefined ? '' : ` T${action.tool}`;
  return ok([`${code}${tool} S${Math.round(action.celsius)}`]);
}

const within = (value: number, min: number, max: number): boolean =>
  Number.isFinite(value) && value >= min && value <= max;

const round = (value: number): number => Math.round(value * 1000) / 1000;
