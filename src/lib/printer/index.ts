/** Driving a printer: the byte stream, the line protocol, one print, and a firmware to try it on. */
export type * from './port.ts';
