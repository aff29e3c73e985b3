import { expect, test } from '@jest/globals';
import { errors, types } from 'cassandra-driver';
import { CassandraRefused, CassandraUnavailable, failureOf } from './failure.ts';

const noHost = (inner: unknown) =>
  // Its types know errors only; the driver itself puts a text there for a host that it takes for down.
  new errors.NoHostAvailableError({ 'c1:9042': inner as Error }, 'All host(s) tried for query failed.');

test('a host that is taken for down is to be tried again, not a defect', () => {
  const failure = failureOf(noHost('Host considered as DOWN'), 'write alerts');
  expect(failure).toBeInstanceOf(CassandraUnavailable);
  expect(failure.message).toBe('Cassandra could not write alerts: c1:9042: Host considered as DOWN');
});

test('a host that was not reached is to be tried again', () => {
  expect(failureOf(noHost(null), 'write alerts')).toBeInstanceOf(CassandraUnavailable);
});

test('what a host refuses is refused', () => {
  const refusal = new errors.ResponseError(types.responseErrorCodes.unauthorized, 'no');
  expect(failureOf(noHost(refusal), 'write alerts')).toBeInstanceOf(CassandraRefused);
});

test('a value that can not be encoded is a defect', () => {
  const defect = new TypeError('not a map');
  expect(failureOf(defect, 'write alerts')).toBe(defect);
});
