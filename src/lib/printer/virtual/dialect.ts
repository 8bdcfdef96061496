/** The firmware families that the virtual printer can speak as. */
export const virtualFamilies = [
  'marlin',
  'marlin-1',
  'prusa',
  'repetier',
  'klipper',
  'smoothie',
  'reprap',
  'malyan',
] as const;
export type VirtualFamily = (typeof virtualFamilies)[number];

export interface Dialect {
  readonly identity: string;
  readonly capabilities: readonly string[];
  /** Lines after a reset, before anything is asked. */
  readonly greeting: readonly string[];
  /** Whether line numbers and checksums are looked at. Klipper reads them off a pseudo terminal and does not. */
  readonly numbers: boolean;
  /** Bugfix 2.1 drops the last two lines, when repeated, without a word; others complain about the number. */
  readonly repeatsSilently: boolean;
  readonly advancedOk: boolean;
  readonly busy: boolean;
  readonly emergencyParser: boolean;
  /** Sends `wait` when it has nothing to do. */
  readonly waits: boolean;
  /** `T:20.0 /0.0` (marlin), `T:20.0 /0.0 @0` (smoothie), `T:20.00` with targets told when they change (repetier). */
  readonly temperatures: 'marlin' | 'smoothie' | 'repetier';
  readonly unknown: (command: string) => string;
}

const marlinCapabilities =
  'SERIAL_XON_XOFF:0 BINARY_FILE_TRANSFER:0 EEPROM:1 VOLUMETRIC:1 AUTOREPORT_POS:1 AUTOREPORT_TEMP:1 PROGRESS:0 PRINT_JOB:1 AUTOLEVEL:1 ' +
  'RUNOUT:0 Z_PROBE:1 LEVELING_DATA:1 BUILD_PERCENT:0 SOFTWARE_POWER:0 EMERGENCY_PARSER:1 HOST_ACTION_COMMANDS:1 PROMPT_SUPPORT:1 ' +
  'SDCARD:1 AUTOREPORT_SD_STATUS:0 THERMAL_PROTECTION:1 ARCS:1 BABYSTEPPING:1 CHAMBER_TEMPERATURE:0 BUSY_PROTOCOL:1';

const marlin: Dialect = {
  identity:
    'FIRMWARE_NAME:Marlin 2.1.2 (Nov 20 2026 10:00:00) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 ' +
    'MACHINE_TYPE:{machine} EXTRUDER_COUNT:1 UUID:{uuid}',
  capabilities: marlinCapabilities.split(' '),
  greeting: [
    'start',
    'echo: External Reset',
    'Marlin 2.1.2',
    'echo: Last Updated: 2026-11-20 | Author: (virtual)',
    'echo:SD init fail',
  ],
  numbers: true,
  repeatsSilently: true,
  advancedOk: false,
  busy: true,
  emergencyParser: true,
  waits: false,
  temperatures: 'marlin',
  unknown: (command) => `echo:Unknown command: "${command}"`,
};

export const dialects: Readonly<Record<VirtualFamily, Dialect>> = {
  marlin,
  'marlin-1': {
    ...marlin,
    identity:
      'FIRMWARE_NAME:Marlin 1.1.9 (Github) SOURCE_CODE_URL:https://github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 MACHINE_TYPE:{machine} ' +
      'EXTRUDER_COUNT:1 UUID:{uuid}',
    capabilities: ['EEPROM:1', 'AUTOREPORT_TEMP:0', 'EMERGENCY_PARSER:0'],
    greeting: ['start', 'Marlin 1.1.9'],
    repeatsSilently: false,
    busy: false,
    emergencyParser: false,
  },
  prusa: {
    ...marlin,
    identity:
      'FIRMWARE_NAME:Prusa-Firmware 3.14.1 based on Marlin FIRMWARE_URL:https://github.com/prusa3d/Prusa-Firmware PROTOCOL_VERSION:1.0 ' +
      'MACHINE_TYPE:{machine} EXTRUDER_COUNT:1 UUID:{uuid}',
    capabilities: [
      'AUTOREPORT_TEMP:1',
      'AUTOREPORT_FANS:1',
      'AUTOREPORT_POSITION:1',
      'EXTENDED_M20:1',
      'PRUSA_MMU2:1',
    ],
    greeting: [
      'start',
      'echo: 3.14.1-8237',
      'echo: Last Updated: Nov 20 2026',
      'tmc2130_init(), mode=NORMAL',
      'SpoolJoin is Off',
    ],
    repeatsSilently: false,
    emergencyParser: false,
  },
  repetier: {
    ...marlin,
    identity:
      'FIRMWARE_NAME:Repetier_1.0.4 COMPILED:Nov 20 2026 FIRMWARE_URL:https://github.com/repetier/Repetier-Firmware/ PROTOCOL_VERSION:1.0 ' +
      'MACHINE_TYPE:{machine} EXTRUDER_COUNT:1 REPETIER_PROTOCOL:3',
    capabilities: ['PROGRESS:0', 'AUTOREPORT_TEMP:0', 'EEPROM:1'],
    greeting: ['start', 'Info:External Reset', 'Free RAM:900'],
    repeatsSilently: false,
    busy: false,
    emergencyParser: false,
    waits: true,
    temperatures: 'repetier',
    unknown: (command) => `Unknown command:${command}`,
  },
  klipper: {
    ...marlin,
    identity: 'FIRMWARE_NAME:Klipper FIRMWARE_VERSION:v0.12.0',
    capabilities: [],
    greeting: [],
    numbers: false,
    busy: false,
    emergencyParser: false,
    unknown: (command) => `// Unknown command:"${command}"`,
  },
  smoothie: {
    ...marlin,
    identity:
      'FIRMWARE_NAME:Smoothieware, FIRMWARE_URL:http%3A//smoothieware.org, X-SOURCE_CODE_URL:https://github.com/Smoothieware',
    capabilities: [],
    greeting: ['Smoothie', 'ok'],
    repeatsSilently: false,
    busy: false,
    emergencyParser: false,
    temperatures: 'smoothie',
    unknown: () => 'error:Unsupported command',
  },
  reprap: {
    ...marlin,
    identity:
      'FIRMWARE_NAME: RepRapFirmware for Duet 2 WiFi/Ethernet FIRMWARE_VERSION: 3.4.6 ELECTRONICS: Duet WiFi 1.02 or later',
    capabilities: [],
    greeting: [],
    repeatsSilently: false,
    busy: false,
    emergencyParser: false,
    unknown: (command) => `Error: ${command}: Command is not supported`,
  },
  malyan: {
    ...marlin,
    identity: 'NAME. Malyan\tVER: 3.7\tMODEL: M200\tHW: HG01',
    capabilities: [],
    greeting: ['start'],
    repeatsSilently: false,
    busy: false,
    emergencyParser: false,
  },
};
