import type { KafkaAdmin } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';

/** The names of the topics to read, sorted. Rejects with KAFKA_TOPIC_MISSING or KAFKA_ACCESS_DENIED of one that is named. */
export async function resolveTopics(
  admin: KafkaAdmin,
  { names, patterns }: KafkaSettings['topics'],
): Promise<readonly string[]> {
  const known = new Set(await admin.topics());
  const missing = names.filter((name) => !known.has(name));
  // Topics that this user may not see are not listed. Asked by name, the broker says so.
  for (const name of missing) await admin.bounds(name);
  if (missing.length > 0) {
    throw kafkaError(
      'KAFKA_TOPIC_MISSING',
      `There is no topic ${missing.map((name) => `"${name}"`).join(', ')}, or this user may not see it.`,
    );
  }
  // Those that begin with two underscores are the brokers' own.
  const matching = [...known].filter(
    (name) => !name.startsWith('__') && patterns.some((pattern) => pattern.test(name)),
  );
  return [...new Set([...names, ...matching])].toSorted();
}
