/** Returns the first line of `bytes` that is not UTF-8, counted from 1; `undefined` if the text is UTF-8. */
function firstWrongLine(bytes: Buffer): number | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  // UTF-16 of ASCII letters is UTF-8 with zero bytes; no text has those.
  if (bytes.includes(0))
    return bytes.subarray(0, bytes.indexOf(0)).filter((byte) => byte === 10).length + 1;
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(10, start);
    let end = newline;
    if (newline === -1) end = bytes.length;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    if (end === bytes.length) return undefined;
    line += 1;
    start = end + 1;
  }
}

/** Returns the text of a file in UTF-8 (a byte order mark is dropped), or the first line that is not UTF-8. */
export function utf8Text(bytes: Buffer): { text: string } | { wrongLine: number } {
  const wrongLine = firstWrongLine(bytes);
  if (wrongLine !== undefined) return { wrongLine };
  return { text: new TextDecoder('utf-8').decode(bytes) };
}
