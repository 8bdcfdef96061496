import { type Bytes, type Clock, type Random, seededRandom } from '../../base/index.ts';
import { type Dialect, dialects, type VirtualFamily } from './dialect.ts';
import { carryOutFault, chatter, type FaultyMachine } from './fault-actions.ts';
import { type FaultAction, type FaultPlan, Noise } from './faults.ts';
import { type Accepted, Intake } from './intake.ts';
import { type Handler, handlers } from './handlers.ts';
import { Machine } from './machine.ts';
import { readWords } from './words.ts';

export interface VirtualOptions {
  readonly family?: VirtualFamily;
  /** Simulated seconds per second of the clock. 1 is lifelike, Infinity takes no time. */
  readonly speed?: number;
  readonly name?: string;
  readonly uuid?: string;
  /** Bytes the serial port holds (128 on AVR boards) and commands the firmware holds (Marlin: 4). */
  readonly rxBufferBytes?: number;
  readonly commandsMax?: number;
  /** Tells each `ok`'s line number and free places. */
  readonly advancedOk?: boolean;
  /** Milliseconds from power to `start`, simulated; what is sent meanwhile is lost. */
  readonly bootMs?: number;
  readonly faults?: FaultPlan;
  readonly seed?: number;
  /** Whether every position is remembered: four numbers for each move. */
  readonly record?: boolean;
}

/** Milliseconds of the clock that the simulation may run ahead before it sleeps: one timer for many short moves. */
const aheadMs = 8;

/** Steps in a row before others get their turn. */
const stepsMax = 512;

/** Milliseconds between `busy` lines, and between `wait` lines, simulated. */
const busyMs = 2_000;
const waitMs = 1_000;

/** Milliseconds of the clock between two looks whether a person has answered. */
const personMs = 250;

/**
 * A printer's firmware on the far side of a byte stream. It shares no code with the host's reading of the protocol.
 * It keeps its own time, which runs `speed` times as fast as the clock; commands use it up, and it sleeps only when
 * it has run ahead.
 */
export class VirtualFirmware {
  readonly machine: Machine;
  readonly #dialect: Dialect;
  readonly #options: VirtualOptions;
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #send: (bytes: Bytes) => void;
  readonly #unplug: () => void;
  readonly #intake: Intake;
  readonly #noise: Noise;
  readonly #faults: FaultPlan;
  readonly #script: { readonly at: number; readonly action: FaultAction }[];
  #epochMs: number;
  #epochSimMs = 0;
  #simMs = 0;
  #task:
    | { readonly accepted: Accepted; readonly steps: Generator<number, void>; readonly beganMs: number }
    | undefined;
  #busyAtMs = 0;
  #waitAtMs = 0;
  #reportAtMs = Infinity;
  #bootedAtMs = 0;
  #booting = false;
  #cancelTimer: (() => void) | undefined;
  #running = false;
  #taken = 0;
  #resets = 0;
  #losesOk = false;
  #doublesOk = false;
  /** The command whose `ok` came before it was carried out. */
  #okSaid: Accepted | undefined;
  #state: 'off' | 'on' | 'halted' | 'silent' = 'off';
  breakWait = false;
  readonly #faulty: FaultyMachine;

