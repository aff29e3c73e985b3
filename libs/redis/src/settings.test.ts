import { expect, test } from '@jest/globals';
import { readSettings } from './settings.ts';

test('a URL says where, and how to sign in', () => {
  expect(readSettings({ url: 'rediss://user:p%40ss@redis.example:7000/3' })).toEqual({
    addresses: [{ host: 'redis.example', port: 7000 }],
    tls: true,
    username: 'user',
    password: 'p@ss',
    database: 3,
    prefix: 'millrace',
    place: 'rediss://redis.example:7000/3',
  });
  expect(readSettings({ url: 'redis://[::1]' })).toMatchObject({
    addresses: [{ host: '::1', port: 6379 }],
    tls: false,
    username: undefined,
    password: undefined,
    database: 0,
  });
});

test('who signs in may be said beside the URL', () => {
  const settings = readSettings({ url: 'redis://a:b@host', username: 'user', password: 'secret' });
  expect(settings).toMatchObject({ username: 'user', password: 'secret' });
});

test('a cluster and sentinels have several URLs', () => {
  const url = 'redis://:secret@one:1, redis://two:2';
  const { addresses, place } = readSettings({ url, cluster: true });
  expect(addresses).toEqual([
    { host: 'one', port: 1 },
    { host: 'two', port: 2 },
  ]);
  expect(place).toBe('redis://one:1,redis://two:2');
  expect(readSettings({ url, sentinel: 'main' }).password).toBe('secret');
});

test.each([
  ['http://user:secret@host', {}, /redis\[s\]:/],
  ['redis://user:secret@', {}, /redis\[s\]:/],
  ['not a secret URL', {}, /redis\[s\]:/],
  ['redis://host/secret', {}, /number of a database/],
  ['redis://:se%cret@host', {}, /%25/],
  ['redis://one,redis://two', {}, /several URLs/],
  ['redis://one/2', { cluster: true }, /no databases/],
  ['redis://one', { cluster: true, sentinel: 'main' }, /not both/],
  ['redis://one', { prefix: 'a{b' }, /without braces/],
])('%s is refused, without telling a secret', (url, options, message) => {
  expect(() => readSettings({ url, ...options })).toThrow(message);
  expect(() => readSettings({ url, ...options })).toThrow(RangeError);
  expect(() => readSettings({ url, ...options })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  );
});
