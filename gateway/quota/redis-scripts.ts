// The scripts that Redis runs: each looks at the server's own clock, and touches only keys it was given.
import { createHash } from 'node:crypto';

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

function toScript(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Microseconds since 1970. Written with `%.0f`, because Lua's own way keeps 14 digits only. */
const CLOCK = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function fmt(n) return string.format('%.0f', n) end
local function outlive(key, us)
  local ms = math.ceil(us / 1000) + 1
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, fmt(ms)) end
end
`;

/**
 * Takes from all counters or from none.
 *
 * KEYS: the counters, then the task of a poll. ARGV: how many counters are not of tasks, the lease's name, how long it lasts in
 * microseconds, 1 when the last key is a task's; then for each counter `r`, interval, burst, or `c`, limit, 0, and 1 when it
 * only takes the right to be a task. Returns 0 short, 1 taken, 2 taken but for tasks; then for each counter its level and how long
 * until it has room (-1: full); then the same of the poll: how long between polls, how long until the next.
 */
export const TAKE = toScript(`${CLOCK}
local plain, member, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local counters = #KEYS - tonumber(ARGV[4])
local out, short, hard = { 1 }, false, false
for i = 1, counters do
  local at = 1 + i * 4
  local x, y = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local level, wait = 0, 0
  if ARGV[at] == 'r' then
    local paid = tonumber(redis.call('GET', KEYS[i]) or 0) or 0
    level = math.min(math.max(paid - now, 0), y)
    wait = math.max(level + x - y, 0)
  else
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', fmt(now))
    level = redis.call('ZCARD', KEYS[i])
    if level >= x then wait = -1 end
  end
  if wait ~= 0 then
    short = true
    if i <= plain or ARGV[at + 3] == '0' then hard = true end
  end
  out[i * 2] = level
  out[i * 2 + 1] = wait
end
local every, pollWait = 0, 0
if counters < #KEYS then
  local poll = redis.call('HMGET', KEYS[#KEYS], 'p', 'n')
  every = tonumber(poll[1] or 0) or 0
  pollWait = math.max((tonumber(poll[2] or 0) or 0) - now, 0)
  if pollWait > every then pollWait = every end
  if pollWait > 0 then hard = true end
end
out[#out + 1] = every
out[#out + 1] = pollWait
if hard then
  out[1] = 0
  return out
end
local last = counters
if short then
  out[1] = 2
  last = plain
end
for i = 1, last do
  local at = 1 + i * 4
  if ARGV[at] == 'r' then
    local debt = out[i * 2] + tonumber(ARGV[at + 1])
    out[i * 2] = debt
    redis.call('SET', KEYS[i], fmt(now + debt), 'PX', fmt(math.ceil(debt / 1000) + 1))
  else
    redis.call('ZADD', KEYS[i], fmt(now + lease), member)
    outlive(KEYS[i], lease)
    out[i * 2] = out[i * 2] + 1
  end
end
if every > 0 then redis.call('HSET', KEYS[#KEYS], 'n', fmt(now + every)) end
return out
`);

/** Renews open leases. KEYS: counters, perhaps repeated. ARGV: how long they last in microseconds; for each key the lease's name. */
export const RENEW = toScript(`${CLOCK}
local lease = tonumber(ARGV[1])
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], fmt(now + lease), ARGV[i + 1])
  outlive(KEYS[i], lease)
end
return #KEYS
`);

/**
 * Hands what a lease holds over to a task. KEYS: the task, then the counters. ARGV: the lease's name, the task's name, how long between
 * polls and how long the task is remembered in microseconds, the sets it is told in (see NOTE); then for each counter how long the
 * task may hold it.
 */
export const KEEP = toScript(`${CLOCK}
redis.call('HSET', KEYS[1], 'p', ARGV[3], 'k', table.concat(KEYS, ' ', 2), 's', ARGV[5])
outlive(KEYS[1], tonumber(ARGV[4]))
for i = 2, #KEYS do
  local life = tonumber(ARGV[i + 4])
  redis.call('ZREM', KEYS[i], ARGV[1])
  redis.call('ZADD', KEYS[i], fmt(now + life), ARGV[2])
  outlive(KEYS[i], life)
end
return 1
`);

/** Forgets a task and frees what it holds. KEYS: the task, then its counters. ARGV: the task's name. */
export const END = toScript(`
for i = 2, #KEYS do redis.call('ZREM', KEYS[i], ARGV[1]) end
return redis.call('DEL', KEYS[1])
`);

/** Tells that a task is alive, for metrics alone. KEYS: the set of its rule. ARGV: the task's name, for how long in microseconds. */
export const NOTE = toScript(`${CLOCK}
redis.call('ZADD', KEYS[1], fmt(now + tonumber(ARGV[2])), ARGV[1])
outlive(KEYS[1], tonumber(ARGV[2]))
return 1
`);

/** Counts the tasks that are alive. KEYS: the set of a rule. */
export const COUNT = toScript(`${CLOCK}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', fmt(now))
return redis.call('ZCARD', KEYS[1])
`);
