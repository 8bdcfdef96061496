import { type Clock, delay, type Log, messageOf, ok, refuse, type Result } from '../base/index.ts';
import { stripped } from '../gcode/index.ts';
import type { Driver } from './driver.ts';
import {
  autoReportSeconds,
  firstBaudMs,
  helloMs,
  hushMs,
  hushMsMax,
  identifyMs,
  nextBaudMs,
} from './limits.ts';
import type { FirmwareInfo, Link } from './port.ts';
import type { ProtocolEffect } from './protocol.ts';
import { familyOf } from './replies.ts';

/** Milliseconds for the `ok`s of greetings that were sent while the printer booted. */
const stragglersMs = 300;

/** Times that M115 is asked while no name comes. */
const identifyTimes = 2;

export interface Finding {
  readonly link: Link;
  readonly clock: Clock;
  readonly log: Log;
  readonly bauds: readonly number[];
  readonly driver: Pick<Driver, 'greet' | 'garbage' | 'heardAtMs'>;
  /** Tells the given function what happens next; undefined to stop. */
  next(listener: ((what: 'greeted' | 'restarted' | 'ended') => void) | undefined): void;
  /** False when somebody else has taken over. */
  wanted(): boolean;
}

/** Greets at each speed until a printer answers. */
export async function findPrinter(finding: Finding): Promise<Result<void>> {
  const { link, log } = finding;
  const own = link.baud;
  const speeds: (number | undefined)[] =
    link.reopen === undefined
      ? [own]
      : [own ?? finding.bauds[0], ...finding.bauds.filter((baud) => baud !== (own ?? finding.bauds[0]))];
  for (const [index, baud] of speeds.entries()) {
    if (index > 0 && baud !== undefined && link.reopen !== undefined) {
      try {
        await link.reopen(baud);
      } catch (error) {
        return refuse('port', `The port could not be opened at ${baud} baud: ${messageOf(error)}`);
      }
      if (!finding.wanted()) return refuse('superseded', 'Connecting was given up.');
      log.info(`trying ${baud} baud`);
    }
    const found = await hello(finding, index === 0 ? firstBaudMs : nextBaudMs);
    if (found === 'greeted') return ok(undefined);
    if (found === 'ended') return refuse('disconnected', link.ended()?.text ?? 'The connection ended.');
  }
  return refuse(
    'no-answer',
    link.reopen === undefined
      ? 'Nothing that speaks like a printer answers here. Is it switched on, and is this the right port?'
      : 'No printer answers at any usual speed. Is it switched on, is this the right port, and is no other program using it?',
  );
}

/**
 * Waits until the line is quiet. What is still under way belongs to somebody before us: the last host's `ok`s, a boot
 * message, a terminal that echoed. An `ok` of theirs would be taken for the answer to our greeting.
 */
async function hush({ clock, driver, wanted }: Finding): Promise<void> {
  const beganMs = clock.monotonicMs();
  while (wanted()) {
    const nowMs = clock.monotonicMs();
    const waitMs = Math.min(
      Math.max(beganMs, driver.heardAtMs) + hushMs - nowMs,
      // Reports and babble may never end: then it is greeted in the middle of them.
      beganMs + hushMsMax - nowMs,
    );
    if (waitMs <= 0) return;
    await delay(clock, waitMs);
  }
}

async function hello(finding: Finding, limitMs: number): Promise<'greeted' | 'silent' | 'ended'> {
  const { clock } = finding;
  const endMs = clock.monotonicMs() + limitMs;
  let greetings = 0;
  while (clock.monotonicMs() < endMs) {
    await hush(finding);
    if (!finding.wanted()) return 'ended';
    greetings += 1;
    const what = await new Promise<'greeted' | 'restarted' | 'ended' | 'silent'>((resolve) => {
      const cancel = clock.after(helloMs, () => resolve('silent'));
      finding.next((happened) => {
        cancel();
        resolve(happened);
      });
      finding.driver.greet();
    });
    finding.next(undefined);
    if (what === 'ended') return 'ended';
    if (what === 'greeted') {
      if (greetings > 1) await delay(clock, stragglersMs);
      return finding.wanted() ? 'greeted' : 'ended';
    }
    // At a wrong speed everything looks like noise: no use in waiting it out.
    if (what === 'silent' && finding.driver.garbage > 0.4) return 'silent';
  }
  return 'silent';
}

/**
 * Asks M115. What it says arrives as effects before its `ok`; a late first `ok` may make it come a little after. Asked
 * once more where nothing came: the question, or its answer, may have got lost among the noise of a beginning.
 */
export async function identify(
  driver: Driver,
  clock: Clock,
  known: () => FirmwareInfo | undefined,
): Promise<FirmwareInfo> {
  for (let times = 0; times < identifyTimes && !isNamed(known()); times++) await ask(driver, clock, known);
  return known() ?? unknownFirmware;
}

async function ask(driver: Driver, clock: Clock, known: () => FirmwareInfo | undefined): Promise<void> {
  const waiting = new AbortController();
  // Aborting rejects the loser of the race, which nobody waits for any more.
  const answer = await Promise.race([driver.exec('M115'), delay(clock, identifyMs, waiting.signal)]);
  waiting.abort();
  if (answer?.ok === true && !isNamed(known())) await delay(clock, stragglersMs);
}

const unknownFirmware: FirmwareInfo = { family: 'unknown', name: 'unknown', capabilities: {} };

function isNamed(firmware: FirmwareInfo | undefined): boolean {
  return firmware !== undefined && firmware.name !== unknownFirmware.name;
}

/** What is known of the firmware, with one more piece of it. */
export function learn(
  before: FirmwareInfo | undefined,
  effect: Extract<ProtocolEffect, { type: 'identity' | 'capability' | 'area' }>,
): FirmwareInfo {
  const firmware = before ?? unknownFirmware;
  switch (effect.type) {
    case 'capability':
      return { ...firmware, capabilities: { ...firmware.capabilities, [effect.name]: effect.present } };
    case 'area':
      return { ...firmware, area: { min: effect.min, max: effect.max } };
    case 'identity': {
      const name = effect.words.get('FIRMWARE_NAME') ?? firmware.name;
      const machine = effect.words.get('MACHINE_TYPE');
      const uuid = effect.words.get('UUID');
      const extruders = Number(effect.words.get('EXTRUDER_COUNT'));
      return {
        ...firmware,
        name,
        family: familyOf(name),
        ...(machine !== undefined && { machine }),
        ...(uuid !== undefined && { uuid }),
        ...(Number.isInteger(extruders) && extruders > 0 && { extruders }),
      };
    }
  }
}

/** What a printer is told once it is known: to report by itself where it can, and the person's own commands. */
export function setUpCommands(firmware: FirmwareInfo, connectedScript: string): string[] {
  const can = firmware.capabilities;
  return [
    ...(can['AUTOREPORT_TEMP'] === true ? [`M155 S${autoReportSeconds}`] : []),
    ...(can['BUSY_PROTOCOL'] === true ? ['M113 S2'] : []),
    ...(can['PROMPT_SUPPORT'] === true ? ['M876 P1'] : []),
    'M105',
    ...connectedScript
      .split('\n')
      .map(stripped)
      .filter((command) => command !== ''),
  ];
}
