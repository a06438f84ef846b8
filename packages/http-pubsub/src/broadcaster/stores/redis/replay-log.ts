import type { ReplayLog } from '../../ports/replay-log.ts';
import * as scripts from './log-scripts.ts';
import type { RedisMessages } from './messages.ts';
import type { Scripts } from './scripts.ts';
import { listOf, numberOf } from './scripts.ts';

export function redisReplayLog({ run }: Scripts, messages: RedisMessages): ReplayLog {
  return {
    async append(message, bounds) {
      const kept = await messages.toArguments(message);
      const { messages: most, bytes, age, topics } = bounds;
      return numberOf(await run(scripts.append, ...kept, most, bytes, age, topics));
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
