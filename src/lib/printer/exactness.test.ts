import { describe, expect, test } from 'vitest';
import { silentLog, seededRandom, type Random } from '../base/index.ts';
import { PrinterHost } from './host.ts';
import type { PrinterStatus, PrintOutcome } from './port.ts';
import { expectedRecord, JumpingClock, jobOf } from './test-kit.ts';
import { type FaultAction, type FaultPlan, VirtualLink, type VirtualOptions } from './virtual/index.ts';

/** To see one seed's lines: `PRINTER_TRACE=1 PRINTER_SEEDS=1 PRINTER_SEED=42 npx vitest run …`. */
/** Seeds per run. Thousands were run by hand: `PRINTER_SEEDS=5000 npx vitest run src/lib/printer/exactness.test.ts`. */
const seeds = Number(process.env['PRINTER_SEEDS'] ?? 300);
const firstSeed = Number(process.env['PRINTER_SEED'] ?? 1);

function file(random: Random): string {
  const lines = ['M73 P0 R1', 'G28', 'M83', 'G92 E0'];
  // Small steps while relative: a single move of minutes would look like a dead printer to anybody.
  let reach = 200_000;
  const count = 40 + random.below(160);
  for (let i = 0; i < count; i++) {
    const number = (): string => (random.below(reach) / 1000).toString();
    const kind = random.below(20);
    if (kind === 0) lines.push('M106 S128 ; fan', '');
    else if (kind === 1) {
      reach = reach === 200_000 ? 10_000 : 200_000;
      lines.push(reach === 200_000 ? 'G90' : 'G91', 'M83');
    } else if (kind === 2) lines.push('G92 E0');
    else if (kind === 3) lines.push(`M73 P${Math.floor((100 * i) / count)}`);
    else if (kind === 4) lines.push('M104 S40', 'M109 S60');
    else
      lines.push(
        `G1 X${number()} Y${number()} E${(random.below(1000) / 1000).toString()} F${1800 + random.below(6000)}`,
      );
  }
  return lines.join('\n');
}

function options(random: Random, seed: number): VirtualOptions {
  const sometimes = (every: number): { every: number } | undefined =>
    random.below(3) === 0 ? { every } : undefined;
  const actions: FaultAction[] = [
    'reset',
    'reset-silently',
    'halt',
    'go-silent',
    'unplug',
    'unplug-mid-line',
    'error',
    'two-line-error',
    'action-pause',
    'action-paused',
    'lose-ok',
    'lose-ok',
    'double-ok',
    'stale-start-text',
  ];
  const script = Array.from({ length: random.below(4) }, () => ({
    at: 6 + random.below(150),
    action: actions[random.below(actions.length)] ?? 'lose-ok',
  }));
  const faults: FaultPlan = {
    ...(sometimes(0) && { upFlip: 200 + random.below(2000) }),
    ...(sometimes(0) && { upDrop: 300 + random.below(3000) }),
    ...(sometimes(0) && { upInsert: 300 + random.below(3000) }),
    ...(sometimes(0) && { downFlip: 50 + random.below(500) }),
    ...(sometimes(0) && { downDrop: 50 + random.below(500) }),
    ...(sometimes(0) && { okLost: 20 + random.below(100) }),
    ...(sometimes(0) && { okDoubled: 20 + random.below(100) }),
    ...(sometimes(0) && { resendWithoutNeed: 20 + random.below(100) }),
    ...(sometimes(0) && { chatter: 5 + random.below(50) }),
    resendsWithoutOk: random.below(5) === 0,
    shortResends: random.below(4) === 0,
    cut: random.below(2) === 0,
    ...(random.below(2) === 0 && { script }),
  };
  const families = ['marlin', 'marlin', 'marlin-1', 'prusa', 'repetier', 'smoothie', 'reprap'] as const;
  return {
    speed: random.below(2) === 0 ? 1 : Infinity,
    family: families[random.below(families.length)] ?? 'marlin',
    advancedOk: random.below(3) === 0,
    commandsMax: 1 + random.below(8),
    rxBufferBytes: [64, 128, 256][random.below(3)] ?? 128,
    record: true,
    seed,
    faults,
  };
}

