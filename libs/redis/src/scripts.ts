import { LUA_ARGUMENTS_MAX } from './bounds.ts';

/** What runs in Redis, each as one indivisible step. KEYS are of one hash slot. */
export interface ScriptText {
  readonly numberOfKeys: number;
  readonly lua: string;
}

/** KEYS: head, entries. ARGV: token. Answers number, head, count in the head (nil: nothing saved), entries held. */
const takeOver: ScriptText = {
  numberOfKeys: 2,
  lua: `
redis.call('HSET', KEYS[1], 'token', ARGV[1])
local saved = redis.call('HMGET', KEYS[1], 'number', 'head', 'count')
return {saved[1], saved[2], saved[3], redis.call('HLEN', KEYS[2])}`,
};

/** KEYS: head, entries. Answers token, number, count in the head, entries held. */
const look: ScriptText = {
  numberOfKeys: 2,
  lua: `
local saved = redis.call('HMGET', KEYS[1], 'token', 'number', 'count')
return {saved[1], saved[2], saved[3], redis.call('HLEN', KEYS[2])}`,
};

/**
 * KEYS: head, entries, and what went ahead: puts (a hash), deletes (a set). ARGV: token, base, head, the number of
 * puts and of deletes that went ahead, the number of deletes that follow, these, then name and value of each put.
 * Answers 1: written; 0: refused; -1: what went ahead is not all there.
 * What can fail for want of memory comes first, so that it fails with nothing written.
 */
const checkpoint: ScriptText = {
  numberOfKeys: 4,
  lua: `
local at = redis.call('HMGET', KEYS[1], 'token', 'number')
local ahead = tonumber(ARGV[4]) + tonumber(ARGV[5]) > 0
if at[1] ~= ARGV[1] or (at[2] or '0') ~= ARGV[2] then
  if ahead then redis.call('UNLINK', KEYS[3], KEYS[4]) end
  return 0
end
if ahead and (redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[4]) or redis.call('SCARD', KEYS[4]) ~= tonumber(ARGV[5])) then
  redis.call('UNLINK', KEYS[3], KEYS[4])
  return -1
end
redis.call('HSET', KEYS[1], 'number', string.format('%.0f', tonumber(ARGV[2]) + 1), 'head', ARGV[3])
if ARGV[2] == '0' then redis.call('UNLINK', KEYS[2]) end
local function slices(command, first, last)
  for i = first, last, ${LUA_ARGUMENTS_MAX} do
    redis.call(command, KEYS[2], unpack(ARGV, i, math.min(i + ${LUA_ARGUMENTS_MAX - 1}, last)))
  end
end
local function walk(scan, key, command)
  local cursor = '0'
  repeat
    local step = redis.call(scan, key, cursor, 'COUNT', ${LUA_ARGUMENTS_MAX / 4})
    cursor = step[1]
    for i = 1, #step[2], ${LUA_ARGUMENTS_MAX} do
      redis.call(command, KEYS[2], unpack(step[2], i, math.min(i + ${LUA_ARGUMENTS_MAX - 1}, #step[2])))
    end
  until cursor == '0'
end
local puts = 7 + tonumber(ARGV[6])
if ahead then walk('SSCAN', KEYS[4], 'HDEL') end
slices('HDEL', 7, puts - 1)
if ahead then walk('HSCAN', KEYS[3], 'HSET') end
slices('HSET', puts, #ARGV)
if ahead then redis.call('UNLINK', KEYS[3], KEYS[4]) end
redis.call('HSET', KEYS[1], 'count', redis.call('HLEN', KEYS[2]))
return 1`,
};

const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)`;

/** KEYS: scope. ARGV: name, value, time to live in ms. By the server's clock, since those of others differ. */
const putShared: ScriptText = {
  numberOfKeys: 1,
  lua: `${NOW}
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:', now + tonumber(ARGV[3])) .. ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1`,
};

/** KEYS: scope. ARGV: the name, or nothing for all. Answers names and values, and forgets those whose time is over. */
const readShared: ScriptText = {
  numberOfKeys: 1,
  lua: `${NOW}
local held = {}
if ARGV[1] then
  local value = redis.call('HGET', KEYS[1], ARGV[1])
  if value then held = {ARGV[1], value} end
else
  held = redis.call('HGETALL', KEYS[1])
end
local living = {}
for i = 1, #held, 2 do
  local colon = string.find(held[i + 1], ':', 1, true)
  if tonumber(string.sub(held[i + 1], 1, colon - 1)) > now then
    living[#living + 1] = held[i]
    living[#living + 1] = string.sub(held[i + 1], colon + 1)
  else
    redis.call('HDEL', KEYS[1], held[i])
  end
end
return living`,
};

export const SCRIPTS = { takeOver, look, checkpoint, putShared, readShared } as const;
export type ScriptName = keyof typeof SCRIPTS;
