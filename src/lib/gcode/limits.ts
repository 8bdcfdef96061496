/** Bytes of a line that are kept. Slicers write configuration comments of some 10 kB; no command comes near it. */
export const lineBytesMax = 65_536;

/**
 * Bytes of a command without its number and checksum. Marlin's MAX_CMD_SIZE is 96 with its end mark; `N` and nine
 * digits, a space, and `*255` take 15. A longer line would be cut by the firmware and asked for again for ever.
 */
export const commandBytesMax = 80;

/** Bytes read from each end of a file for its metadata: what slicers write there fits (Moonraker reads as much). */
export const metadataBytes = 1_048_576;

/** Bytes looked at to tell whether a file is G-code. */
export const sniffBytes = 65_536;

/** Bytes of a line that are read for metadata: no value that is read is longer, and a configuration's scripts may be cut. */
export const metadataLineBytes = 8_192;

/** Bytes read in one go before others get their turn: some 5 ms of work on a slow machine. */
export const metadataSliceBytes = 65_536;

/** Lines of a comment at the start among which a slicer's name is looked for. */
export const slicerLinesMax = 400;

/** Characters of a text that is taken from a file: twice what a queue keeps of a name. */
export const metadataTextMax = 240;

/** Entries of a list by tool: twice the tools of the largest changers. */
export const metadataListMax = 32;

/** Largest number that is taken from a file: a thousand years in seconds, a million kilometres in millimetres. Others are mistakes. */
export const metadataNumberMax = 1e12;

/** Pictures of one file: slicers write two to five. */
export const thumbnailsMax = 16;

/** Bytes of a decoded thumbnail: a page shows many at once. */
export const thumbnailBytesMax = 524_288;

/** Pixels of a picture's longer side. Slicers write up to 800; what a browser decodes has four bytes for each of them. */
export const thumbnailSideMax = 1_024;
