/** CRC-32 as zip and Ethernet have it (reflected polynomial 0xEDB88320). Finds damage, is no defence against forgery. */
const table = makeTable();

function makeTable(): Uint32Array {
  const out = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    out[byte] = rest;
  }
  return out;
}

/** Checksum of `bytes` up to `end`, going on from the checksum of what came before. An unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, before = 0, end = bytes.length): number {
  let rest = ~before;
  for (let i = 0; i < end; i++) rest = (table[(rest ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (rest >>> 8);
  return ~rest >>> 0;
}
