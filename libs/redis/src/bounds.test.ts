import { expect, test } from '@jest/globals';
import * as bounds from './bounds.ts';

test('the bounds fit each other', () => {
  // A command rejects by its own time before its connection is given up.
  expect(bounds.SOCKET_TIMEOUT_MS).toBeGreaterThan(bounds.COMMAND_TIMEOUT_MS);
  expect(bounds.START_TIMEOUT_MS).toBeGreaterThan(2 * bounds.CONNECT_TIMEOUT_MS);
  expect(bounds.RECONNECT_PAUSE_MAX_MS).toBeLessThan(bounds.COMMAND_TIMEOUT_MS);
  // Pieces outlive every try to write the checkpoint that they belong to.
  expect(bounds.PIECES_KEPT_MS).toBeGreaterThan(60 * bounds.COMMAND_TIMEOUT_MS);
  // Names and values stay together, below the end of Lua's stack.
  expect(bounds.LUA_ARGUMENTS_MAX % 2).toBe(0);
  expect(bounds.LUA_ARGUMENTS_MAX).toBeLessThan(7_000);
});
