import { expect } from '@jest/globals';
import { POSITION_METADATA_BYTES_MAX } from '@millrace/lanes/bounds';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import { type Define, NOW_MS, numbered, records, texts } from './log-trial.ts';

export function appendAndRead(check: Define): void {
  check('gives the offset of the first record, counted per lane from 0', async ({ log, subject }) => {
    expect(await log.append(subject, 0, records('a', 'b', 'c'))).toBe(0);
    expect(await log.append(subject, 0, records('d'))).toBe(3);
    expect(await log.append(subject, 1, records('e'))).toBe(0);
    expect(await log.bounds(subject, 0)).toEqual({ start: 0, end: 4 });
    expect(await log.bounds(subject, 1)).toEqual({ start: 0, end: 1 });
  });

  check('an empty lane begins and ends at 0', async ({ log, subject }) => {
    expect(await log.bounds(subject, 0)).toEqual({ start: 0, end: 0 });
    expect(await log.read(subject, 0, 0, 10)).toEqual({ base: 0, records: [], end: 0 });
  });

  check('keeps value, key, headers and timestamp of each record', async ({ log, subject }) => {
    const written: LogRecord[] = [
      { value: Buffer.from('plain'), timestampMs: NOW_MS },
      { value: Buffer.from([0, 255, 1]), timestampMs: NOW_MS + 1, key: Buffer.from([0, 7]) },
      { value: Buffer.alloc(0), timestampMs: NOW_MS + 1, headers: { traceparent: '00-ä-☂' } },
      {
        value: Buffer.from('all'),
        timestampMs: NOW_MS,
        key: Buffer.from('k'),
        headers: { 'one.two': '1', other: '' },
      },
    ];
    await log.append(subject, 0, written);
    expect(plain(await readAll(log, subject, 0))).toEqual(plain(written));
  });

  check('reads from any offset up to the end, in steps of at most maxRecords', async ({ log, subject }) => {
    await log.append(subject, 0, numbered(0, 60));
    await log.append(subject, 0, numbered(60, 100));
    for (const from of [0, 1, 59, 60, 61, 99]) {
      const { base, records: found, end } = await log.read(subject, 0, from, 7);
      expect({ base, end }).toEqual({ base: from, end: 100 });
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(7);
      expect(texts(found)).toEqual(texts(numbered(from, from + found.length)));
    }
    expect(await log.read(subject, 0, 100, 7)).toEqual({ base: 100, records: [], end: 100 });
    expect(texts(await readAll(log, subject, 0))).toEqual(texts(numbered(0, 100)));
  });

  check('keeps topics apart', async ({ log, subject, topic }) => {
    const other = await topic();
    await log.append(subject, 0, records('here'));
    await log.append(other, 0, records('there'));
    expect(texts(await readAll(log, subject, 0))).toEqual(['here']);
    expect(texts(await readAll(log, other, 0))).toEqual(['there']);
  });

  check('keeps a large append whole and in order', async ({ log, subject }) => {
    const large = Array.from({ length: 5_000 }, (_, i) => ({
      value: Buffer.concat([Buffer.from(`${i}:`), Buffer.alloc(1_000, i)]),
      timestampMs: NOW_MS,
    }));
    expect(await log.append(subject, 0, large)).toBe(0);
    expect(await log.append(subject, 0, records('after'))).toBe(5_000);
    const found = await readAll(log, subject, 0);
    expect(found).toHaveLength(5_001);
    const wrong = large.findIndex((record, i) => Buffer.compare(record.value, found[i]!.value) !== 0);
    expect(wrong).toBe(-1);
  });

  check('keeps a large append of records whose headers are the most of them', async ({ log, subject }) => {
    const headers = { message: 'ä'.repeat(1_000), other: 'x'.repeat(1_000) };
    const large = Array.from({ length: 1_000 }, (_, i) => ({
      value: Buffer.from(String(i)),
      headers,
      timestampMs: NOW_MS,
    }));
    expect(await log.append(subject, 0, large)).toBe(0);
    expect(plain(await readAll(log, subject, 0))).toEqual(plain(large));
  });

  check('takes appends to all lanes at once', async ({ log, subject, lanes }) => {
    const each = Array.from({ length: lanes }, (_, lane) => lane);
    for (let round = 0; round < 3; round++) {
      await Promise.all(each.map((lane) => log.append(subject, lane, numbered(round * 10, round * 10 + 10))));
    }
    for (const lane of each) {
      expect(texts(await readAll(log, subject, lane))).toEqual(texts(numbered(0, 30)));
    }
  });

  check('refuses a record that is too large and goes on', async ({ log, subject }) => {
    const huge = { value: Buffer.alloc(64 * 2 ** 20), timestampMs: NOW_MS };
    await expect(log.append(subject, 0, [...numbered(0, 5_000), huge])).rejects.toThrow(subject);
    // Any of those before it may have been written; what is there is without gaps.
    const base = await log.append(subject, 0, records('next'));
    const found = texts(await readAll(log, subject, 0));
    expect(found).toEqual([...texts(numbered(0, base)), 'next']);
  });

  check('forgets a cut beginning and keeps the offsets', async ({ log, subject, truncate }) => {
    if (!truncate) throw new Error('the fixture has no truncate: skip this test and say why');
    await log.append(subject, 0, numbered(0, 10));
    await truncate(subject, 0, 10);
    expect(await log.bounds(subject, 0)).toEqual({ start: 10, end: 10 });
    expect(await log.append(subject, 0, numbered(10, 12))).toBe(10);
    const { base, records: found } = await log.read(subject, 0, 0, 100);
    expect(base).toBe(10);
    expect(texts(found)).toEqual(['10', '11']);
  });
}

