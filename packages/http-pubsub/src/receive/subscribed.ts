import type { OptionChecks } from '../option-checks.ts';
import type { DecodeOptions } from './incoming.ts';
import { topicName } from './incoming.ts';
import type { SpoolOptions } from './spool.ts';

/** What a source wants to hear of, each once. */
export interface Subscribed {
  readonly topics: readonly Buffer[];
  readonly globs: readonly string[];
}

/** What a length of two bytes can say. */
const mostBytes = 65_535;

/** The options that subscribers of either transport have: what they want to hear of, and what is made of it. */
export function checkSubscribed(
  check: OptionChecks,
  { exact = [], globs = [] }: { readonly exact?: readonly unknown[]; readonly globs?: readonly unknown[] },
): Subscribed {
  if (!Array.isArray(exact) || !Array.isArray(globs)) check.fail('"exact" and "globs" must be lists');
  const topics = new Map(
    exact.map((topic) => checkTopic(check, topic)).map((topic) => [topic.toString('hex'), topic]),
  );
  for (const glob of globs)
    checkSize(check, 'a glob', typeof glob === 'string' ? Buffer.from(glob) : undefined);
  if (topics.size + globs.length === 0) check.fail('"exact" or "globs" must name something');
  return { topics: [...topics.values()], globs: [...new Set(globs.map(String))] };
}

export function checkTopic(check: OptionChecks, topic: unknown): Buffer {
  const isBytes = typeof topic === 'string' || topic instanceof Uint8Array;
  return checkSize(check, 'a topic', isBytes ? Buffer.from(topic) : undefined);
}

function checkSize(check: OptionChecks, what: string, bytes: Buffer | undefined): Buffer {
  if (bytes !== undefined && bytes.length <= mostBytes) return bytes;
  return check.fail(`${what} must be a text, or bytes of a topic, of at most ${mostBytes} bytes`);
}

export function checkDecode(check: OptionChecks, { decode, eventType }: DecodeOptions): DecodeOptions {
  if (typeof decode !== 'function') check.oneOf('decode', decode, ['json', 'text', 'bytes', 'stream']);
  check.function('eventType', eventType);
  return { ...(decode && { decode }), ...(eventType && { eventType }) };
}

export function checkSpool(check: OptionChecks, spool: SpoolOptions = {}): SpoolOptions {
  check.wholeNumber('spool.threshold', spool.threshold, 0);
  check.wholeNumber('spool.quota', spool.quota, 0);
  return spool;
}

/** After what it hears. */
export function nameOf({ topics, globs }: Subscribed): string {
  const names = [...topics.map(topicName), ...globs];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
