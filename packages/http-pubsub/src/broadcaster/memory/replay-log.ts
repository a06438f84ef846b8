import type { Clock } from '@millrace/core';
import type { LogBounds, LoggedMessage, ReplayLog } from '../ports/replay-log.ts';
import type { MemoryBodies } from './bodies.ts';

interface TopicLog {
  sequence: number;
  bytes: number;
  readonly entries: LoggedMessage[];
}

export function memoryReplayLog(bodies: MemoryBodies, clock: Clock): ReplayLog {
  /** In the order in which they were last written to. */
  const topics = new Map<string, TopicLog>();

  function dropOldest(log: TopicLog): void {
    const [oldest] = log.entries.splice(0, 1);
    if (!oldest) return;
    log.bytes -= oldest.message.body.length;
    bodies.release(oldest.message.key);
  }

  function trim(log: TopicLog, { messages, bytes, age }: LogBounds): void {
    const horizon = clock.now() - age;
    while (log.entries.length > messages || log.bytes > bytes) dropOldest(log);
    while ((log.entries[0]?.message.publishedAt ?? Infinity) < horizon) dropOldest(log);
  }

  return {
    async append(message, bounds) {
      const name = nameOf(message.topic);
      const log = topics.get(name) ?? { sequence: 0, bytes: 0, entries: [] };
      topics.set(name, log);
      log.sequence += 1;
      const { sequence } = log;
      const held = await bodies.hold({ ...message, tracing: message.tracing(sequence) });
      bodies.refer(message.key);
      log.bytes += held.body.length;
      log.entries.push({ sequence, message: held });
      log.entries.sort((one, other) => one.sequence - other.sequence);
      topics.delete(name);
      topics.set(name, log);
      trim(log, bounds);
      for (const [other, idle] of topics) {
        if (topics.size <= bounds.topics) break;
        while (idle.entries.length > 0) dropOldest(idle);
        topics.delete(other);
      }
      return { sequence, message: held };
    },

    async read(topic, { after = 0, since = -Infinity, limit, age }) {
      const horizon = Math.max(since, clock.now() - age);
      return (topics.get(nameOf(topic))?.entries ?? [])
        .filter(({ sequence, message }) => sequence > after && message.publishedAt >= horizon)
        .slice(0, limit);
    },
  };
}

function nameOf(topic: Uint8Array): string {
  return Buffer.from(topic).toString('latin1');
}
