import type { HandlerContext, Message, Middleware } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { OutgoingEvent } from '../publisher/event.ts';
import { deadFactsOf, withoutDeadFacts } from './dead-headers.ts';
import { nativeRecord } from './native-record.ts';
import type { RetryTopicsOptions } from './options.ts';
import { checkRetryTopics } from './options.ts';
import type { RetryFacts } from './retry-headers.ts';
import { retryFactsOf, withoutRetryFacts, withRetryFacts } from './retry-headers.ts';

/** Retries that do not hold up a partition. */
export interface RetryTopics {
  /** To be read by a source of their own: `kafka({ client, topics: retries.topics, start: 'earliest' })`. */
  readonly topics: readonly string[];
  /** For the consumer: `middleware: [retries.middleware]`. */
  readonly middleware: Middleware;
  /**
   * What an event of a dead-letter topic is to be published as, so that the handler that gave up runs once more, and no
   * other: for `relay({ to: publisher, event: retries.redriven })`. Undefined: it is no dead letter.
   */
  redriven(message: Message): OutgoingEvent | undefined;
}

/**
 * An event whose handler fails goes to a topic, and its partition goes on. In that topic it waits for its time, behind those
 * that wait as long; then the handler that failed runs once more, and no other. After the last topic it is given up on.
 * What is retried loses its place in the order. Throws KAFKA_OPTIONS.
 */
export function retryTopics(options: RetryTopicsOptions): RetryTopics {
  const { publisher, stages, inPlace, retryable } = checkRetryTopics(options);
  const names = new Set(stages.map(({ topic }) => topic));

  /** Only here the headers mean something: elsewhere they came from somebody else. */
  function factsOf(message: Message): RetryFacts | undefined {
    return names.has(topicOf(message)) ? retryFactsOf(message) : undefined;
  }

  async function tryLater(message: Message, context: HandlerContext, error: unknown): Promise<void> {
    const last = factsOf(message);
    const stage = stages[last?.stage ?? 0];
    if (stage === undefined) return context.reject(error);
    const facts: RetryFacts = {
      stage: (last?.stage ?? 0) + 1,
      dueAt: systemClock.now() + stage.delay,
      handler: context.handler,
      attempts: (last?.attempts ?? 0) + context.attempt,
      id: last?.id ?? message.id,
      origin: last?.origin ?? `${message.channel}@${message.position}`,
    };
    const { key, value } = nativeRecord(message);
    await publisher.publish(
      {
        topic: stage.topic,
        type: message.type,
        // The same for each run of this try, and another one than that of the run that counts as done with it.
        id: `${facts.id}#${facts.handler}#retry-${facts.stage}`,
        key,
        data: value,
        headers: withRetryFacts(message.headers, facts, error),
      },
      { signal: context.signal },
    );
    const { topic, delay } = stage;
    context.log.warn('An event failed and is tried again later.', { error, topic, delay });
  }

  function redriven(message: Message): OutgoingEvent | undefined {
    const dead = deadFactsOf(message);
    if (dead === undefined) return undefined;
    const { id, handler, origin, diedAt } = dead;
    const { key, value } = nativeRecord(message);
    const headers = withoutDeadFacts(message.headers);
    const common = { type: message.type, key, data: value };
    if (handler === undefined) {
      const topic = topicOf({ channel: origin });
      return { ...common, topic, id: `${id}#redrive-${diedAt}`, headers: withoutRetryFacts(headers) };
    }
    const facts = { stage: 1, dueAt: 0, handler, attempts: dead.attempts, id, origin };
    return {
      ...common,
      topic: stages[0]?.topic,
      id: `${id}#${handler}#redrive-${diedAt}`,
      headers: withRetryFacts(headers, facts, dead.error),
    };
  }

  return {
    topics: [...names],
    async middleware(message, context, next) {
      const facts = factsOf(message);
      if (facts && facts.handler !== context.handler) return;
      const early = facts ? facts.dueAt - systemClock.now() : 0;
      if (early > 0) return context.defer(early);
      try {
        await next();
      } catch (error) {
        if (context.signal.aborted || context.attempt < inPlace || !retryable(error)) throw error;
        await tryLater(message, context, error);
      }
    },
    redriven,
  };
}

function topicOf({ channel = '' }: { readonly channel?: string | undefined }): string {
  const end = channel.lastIndexOf('[');
  return end === -1 ? channel : channel.slice(0, end);
}
