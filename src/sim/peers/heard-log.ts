import type { Log } from '../../lib/base/index.ts';

/** A log whose errors are heard: what the product says has broken must not pass unnoticed because it went on all the same. */
export function heardLog(log: Log, onError: (text: string) => void): Log {
  return {
    debug: (text) => log.debug(text),
    info: (text) => log.info(text),
    warn: (text) => log.warn(text),
    error: (text) => {
      log.error(text);
      onError(text);
    },
    room: (name) => heardLog(log.room(name), onError),
  };
}
