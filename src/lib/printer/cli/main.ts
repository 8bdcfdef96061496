import { messageOf } from '../../base/index.ts';
import { help, readOptions } from './options.ts';
import { notDone, runPrint, type Summary } from './run-print.ts';
import { serveVirtual } from './serve.ts';

const args = process.argv.slice(2);

function tell(summary: Summary, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    process.stdout.write(
      `${summary.outcome}: ${summary.reason}\n${summary.lines} lines in ${summary.seconds} s ` +
        `(${summary.linesPerSecond} a second), ${summary.resends} sent again; ${summary.firmware ?? 'no firmware'}\n`,
    );
  }
}

async function main(): Promise<number> {
  const options = readOptions(args);
  if (!options.ok) {
    process.stderr.write(`${options.refusal.text}\n\n${help}`);
    // Whoever asked for JSON reads stdout, not this text.
    if (args.includes('--json')) tell(notDone(options.refusal.text), true);
    return 2;
  }
  switch (options.value.command) {
    case 'help':
      process.stdout.write(help);
      return 0;
    case 'serve': {
      const { family, speed, advancedOk, host, port } = options.value;
      const server = await serveVirtual({ family, speed, advancedOk }, host, port);
      const address = server.address();
      const at = typeof address === 'object' && address !== null ? address.port : port;
      process.stdout.write(`tcp:${host.includes(':') ? `[${host}]` : host}:${at}\n`);
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const)
          process.once(signal, () => {
            resolve();
            server.close();
          });
      });
      return 0;
    }
    case 'print': {
      const summary = await runPrint(options.value);
      tell(summary, options.value.json);
      return summary.outcome === 'good' ? 0 : 1;
    }
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  if (args.includes('--json')) tell(notDone(messageOf(error)), true);
  process.exitCode = 1;
}
// What a serial port or a firmware process still holds open is no reason to stay.
process.exit();
