import type { LogBounds, LoggedMessage, ReplayLog, UnnumberedMessage } from '../../ports/replay-log.ts';
import * as scripts from './log-scripts.ts';
import type { RedisMessages } from './messages.ts';
import type { Scripts } from './scripts.ts';
import { listOf, numberOf } from './scripts.ts';

export function redisReplayLog({ run }: Scripts, messages: RedisMessages): ReplayLog {
  /** Of topics that are being written to: one after the other, else all would try for the same sequence. */
  const last = new Map<string, Promise<{ readonly sequence: number }>>();

  /** Its tracing tells its place, so that has to be known before: it is tried until nobody else took it. */
  async function appendAfter(
    before: Promise<{ readonly sequence: number }> | undefined,
    message: UnnumberedMessage,
    { messages: most, bytes, age, topics }: LogBounds,
  ): Promise<LoggedMessage> {
    const keep = await messages.prepare(message);
    let sequence = ((await before?.catch(() => undefined))?.sequence ?? 0) + 1;
    for (;;) {
      const tracing = message.tracing(sequence);
      const next = numberOf(await run(scripts.append, ...keep(tracing), most, bytes, age, topics, sequence));
      if (next === sequence) return { sequence, message: { ...message, tracing } };
      sequence = next;
    }
  }

  return {
    async append(message, bounds) {
      const name = Buffer.from(message.topic).toString('latin1');
      const appended = appendAfter(last.get(name), message, bounds);
      last.set(name, appended);
      try {
        return await appended;
      } finally {
        if (last.get(name) === appended) last.delete(name);
      }
    },

    async read(topic, { after = 0, since = 0, limit, age }) {
      const flat = listOf(await run(scripts.read, Buffer.from(topic), after, since, age, limit));
      return flat.flatMap((sequence, index) =>
        index % 2 === 0
          ? [{ sequence: numberOf(sequence), message: messages.fromAnswer(flat[index + 1]) }]
          : [],
      );
    },
  };
}
