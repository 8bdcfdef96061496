/** A printer that is not there: a firmware of Marlin's kind behind a byte stream, with faults to order. */
export { virtualFamilies, type VirtualFamily } from './dialect.ts';
export { type FaultAction, faultActions, type FaultPlan, type FaultRates } from './faults.ts';
export { VirtualFirmware, type VirtualOptions } from './firmware.ts';
export { VirtualLink } from './link.ts';
export { type PortFaults, VirtualSerialPort } from './serial-port.ts';
