/** Bytes of one line from a printer. Marlin's longest (M503, a mesh report) stay under 1 kB; more is babble. */
export const replyBytesMax = 4096;

/** The same while not even other lines come: levelling and waiting for slow moves are silent in such firmware. */
export const silentLongMs = 120_000;

/** Lines kept for resends. Marlin asks for one of the last few; the spare is for buffers in adapters. */
export const historyLinesMax = 512;

/**
 * Milliseconds without an `ok` before we look what is wrong (OctoPrint's "communication" time-out). Only looking:
 * the printer is asked with a numbered line, which shows whether the silent one was taken.
 */
export const okMs = 30_000;

/** The same for firmware that says `busy` every 2 s while it works: silence then means a lost `ok`. */
export const okBusyMs = 9_000;

/**
 * The same for commands that may take minutes (homing, heating, levelling) in firmware without `busy`, while other
 * lines still come in.
 */
export const okLongMs = 600_000;

/** Milliseconds a firmware may take from `Resend` to the `ok` that goes with it (OctoPrint: 0.5 s). */
export const resendOkMs = 500;

/**
 * Milliseconds to wait for an answer to a line sent again though it had been acknowledged before. Marlin 2.1 drops
 * such a line without a word.
 */
export const repeatedMs = 1_000;

/** Milliseconds without an answer after which nothing is under way any more: the longest pause of USB adapters is some 20 ms. */
export const calmMs = 200;

/** Milliseconds after which it goes on though a printer never stops answering. */
export const calmMsMax = 3_000;

/** Times in a row that the printer may leave us without an `ok` (OctoPrint: 5 while printing). */
export const silencesMax = 5;

/** Times in a row that the printer may ask for the same line. */
export const sameResendsMax = 10;

/** Share of lines sent again, after the first hundred, that is called noise (OctoPrint: 10 %). */
export const noiseRatio = 0.1;

/** Bytes under way at once with look-ahead: the receive buffer of an AVR board has 128. */
export const inFlightBytesMax = 110;

/** Lines under way at once with look-ahead. */
export const lookAheadMax = 4;

/** Lines without a resend before look-ahead begins. */
export const lookAheadAfter = 1_000;

/** Milliseconds an `Error:` line waits for the `Resend` that would make it harmless. */
export const errorSettlesMs = 300;

/** Number of the first line. High, because a printer that was reset asks for line 1: so we notice. */
export const firstLine = 1_000;

/** Speeds tried, in this order, bits per second. */
export const bauds: readonly number[] = [115_200, 250_000, 230_400, 57_600, 38_400, 19_200, 9_600];

/** Milliseconds between greetings while we look for a printer. */
export const helloMs = 2_000;

/** Milliseconds without a byte that count as quiet before a greeting: longer than the pauses inside one boot message. */
export const hushMs = 100;

/** Milliseconds after which a printer that is never quiet is greeted all the same. */
export const hushMsMax = 1_500;

/** Milliseconds a printer may take to answer at the first speed: boards reset when the port opens, and boot loaders wait. */
export const firstBaudMs = 10_000;

/** Milliseconds at each other speed. */
export const nextBaudMs = 4_000;

/** Milliseconds to wait for what M115 says. */
export const identifyMs = 10_000;

/** Milliseconds between temperature questions where the printer does not report by itself. */
export const temperaturePollMs = 5_000;

/** Seconds between the temperature reports asked for with M155. */
export const autoReportSeconds = 2;

/** Milliseconds between two status objects for the page: faster than eyes need is work for nothing. */
export const statusMs = 250;

/** Lines of the terminal that are kept until the page takes them. */
export const terminalLinesMax = 1_000;

/** Bytes of the serial port's buffer. The default of 255 overruns when the worker is busy for some milliseconds. */
export const serialBufferBytes = 65_536;

/** Milliseconds between two kept temperatures: how often firmware reports them, and finer than a curve shows. */
export const temperatureSampleMs = 1_900;

/** Temperatures kept: an hour and more at full fineness, some 200 kB. */
export const temperatureSamplesMax = 3_600;

/** Highest nozzle target that a person may set by hand where the printer's profile says none, °C. PTFE-lined hot ends end near 250; most others bear this. */
export const nozzleTargetMaxC = 300;

/** The same for the bed, °C. */
export const bedTargetMaxC = 120;

/** The same for a heated chamber, °C. */
export const chamberTargetMaxC = 80;

/** From here on filament may be pushed, °C (Marlin's `EXTRUDE_MINTEMP`). */
export const extrudeMinC = 170;

/** Milliseconds that DTR is held low to reset a board: its capacitor wants some, Marlin's guides say 100 and more. */
export const resetPulseMs = 250;

/** Milliseconds between two looks at a bed that cools: minutes pass, a degree takes seconds. */
export const coolLookMs = 2_000;

/** Milliseconds that a bed may take to cool: from 110 °C in a warm chamber it is more than an hour. */
export const clearingMsMax = 3 * 3_600_000;
/** Largest number taken from a printer: line numbers of Marlin have 31 bits, and nothing that it measures is larger. */
export const toldNumberMax = 2 ** 31 - 1;
