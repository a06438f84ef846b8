import { createHash } from 'node:crypto';

/** A Lua script. It answers an array. */
export interface Script {
  readonly lua: string;
  /** What EVALSHA takes. */
  readonly digest: string;
}

export function script(lua: string): Script {
  return { lua, digest: createHash('sha1').update(lua).digest('hex') };
}

/** Milliseconds of the server's clock, in whole ones. Leases never depend on a client's clock. */
export const readTime = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
