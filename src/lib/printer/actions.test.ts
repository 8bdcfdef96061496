import { describe, expect, test } from 'vitest';
import { Prompt } from './prompt.ts';
import { Room, square } from './test-room.ts';

/** A printer that prints, and says this line out of the blue. */
async function told(line: string): Promise<{ readonly room: Room; readonly over: Promise<unknown> }> {
  const room = await new Room().connect();
  const over = room.begin(square);
  await room.reach('printing');
  room.link.firmware.say(line);
  return { room, over };
}

describe('what a printer asks of its host', () => {
  test('action pause: pauses, and our script moves the head away', async () => {
    const { room, over } = await told('//action:pause');
    await room.reach('paused');
    expect(room.host.status().needsPerson).toEqual({ code: 'pause-asked' });
    expect(room.sent).toContain('G1 Z10 F600');
    await room.clock.until(room.host.resume());
    await room.clock.until(over);
  });

  test.each(['paused', 'paused filament_runout'])(
    'action %s: pauses with no move of ours',
    async (action) => {
      const { room, over } = await told(`//action:${action}`);
      await room.reach('paused');
      expect(room.sent).not.toContain('G1 Z10 F600');
      await room.clock.until(room.host.resume());
      await room.clock.until(over);
    },
  );

  test('action out_of_filament: pauses and says so', async () => {
    const { room } = await told('//action:out_of_filament T0');
    await room.reach('paused');
    expect(room.host.status().needsPerson).toEqual({ code: 'no-filament' });
    await room.clock.until(room.host.cancel());
  });

  test.each(['resume', 'resumed'])('action %s: a paused print goes on', async (action) => {
    const { room, over } = await told('//action:pause');
    await room.reach('paused');
    room.link.firmware.say(`//action:${action}`);
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
  });

  test('action cancel: cancels, heaters off', async () => {
    const { room, over } = await told('//action:cancel');
    expect(await room.clock.until(over)).toMatchObject({
      outcome: 'cancelled',
      reason: 'Cancelled at the printer.',
    });
    expect(room.link.firmware.machine.nozzle.targetC).toBe(0);
  });

  test('action disconnect: the port is closed, and the print failed', async () => {
    const { room, over } = await told('//action:disconnect');
    expect(await room.clock.until(over)).toMatchObject({ outcome: 'failed', code: 'disconnected' });
    expect(room.host.status().state).toBe('disconnected');
  });

  test('action notification: its text is shown', async () => {
    const { room, over } = await told('//action:notification Layer 3 of 90');
    await room.clock.pass(1_000);
    expect(room.host.status().notice).toBe('Layer 3 of 90');
    await room.clock.until(over);
  });

  test.each([
    ['ready', true],
    ['not_ready', false],
  ])('action %s: what a person says of the bed at the printer’s display', async (action, clear) => {
    const room = await new Room().connect();
    room.link.firmware.say(`//action:${action}`);
    await room.clock.pass(1_000);
    expect(room.host.status().bedTold).toEqual({ clear, times: 1 });
  });

  test('action ready from within a print, where any file may say it, is no word on the bed', async () => {
    const { room, over } = await told('//action:ready');
    await room.clock.until(over);
    expect(room.host.status().bedTold).toBeUndefined();
  });

  test.each(['uvlo_recovery_ready', 'uvlo_auto_recovery_ready'])(
    'action %s: what that means for prints from here is shown',
    async (action) => {
      const room = await new Room().connect();
      room.link.firmware.say(`//action:${action}`);
      await room.clock.pass(1_000);
      expect(room.host.status().notice).toContain('print nothing from here');
    },
  );

  test('INT4, Prusa’s power panic: feeding stops at once, with no move of ours, and the reason is shown', async () => {
    const { room } = await told('INT4');
    await room.reach('paused');
    expect(room.host.status()).toMatchObject({
      needsPerson: { code: 'power-failure' },
      notice: 'The printer reports a power failure.',
    });
    expect(room.sent).not.toContain('G1 Z10 F600');
    await room.clock.until(room.host.cancel());
  });

  test.each(['start', 'shutdown', 'sd_inserted', 'probe_failed', 'x y z'])(
    'action %s: nothing that we do by ourselves',
    async (action) => {
      const { room, over } = await told(`//action:${action}`);
      expect(await room.clock.until(over)).toMatchObject({ outcome: 'good' });
    },
  );
});

describe('a question of the printer', () => {
  test('actions prompt_begin, prompt_choice, prompt_button, prompt_show: shown with its choices; prompt_end: gone', () => {
    const prompt = new Prompt();
    expect(prompt.read('prompt_begin', 'Filament Runout T0')).toBe(false);
    prompt.read('prompt_choice', 'PurgeMore');
    prompt.read('prompt_button', 'Continue');
    expect(prompt.open).toBeUndefined();
    expect(prompt.read('prompt_show', '')).toBe(true);
    expect(prompt.open).toEqual({ text: 'Filament Runout T0', choices: ['PurgeMore', 'Continue'] });
    expect(prompt.read('prompt_end', '')).toBe(true);
    expect(prompt.open).toBeUndefined();
    expect(prompt.read('prompt_nonsense', '')).toBe(false);
  });

  test('is answered past the queue with an emergency parser (M876), and through the queue without', async () => {
    for (const family of ['marlin', 'prusa'] as const) {
      const room = await new Room({ family }).connect();
      for (const line of ['prompt_begin Ready?', 'prompt_button Yes', 'prompt_button No', 'prompt_show'])
        room.link.firmware.say(`//action:${line}`);
      await room.clock.pass(1_000);
      expect(room.host.status().prompt?.choices).toEqual(['Yes', 'No']);
      expect(room.host.answer(1)).toMatchObject({ ok: true });
      await room.clock.pass(1_000);
      expect(room.sent).toContain('M876 S1');
      expect(room.host.status().prompt).toBeUndefined();
      expect(room.host.answer(1)).toMatchObject({ refusal: { code: 'no-prompt' } });
    }
  });
});
