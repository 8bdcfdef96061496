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

/** Bytes of a decoded thumbnail: a page shows many at once. */
export const thumbnailBytesMax = 524_288;
