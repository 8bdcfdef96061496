import { RefusalError, RingLog, messageOf, systemClock } from '../src/lib/base/index.ts';
import { helpText, parseConfig } from './config.ts';
import { greeting } from './greeting.ts';

/** Exit status for a bad command line, and for a relay that can't start. */
const badUsage = 2;
const cannotStart = 1;

const parsed = parseConfig(process.argv.slice(2), process.cwd());
if (!parsed.ok) {
  process.stderr.write(`${parsed.refusal.text}\n`);
  process.exit(badUsage);
}
if (parsed.value === 'help') {
  process.stdout.write(helpText());
  process.exit(0);
}
const config = parsed.value;

const log = new RingLog(systemClock, 'relay', (line) => {
  if (line.level === 'debug') return;
  process.stdout.write(`${new Date(line.wallMs).toISOString()} ${line.room}: ${line.text}\n`);
});

// A stop that is asked for while the relay is still starting happens as soon as it has started.
let stop: (() => void) | undefined;
let stopAsked = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopAsked = true;
    stop?.();
  });
}

try {
  // Loaded only now: --help and a bad flag need not wait for all of libp2p.
  const [{ startRelay }, { readCertificate }] = await Promise.all([
    import('./relay.ts'),
    import('./http.ts'),
  ]);
  const relay = await startRelay(config, { log });
  stop = () => {
    relay.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${messageOf(error)}\n`);
        process.exit(1);
      },
    );
  };
  if (stopAsked) stop();
  const certificate =
    config.tls === undefined ? undefined : await readCertificate(config.tls.certFile, config.tls.keyFile);
  process.stdout.write(
    greeting(relay, {
      host: config.host,
      dataDir: config.dataDir,
      tls: certificate !== undefined,
      certificateEndsMs: certificate?.validToMs,
      nowMs: systemClock.wallMs(),
    }),
  );
} catch (error) {
  // Refusals are sentences for people. Anything else is a fault of ours, and its place in the code helps.
  const text =
    error instanceof RefusalError || !(error instanceof Error)
      ? messageOf(error)
      : (error.stack ?? error.message);
  process.stderr.write(`${text}\n`);
  process.exit(cannotStart);
}