interface Run {
  readonly outcome: PrintOutcome | undefined;
  readonly status: PrinterStatus;
  readonly record: readonly number[];
  readonly expected: readonly number[];
  readonly plan: VirtualOptions;
}

async function run(seed: number): Promise<Run> {
  const random = seededRandom(seed);
  const gcode = file(random);
  const plan = options(random, seed);
  const clock = new JumpingClock();
  const link = new VirtualLink(plan, clock);
  // A pause that moves nothing, so that the record is the file's alone.
  const host = new PrinterHost(link, clock, silentLog, {
    scripts: { pause: '', resume: '', cancel: '', start: '' },
  });
  if (process.env['PRINTER_TRACE'] !== undefined) {
    host.onTerminal((line) =>
      process.stderr.write(`${line.atMs.toFixed(0)} ${line.direction === 'sent' ? '>' : '<'} ${line.text}\n`),
    );
  }
  const expected = expectedRecord(gcode);
  const connected = await clock.until(host.connect());
  const print = connected.ok ? host.print(jobOf(gcode)) : undefined;
  let outcome: PrintOutcome | undefined;
  if (print?.ok === true) {
    host.onStatus((status) => {
      // A person who looks at it and finds nothing wrong.
      if (status.state === 'paused') clock.after(5_000, () => void host.resume());
    });
    outcome = await clock.until(print.value);
  }
  const { record } = link.firmware.machine;
  const status = host.status();
  await host.close();
  return { outcome, status, record, expected, plan };
}

const truths: Readonly<Record<string, (plan: FaultPlan, happened: ReadonlySet<string>) => boolean>> = {
  'printer-reset': (_, script) => script.has('reset') || script.has('reset-silently'),
  'lost-lines': (plan, script) =>
    script.has('reset') ||
    script.has('reset-silently') ||
    plan.downFlip !== undefined ||
    plan.downDrop !== undefined,
  halted: (_, script) => script.has('halt') || script.has('two-line-error'),
  silent: (_, script) => script.has('go-silent') || script.has('halt') || script.has('two-line-error'),
  // Before the first move an error ends the print; later it pauses it.
  'printer-error': (plan, script) =>
    script.has('error') ||
    script.has('two-line-error') ||
    plan.downFlip !== undefined ||
    plan.downDrop !== undefined,
  unplugged: (_, script) => script.has('unplug') || script.has('unplug-mid-line'),
};

describe('exactly once', () => {
  test(`under any mix of faults the head goes where the file says, in order, once, or the print says truly why not (${seeds} seeds)`, async () => {
    const outcomes = new Map<string, number>();
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const { outcome, status, record, expected, plan } = await run(seed);
      const key = outcome === undefined ? `not connected: ${status.problem?.code ?? ''}` : outcome.code;
      outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
      const where = `seed ${seed}: ${key}: ${outcome?.reason ?? status.problem?.text ?? ''} ${JSON.stringify(plan)}`;
      // Never a place too many, too early, or twice.
      const wrong = record.findIndex((value, index) => value !== expected[index]);
      expect(wrong, `${where}: move ${Math.floor(wrong / 4)} is wrong`).toBe(-1);
      if (outcome?.outcome === 'good')
        expect(record.length, `${where}: moves are missing`).toBe(expected.length);
      else if (outcome !== undefined) {
        const happened = new Set((plan.faults?.script ?? []).map((fault) => fault.action));
        expect(truths[outcome.code]?.(plan.faults ?? {}, happened), `${where}: not the true reason`).toBe(
          true,
        );
      }
    }
    if (process.env['PRINTER_SEEDS'] !== undefined)
      process.stderr.write(`${JSON.stringify([...outcomes])}\n`);
    expect(outcomes.get('good') ?? 0).toBeGreaterThan(seeds / 2);
  }, 600_000);
});
