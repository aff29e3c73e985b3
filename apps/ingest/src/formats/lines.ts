const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** Offset after the line end at or after `from`; -1: none before `to`. */
export function afterLine(bytes: Buffer, from: number, to: number): number {
  const at = bytes.indexOf(LINE_FEED, from);
  return at < 0 || at >= to ? -1 : at + 1;
}

/** End of a line's text: without `\n` or `\r\n` before `next`. */
export function textEnd(bytes: Buffer, start: number, next: number): number {
  let end = next;
  if (end > start && bytes[end - 1] === LINE_FEED) end -= 1;
  if (end > start && bytes[end - 1] === RETURN) end -= 1;
  return end;
}
