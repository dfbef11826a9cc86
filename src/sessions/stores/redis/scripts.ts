/**
 * What must happen in Redis at once, in Lua. Each script touches the keys of one slot. They are sent as text (EVAL):
 * a few hundred bytes, and right after a failover or SCRIPT FLUSH there is nothing to load first, which would let a
 * later command overtake.
 */

/** A key of another type than ours is as good as absent: nil. Whatever else keeps Redis from reading is no answer, and raised. */
export const ASKED = `
local function asked(...)
  local reply = redis.pcall(...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  if not string.find(reply.err, 'WRONGTYPE', 1, true) then redis.call(...) end
end`;

const FIELDS = `${ASKED}
local function fields(...) return asked('HMGET', KEYS[1], ...) or {} end`;

/** KEYS text · ARGV the text that may be replaced (empty: none, or what is no text), the new one → 1 or 0. */
export const replaceText = `${ASKED}
local before = asked('GET', KEYS[1]) or ''
if before ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/**
 * KEYS session, its revocation mark · ARGV sealed, lastUsedAt, generation, binding; the mark that was read (or empty); the
 * binding that may be replaced, "none" for none; the sealed text that may be replaced since it cannot be read (or empty); agent
 * → "revoked", or {0 or 1 for written, and the sealed, lastUsedAt, generation that stood there}.
 */
export const bindSession = `${FIELDS}
local mark = asked('GET', KEYS[2])
if mark and mark ~= ARGV[5] then return 'revoked' end
local before = fields('sealed', 'used', 'generation', 'binding')
local standing = before[1] and before[1] ~= ARGV[7] and (before[4] or '') or 'none'
if standing ~= ARGV[6] then return {0, before[1], before[2], before[3]} end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'used', ARGV[2], 'generation', ARGV[3], 'binding', ARGV[4], 'agent', ARGV[8])
return {1, before[1], before[2], before[3]}`;

/**
 * KEYS session · ARGV lastUsedAt, binding → the sealed, lastUsedAt, generation, or nil when it is not there: HSET alone would
 * bring a deleted session back.
 */
export const touchSession = `${FIELDS}
local before = fields('sealed', 'binding', 'generation')
if not before[1] or (before[2] or '') ~= ARGV[2] then return false end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
return {before[1], ARGV[1], before[3]}`;

/** KEYS session · ARGV lastUsedAt that is not to be passed, binding → the sealed, lastUsedAt, generation deleted, or nil. */
export const deleteSession = `${FIELDS}
local before = fields('sealed', 'used', 'generation', 'binding')
if not before[1] or (before[4] or '') ~= ARGV[2] or (tonumber(before[2]) or 0) > tonumber(ARGV[1]) then return false end
redis.call('DEL', KEYS[1])
return before`;

/** KEYS session, its revocation mark · ARGV mark, milliseconds → the sealed, lastUsedAt, generation deleted, or nil. */
export const revokeSession = `${FIELDS}
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
local before = fields('sealed', 'used', 'generation')
if not before[1] then return false end
redis.call('DEL', KEYS[1])
return before`;

/**
 * KEYS session, its revocation mark · ARGV mark, milliseconds, generation → the sealed, lastUsedAt, generation deleted, or
 * nil: then the binding of that generation is over or has only begun, and the mark keeps it from its end.
 */
export const revokeGeneration = `${FIELDS}
local before = fields('sealed', 'used', 'generation')
if before[3] ~= ARGV[3] then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return false
end
redis.call('DEL', KEYS[1])
return before`;

/** KEYS index of a subject, its revocation mark · ARGV entry, the mark that was read (or empty) → 1, or 0 when revoked since. */
export const enterOfSubject = `${ASKED}
local mark = asked('GET', KEYS[2])
if mark and mark ~= ARGV[2] then return 0 end
redis.call('ZADD', KEYS[1], 0, ARGV[1])
return 1`;

/** KEYS index of a subject, its revocation mark · ARGV mark, milliseconds → the entries of all that have begun before. */
export const revokeSubject = `
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)`;

/**
 * KEYS agent · ARGV sealed, sign-in, revision, generation, and the sealed text that may be replaced (or empty)
 * → nil, or the sealed, revision, generation that stand in the way.
 */
export const createAgent = `${FIELDS}
local before = fields('sealed', 'revision', 'generation')
if before[1] and before[1] ~= ARGV[5] then return before end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'signIn', ARGV[2], 'revision', ARGV[3], 'generation', ARGV[4])
return false`;

/** KEYS agent · ARGV sealed, sign-in, revision, the revision that was read → 1 or 0. */
export const updateAgent = `${FIELDS}
if fields('revision')[1] ~= ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'signIn', ARGV[2], 'revision', ARGV[3])
return 1`;

/** KEYS key · ARGV a type → 1 or 0. Deletes what is of another type. */
export const dropUnless = `
if redis.call('TYPE', KEYS[1]).ok == ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** KEYS record · ARGV the sealed text that was read, empty for none → 1 or 0. */
export const dropRecord = `${FIELDS}
if (fields('sealed')[1] or '') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** KEYS agent, events · ARGV sign-in → the generation deleted, or nil. */
export const deleteAgent = `${FIELDS}
local before = fields('signIn', 'generation')
if before[1] ~= ARGV[1] then return false end
redis.call('DEL', KEYS[1], KEYS[2])
return before[2] or ''`;

/**
 * KEYS leases · ARGV milliseconds, the owner of each → 1 or 0 for each, -1 where Redis takes no more. What is held is
 * extended by PEXPIRE, which a full Redis still takes. What is no lease (of another type, without an end) holds nothing.
 */
export const acquireLeases = `${ASKED}
local taken = {}
for at, key in ipairs(KEYS) do
  local owner = ARGV[at + 1]
  local holder = asked('GET', key)
  if holder == owner then
    taken[at] = redis.call('PEXPIRE', key, ARGV[1])
  elseif holder and redis.call('PTTL', key) >= 0 then
    taken[at] = 0
  else
    taken[at] = redis.pcall('SET', key, owner, 'PX', ARGV[1]).err and -1 or 1
  end
