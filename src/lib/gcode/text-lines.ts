/** One line in bytes: where it begins and ends, without its line end. */
export interface LineSpan {
  readonly from: number;
  readonly to: number;
}

/** The lines of these bytes, each ended by LF, CR LF or CR, or by the end. */
export function* lineSpans(bytes: Uint8Array): Generator<LineSpan> {
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== 10 && byte !== 13) continue;
    yield { from, to: at };
    if (byte === 13 && bytes[at + 1] === 10) at += 1;
    from = at + 1;
  }
  if (from < bytes.length) yield { from, to: bytes.length };
}
