import { NO_POSITION } from './flow.ts';

const PARAMETER = /; row=(?<row>\d+)$/;

/**
 * The content type with the number of the row that the payload is in its source, counted from 0: a dead letter keeps
 * it for its replays, whose own position says what they replay.
 */
export function withRow(contentType: string, position: number): string {
  if (position === NO_POSITION || contentType === '' || PARAMETER.test(contentType)) return contentType;
  return `${contentType}; row=${position}`;
}

/** NO_POSITION: it names none. */
export function rowOf(contentType: string): number {
  const row = PARAMETER.exec(contentType)?.groups?.row;
  return row === undefined ? NO_POSITION : Number(row);
}

export function withoutRow(contentType: string): string {
  return contentType.replace(PARAMETER, '');
}