end
return taken`;

/** KEYS agent, lease · ARGV fields of the agent → them and the lease's holder; what is of another type is not there. */
export const agentAndHolder = `${ASKED}
return {asked('HMGET', KEYS[1], unpack(ARGV)) or 'unreadable', asked('GET', KEYS[2]) or false}`;

/** KEYS lease · ARGV owner → 1 or 0. */
export const releaseLease = `${ASKED}
if asked('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * KEYS instances, a hash: what each has said, and until when it counts, by the clock of Redis · ARGV nothing, or owner,
 * milliseconds, 1 for able, how long ago a poll was answered (or empty) → owner, able, how long ago, of all that live.
 */
export const instances = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = function(number) return string.format('%.0f', number) end
if ARGV[1] and tonumber(ARGV[2]) > 0 then
  local answered = tonumber(ARGV[4])
  local said = text(now + ARGV[2]) .. ' ' .. ARGV[3] .. ' ' .. (answered and text(now - answered) or '')
  redis.call('HSET', KEYS[1], ARGV[1], said)
  redis.call('PEXPIRE', KEYS[1], 3600000)
elseif ARGV[1] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
local living = {}
local said = redis.call('HGETALL', KEYS[1])
for at = 1, #said, 2 do
  local ends, able, answered = string.match(said[at + 1], '^(%d+) ([01]) (%d*)$')
  if ends and tonumber(ends) > now then
    local ago = tonumber(answered)
    table.insert(living, {said[at], able, ago and text(now - ago) or ''})
  else
    redis.call('HDEL', KEYS[1], said[at])
  end
end
return living`;

/**
 * KEYS events · ARGV sealed event, how many are kept, channel, seconds after which all are forgotten, bytes that are kept,
 * bytes of an event that is, the event's mark → the id, and how many bytes are kept now. Each entry says how many bytes there
 * have been up to it, so that two entries tell how many there are. Of an event that is not kept its place is. One that is
 * among the last already is only published again: its appender has not had the answer.
 */
export const appendEvent = `
local function of(entry, name)
  for at = 1, entry and #entry[2] or 0, 2 do
    if entry[2][at] == name then return entry[2][at + 1] end
  end
  return ''
end
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 4)
local total = tonumber(of(last[1], 'total')) or 0
local id
for _, entry in ipairs(last) do
  if of(entry, 'mark') == ARGV[7] then id = entry[1] end
end
if not id then
  local isKept = #ARGV[1] <= tonumber(ARGV[6])
  if isKept then total = total + #ARGV[1] end
  local text = string.format('%.0f', total)
  id = redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], '*', isKept and 'sealed' or 'passed', isKept and ARGV[1] or '', 'total', text, 'mark', ARGV[7])
end
local kept
repeat
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  kept = total - (tonumber(of(oldest, 'total')) or 0) + #of(oldest, 'sealed')
  if kept > tonumber(ARGV[5]) then redis.call('XDEL', KEYS[1], oldest[1]) end
until kept <= tonumber(ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[3], id .. ' ' .. ARGV[1])
return {id, kept}`;

/** KEYS events · ARGV the id of the last → 1 or 0. Forgets all of them, unless another has come since. */
export const dropEvents = `${ASKED}
local last = asked('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if not last or not last[1] or last[1][1] ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * KEYS events · ARGV channel, message. As a script it goes to the node of the agent, like its events: in a cluster,
 * messages published at several nodes overtake each other.
 */
export const publish = `return redis.call('PUBLISH', ARGV[1], ARGV[2])`;

/** KEYS hashes · ARGV fields → the fields of each hash; an empty list for what is no hash. */
export const readHashes = `${ASKED}
local found = {}
for at, key in ipairs(KEYS) do
  found[at] = asked('HMGET', key, unpack(ARGV)) or {}
end
return found`;

/**
 * KEYS probe · ARGV channel. Every kind of write that the store makes, and nothing is left of it. The first needs memory:
 * what follows a write in a script, a full Redis would take.
 */
export const probe = `
redis.call('SET', KEYS[1], '1', 'PX', 60000)
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'sealed', '')
redis.call('HDEL', KEYS[1], 'sealed')
redis.call('ZADD', KEYS[1], 0, '')
redis.call('ZREM', KEYS[1], '')
redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'sealed', '')
redis.call('DEL', KEYS[1])
return redis.call('PUBLISH', ARGV[1], '')`;
