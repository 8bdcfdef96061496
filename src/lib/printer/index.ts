/** Driving a printer: the byte stream, the line protocol, one print, and a firmware to try it on. */
export * from './facts.ts';
export { type HostOptions, PrinterHost } from './host.ts';
export type * from './port.ts';
export { sampleValues, type ScriptTrial, tryScript } from './script-trial.ts';
export * from './left-print.ts';
export * from './recognition.ts';
export { expand, standardScripts } from './scripts.ts';
export { type PrinterTemplate, printerTemplates, templateFor } from './templates.ts';
export { type VirtualFamily, VirtualFirmware, VirtualLink, type VirtualOptions } from './virtual/index.ts';
export { openWebSerial, type SerialPortLike, WebSerialLink } from './web-serial.ts';
export { memorySource, type PrinterPort, WorkerHost, type WorkerHostOptions } from './worker-host.ts';