export function positions(check: Define): void {
  check('a group that never committed has no position', async ({ log, subject, group }) => {
    expect(await log.committed(group(), subject, 0)).toBeNull();
  });

  check('keeps the last position per group and lane, with its metadata', async ({ log, subject, group }) => {
    const [one, other] = [group(), group()];
    const start = JSON.stringify({ last: 2 ** 40 + 5, text: 'ä☂' });
    const metadata = start + ' '.repeat(POSITION_METADATA_BYTES_MAX - Buffer.byteLength(start));
    await log.append(subject, 0, numbered(0, 9));
    await log.commit(one, subject, 0, { offset: 4, metadata });
    await log.commit(one, subject, 1, { offset: 0, metadata: '' });
    await log.commit(other, subject, 0, { offset: 9, metadata: 'other' });
    expect(await log.committed(one, subject, 0)).toEqual({ offset: 4, metadata });
    expect(await log.committed(one, subject, 1)).toEqual({ offset: 0, metadata: '' });
    expect(await log.committed(other, subject, 0)).toEqual({ offset: 9, metadata: 'other' });
  });

  check('a position may go back', async ({ log, subject, group }) => {
    const one = group();
    await log.append(subject, 0, numbered(0, 9));
    await log.commit(one, subject, 0, { offset: 8, metadata: 'eight' });
    await log.commit(one, subject, 0, { offset: 3, metadata: 'three' });
    expect(await log.committed(one, subject, 0)).toEqual({ offset: 3, metadata: 'three' });
  });
}

/** The same for records that mean the same: no headers and empty ones, buffers and byte arrays. */
function plain(found: readonly LogRecord[]): unknown[] {
  return found.map(({ value, key, headers, timestampMs }) => ({
    value: Buffer.from(value).toString('hex'),
    key: key ? Buffer.from(key).toString('hex') : null,
    headers: headers ?? {},
    timestampMs,
  }));
}

async function readAll(log: EventLog, topic: string, lane: number): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (;;) {
    const batch = await log.read(topic, lane, found.length, 1_000);
    if (batch.records.length === 0) return found;
    expect(batch.base).toBe(found.length);
    found.push(...batch.records);
  }
}