  constructor(
    options: VirtualOptions,
    clock: Clock,
    out: { send(bytes: Bytes): void; unplug(): void },
    random?: Random,
  ) {
    const dialect = dialects[options.family ?? 'marlin'];
    this.#dialect =
      options.advancedOk === undefined ? dialect : { ...dialect, advancedOk: options.advancedOk };
    this.#options = options;
    this.#clock = clock;
    this.#speed = options.speed ?? 1;
    this.#send = (bytes) => out.send(bytes);
    this.#unplug = () => out.unplug();
    this.#noise = new Noise(random ?? seededRandom(options.seed ?? 1));
    this.#faults = options.faults ?? {};
    this.#script = [...(this.#faults.script ?? [])].sort((a, b) => a.at - b.at);
    this.#epochMs = clock.monotonicMs();
    this.machine = new Machine(options.record ?? false);
    this.#faulty = {
      say: (line) => this.say(line),
      send: (bytes) => this.#send(bytes),
      reset: (greets) => this.reset(greets),
      halt: (why) => this.halt(why),
      become: (state) => {
        this.#state = state;
      },
      unplug: () => this.#unplug(),
      loseOk: () => {
        this.#losesOk = true;
      },
      doubleOk: () => {
        this.#doublesOk = true;
      },
      loseLine: () => {
        this.#intake.losesLine = true;
      },
      pause: (ms) => {
        this.#simMs += ms;
      },
      askAgain: (back) => this.#askAgain(this.#intake.lastNumber - back),
    };
    this.#intake = new Intake(
      {
        rxBufferBytes: options.rxBufferBytes ?? 128,
        commandsMax: options.commandsMax ?? 4,
        numbers: dialect.numbers,
        repeatsSilently: dialect.repeatsSilently,
      },
      {
        refuses: () => this.#noise.hits(this.#faults.refuse),
        refused: (why, wanted) => this.#refuse(why, wanted),
        emergency: (code, line) => this.#emergency(code, line),
      },
    );
  }

  /** Simulated milliseconds since power came. */
  get nowMs(): number {
    return this.#simMs;
  }
  get dialect(): Dialect {
    return this.#dialect;
  }
  /** Bytes that found the receive buffer full. */
  get overflowBytes(): number {
    return this.#intake.overflowBytes;
  }
  /** The most commands that waited behind the one being carried out. */
  get waitingMax(): number {
    return this.#intake.waitingMax;
  }
  /** Commands carried out since power came. */
  get taken(): number {
    return this.#taken;
  }
  identity(): string {
    return this.#dialect.identity
      .replace('{machine}', this.#options.name ?? 'Virtual Printer')
      .replace('{uuid}', this.#options.uuid ?? '00000000-0000-4000-8000-000000000001');
  }

  /** What opening the port does to most boards: a reset. */
  powerOn(): void {
    this.#state = 'on';
    this.#epochMs = this.#clock.monotonicMs();
    this.#epochSimMs = this.#simMs;
    this.reset();
  }

  /** Cuts the power: no timer stays. */
  /** The mains fail: what it was heated for is forgotten. */
  powerOff(): void {
    this.machine.nozzle.setTarget(0, this.#simMs);
    this.machine.bed.setTarget(0, this.#simMs);
    this.retire();
  }

  /** Nobody needs it any more: its timers end, and the machine stays as it stands. */
  retire(): void {
    this.#state = 'off';
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#task = undefined;
  }

  reset(greets = true): void {
    this.#resets += 1;
    this.#intake.reset();
    this.#task = undefined;
    this.machine.reset(this.#simMs);
    this.#reportAtMs = Infinity;
    this.#state = 'on';
    this.#booting = greets;
    this.#bootedAtMs = this.#simMs + (this.#options.bootMs ?? 300);
    this.#wake();
  }

  /** Bytes arrive from the host. */
  receive(bytes: Uint8Array): void {
    if (this.#state === 'off' || this.#state === 'silent') return;
    if (this.#booting && !this.#caughtUp(this.#bootedAtMs)) return;
    const { upFlip: flip, upDrop: drop, upInsert: insert } = this.#faults;
    const spoilt =
      flip === undefined && drop === undefined && insert === undefined
        ? bytes
        : this.#noise.spoil(bytes, { flip, drop, insert });
    this.#intake.receive(spoilt);
    if (this.#state === 'halted') {
      this.#intake.reset();
      return;
    }
    this.#intake.read();
    if (!this.#running) this.#run();
  }

  /** Sends a line to the host. */
  say(line: string): void {
    if (this.#state === 'off' || this.#state === 'silent') return;
    const bytes = new Uint8Array(line.length + 1);
    for (let i = 0; i < line.length; i++) bytes[i] = line.charCodeAt(i);
    bytes[line.length] = 10;
    const { downFlip: flip, downDrop: drop } = this.#faults;
    this.#send(flip === undefined && drop === undefined ? bytes : this.#noise.spoil(bytes, { flip, drop }));
  }

  /** A person presses the button at the printer. */
  press(): void {
    this.breakWait = true;
  }

  reportEvery(seconds: number): void {
    this.#reportAtMs = seconds > 0 ? this.#simMs + 1000 * seconds : Infinity;
    this.machine.reportSeconds = seconds;
  }

  /** Stops for good, until a reset. */
  halt(why: string): void {
    this.machine.reset(this.#simMs);
    this.say(`Error:${why}`);
    this.say('Error:Printer halted. kill() called!');
    this.#state = 'halted';
    this.#task = undefined;
    this.#intake.reset();
  }

  /** Simulated time has caught up with this moment; time passes for an idle machine, too. */
  #caughtUp(simMs: number): boolean {
    if (this.#speed === Infinity) this.#simMs = Math.max(this.#simMs, simMs);
    else this.#simMs = Math.max(this.#simMs, this.#wallSimMs());
    return this.#simMs >= simMs;
  }

  #wallSimMs(): number {
    return this.#epochSimMs + (this.#clock.monotonicMs() - this.#epochMs) * this.#speed;
  }

  #wake(): void {
    if (!this.#running) this.#run();
  }

  #sleep(simMs: number, leastMs = 0): void {
    this.#cancelTimer?.();
    const wallMs = this.#speed === Infinity ? 0 : (simMs - this.#wallSimMs()) / this.#speed;
    this.#cancelTimer = this.#clock.after(Math.max(leastMs, wallMs), () => {
      this.#cancelTimer = undefined;
      this.#run();
    });
  }

  #run(): void {
    this.#running = true;
    this.#loop();
    this.#running = false;
  }

  #loop(): void {
    for (let steps = 0; ; steps++) {
      if (this.#state !== 'on') return;
      if (this.#booting) {
        if (!this.#caughtUp(this.#bootedAtMs)) {
          this.#sleep(this.#bootedAtMs);
          return;
        }
        this.#booting = false;
        for (const line of this.#dialect.greeting) this.say(line);
      }
      if (this.#speed !== Infinity && (this.#simMs - this.#wallSimMs()) / this.#speed > aheadMs) {
        this.#sleep(this.#simMs);
        return;
      }
      if (steps >= stepsMax) {
        this.#sleep(this.#simMs);
        return;
      }
      this.#intake.read();
      this.#report();
      if (this.#task === undefined) {
        const accepted = this.#intake.commands.shift();
        if (accepted === undefined) {
          this.#idle();
          return;
        }
        this.#start(accepted);
        continue;
      }
      const step = this.#task.steps.next();
      // A handler may have halted or reset the machine.
      const task = this.#task as { readonly accepted: Accepted; readonly beganMs: number } | undefined;
      if (task === undefined) continue;
      if (step.done === true) {
        this.#task = undefined;
        this.#ok(task.accepted);
        continue;
      }
      this.#simMs += Math.max(0, step.value);
      // A person takes a person's time, however fast the machine is.
      const waits = this.machine.waitsForPerson;
      if (this.#dialect.busy && this.#simMs - Math.max(task.beganMs, this.#busyAtMs) >= busyMs) {
        this.#busyAtMs = this.#simMs;
        this.say(this.machine.waitsForPerson ? 'echo:busy: paused for user' : 'echo:busy: processing');
      }
      if (waits) {
        this.#sleep(this.#simMs, personMs);
        return;
      }
    }
  }

  #idle(): void {
    if (this.#speed === Infinity) return;
    this.#simMs = Math.max(this.#simMs, this.#wallSimMs());
    this.#report();
    let nextMs = this.#reportAtMs;
    if (this.#dialect.waits) {
      if (this.#simMs >= this.#waitAtMs + waitMs) {
        this.#waitAtMs = this.#simMs;
        this.say('wait');
      }
      nextMs = Math.min(nextMs, this.#waitAtMs + waitMs);
    }
    // However fast time runs, an idle machine needs no more than some reports a second.
    if (nextMs !== Infinity) this.#sleep(nextMs, 100);
  }

  #report(): void {
    if (this.#simMs < this.#reportAtMs) return;
    this.#reportAtMs = this.#simMs + 1000 * this.machine.reportSeconds;
    this.say(` ${this.machine.temperatures(this.#simMs, this.#dialect)}`);
  }

  #start(accepted: Accepted): void {
    if (accepted.text.includes('M110')) {
      const match = /N(-?\d+)/.exec(accepted.text);
      if (match !== null) this.#intake.lastNumber = Number(match[1]);
      this.#ok(accepted);
      return;
    }
    this.#taken += 1;
    const resets = this.#resets;
    this.#scripted();
    // A reset takes the command with it.
    if (this.#state !== 'on' || this.#resets !== resets) return;
    if (this.#noise.hits(this.#faults.chatter)) this.say(chatter(this.#noise, this.#dialect.busy));
    this.#waitAtMs = this.#simMs;
    if (this.#faults.okFirst === true) {
      this.#ok(accepted);
      this.#okSaid = accepted;
    }
    const words = readWords(accepted.text);
    const handler: Handler | undefined = words.code.startsWith('T') ? handlers['T'] : handlers[words.code];
    if (handler === undefined) {
      this.say(this.#dialect.unknown(accepted.text));
      this.#ok(accepted);
      return;
    }
    const steps = handler(words, this.machine, this);
    // A handler that waits for nothing is done at once.
    if (steps === undefined) {
      if (this.#state === 'on' && !this.#booting) this.#ok(accepted);
    } else {
      this.breakWait = false;
      this.#task = { accepted, steps, beganMs: this.#simMs };
    }
  }

  #ok(accepted: Accepted): void {
    const values = this.machine.answer;
    this.machine.answer = '';
    if (accepted === this.#okSaid) {
      if (values !== '') this.say(values);
      return;
    }
    if (this.#losesOk || this.#noise.hits(this.#faults.okLost)) {
      this.#losesOk = false;
      return;
    }
    let line = 'ok';
    if (this.#dialect.advancedOk && accepted.number !== undefined) {
      line += ` N${accepted.number} P${this.machine.motion.free(this.#simMs)} B${(this.#options.commandsMax ?? 4) - this.#intake.commands.length}`;
    }
    if (values !== '') line += ` ${values}`;
    this.say(line);
    if (this.#doublesOk || this.#noise.hits(this.#faults.okDoubled)) {
      this.#doublesOk = false;
      this.say(line);
    }
    if (this.#noise.hits(this.#faults.resendWithoutNeed))
      this.#askAgain(this.#intake.lastNumber - this.#noise.below(2));
  }

  #refuse(why: string, wanted: number): void {
    this.say(`Error:${why}`);
    this.#askAgain(wanted);
  }

  #askAgain(wanted: number): void {
    this.say(this.#faults.shortResends === true ? `rs N${wanted}` : `Resend: ${wanted}`);
    if (this.#faults.resendsWithoutOk !== true) this.say('ok');
  }

  #emergency(code: string, line: string): void {
    if (!this.#dialect.emergencyParser || this.#state !== 'on') return;
    if (code === 'M112') this.halt('Emergency stop (M112)');
    else if (code === 'M108') this.breakWait = true;
    else if (code === 'M410') this.machine.motion.stop(this.#simMs);
    else if (code === 'M876') this.machine.answerPrompt(line);
  }

  #scripted(): void {
    while (this.#script[0] !== undefined && this.#script[0].at <= this.#taken) {
      const action = this.#script.shift()?.action;
      if (action !== undefined) carryOutFault(action, this.#faulty);
    }
  }
}
