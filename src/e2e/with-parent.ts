/**
 * Imported before the entry of a process that tests start: it ends when the pipe to its parent breaks. A runner that is killed leaves no
 * relay behind.
 */
process.stdin.on('end', () => process.exit());
process.stdin.on('error', () => process.exit());
process.stdin.resume();
