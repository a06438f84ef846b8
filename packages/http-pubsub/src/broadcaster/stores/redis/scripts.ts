import { createHash } from 'node:crypto';
import type { Clock } from '@millrace/core';
import type { RedisArgument, RedisClient } from '../../../guards/redis-client.ts';
import { callRedis } from '../../../guards/redis-client.ts';

/** A Lua script; Redis runs it as a whole or not at all. */
export interface Script {
  readonly lua: string;
  /** What EVALSHA takes. */
  readonly digest: string;
}

/** What scripts answer: bytes, whole numbers, nothing, and lists of them. */
export type Answer = Buffer | number | null | readonly Answer[];

/**
 * All keys begin with `root`, which is in braces: those of a broadcaster lie in one slot, also where a script makes their names
 * itself.
 */
const prelude = `
local root = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

export function script(lua: string): Script {
  const whole = `${prelude}${lua}`;
  return { lua: whole, digest: createHash('sha1').update(whole).digest('hex') };
}

export interface Scripts {
  /** Rejects with STORE_UNAVAILABLE. */
  run(script: Script, ...args: readonly RedisArgument[]): Promise<Answer>;
  /** A command about one key, by the name after the root. */
  call(command: string, name: string, ...args: readonly RedisArgument[]): Promise<Answer>;
}

export function scriptsOn(options: {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly timeout: number;
  readonly clock: Clock;
}): Scripts {
  const { client, prefix } = options;
  const root = `{${prefix}}`;

  async function run({ lua, digest }: Script, ...args: readonly RedisArgument[]): Promise<Answer> {
    try {
      return (await callRedis(client, options, 'EVALSHA', digest, 1, root, ...args)) as Answer;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await callRedis(client, options, 'EVAL', lua, 1, root, ...args)) as Answer;
    }
  }

  return {
    run,
    call: async (command, name, ...args) =>
      (await callRedis(client, options, command, `${root}:${name}`, ...args)) as Answer,
  };
}

/** It was restarted, or never had it. */
function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Error && error.cause.message.startsWith('NOSCRIPT');
}

export function listOf(answer: Answer | undefined): readonly Answer[] {
  return Array.isArray(answer) ? (answer as readonly Answer[]) : [];
}

export function bytesOf(answer: Answer | undefined): Buffer {
  return Buffer.isBuffer(answer) ? answer : Buffer.alloc(0);
}

export function textOf(answer: Answer | undefined): string {
  return bytesOf(answer).toString();
}

/** Redis keeps numbers as texts. */
export function numberOf(answer: Answer | undefined): number {
  return typeof answer === 'number' ? answer : Number(textOf(answer));
}

/** The protocol has no empty URL: that stands for none. */
export function optionalText(answer: Answer | undefined): string | undefined {
  const text = textOf(answer);
  return text === '' ? undefined : text;
}
