import type { Check } from '@millrace/core';
import type { KafkaAdmin } from './client/port.ts';
import { isKafkaError } from './errors.ts';
import type { KafkaSettings } from './options.ts';

/** Are the topics there, and may this user read them and see the group? */
export async function* checkGroup({ client, topics, group }: KafkaSettings): AsyncGenerator<Check> {
  const admin = await client.admin();
  try {
    for (const name of topics.names) yield await check(`read topic ${name}`, () => admin.bounds(name));
    if (topics.patterns.length > 0) yield await checkPatterns(admin, topics.patterns);
    if (group !== undefined) yield await check(`describe group ${group}`, () => admin.members(group));
  } finally {
    await admin.close();
  }
}

async function check(name: string, ask: () => Promise<unknown>): Promise<Check> {
  try {
    await ask();
    return { name, ok: true };
  } catch (error) {
    if (!isKafkaError(error)) throw error;
    return { name, ok: false, code: error.code, problem: error.message, remedy: remedies[error.code] ?? '' };
  }
}

const remedies: Readonly<Record<string, string>> = {
  KAFKA_TOPIC_MISSING: 'Make the topic, or mind the letters of its name. Topics are never made by reading.',
  KAFKA_ACCESS_DENIED: 'Rights are given with kafka-acls.sh: Read on the topics, and Read on the group.',
};

async function checkPatterns(admin: KafkaAdmin, patterns: readonly RegExp[]): Promise<Check> {
  const name = `topics that match ${patterns.join(', ')}`;
  const found = await admin.topics();
  if (found.some((topic) => patterns.some((pattern) => pattern.test(topic)))) return { name, ok: true };
  return {
    name,
    ok: false,
    fatal: false,
    code: 'KAFKA_TOPIC_MISSING',
    problem: 'No topic matches so far.',
    remedy: 'Topics are read as soon as they are there.',
  };
}
