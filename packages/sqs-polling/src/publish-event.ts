import { isMillraceError } from '@millrace/core';
import type { SqsError } from './errors.ts';
import { sqsError } from './errors.ts';
import type { OutgoingEvent } from './publisher/event.ts';
import type { EventPublisher } from './publisher/publisher.ts';

/** What to publish when a function has succeeded. */
export interface PublishEventOptions<Result, Args extends readonly unknown[]> {
  /** The event's name. */
  readonly type: string;
  /**
   * The payload.
   * @default the result itself
   */
  readonly data?: (result: Result, ...args: Args) => unknown;
  readonly id?: (result: Result, ...args: Args) => string;
  readonly key?: (result: Result, ...args: Args) => string;
  readonly headers?: (result: Result, ...args: Args) => NonNullable<OutgoingEvent['headers']>;
  /**
   * Whether there is anything to publish, such as `(response) => response.status < 300`.
   * @default always
   */
  readonly when?: (result: Result, ...args: Args) => boolean;
  /**
   * Takes the error when the function succeeded and its event could not be published; the call then resolves with the
   * result. What it throws, the call rejects with.
   * @default the call rejects with SQS_PUBLISH_FAILED
   */
  readonly onPublishError?: (error: SqsError, result: Result) => void | Promise<void>;
}

/** A publisher, or how to get at the one that belongs to the object whose method is called. */
type PublisherOf<This> = Publishing | ((self: This) => Publishing);

type Publishing = Pick<EventPublisher, 'publish'>;

/** Decorates an async method, as a standard decorator or under `experimentalDecorators`. */
export interface PublishEventDecorator<Self, Result> {
  <This extends Self, Args extends unknown[], R extends Result>(
    method: (this: This, ...args: Args) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Promise<R>>,
  ): (this: This, ...args: Args) => Promise<R>;
  <Args extends unknown[], R extends Result>(
    target: Self & object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(...args: Args) => Promise<R>>,
  ): TypedPropertyDescriptor<(...args: Args) => Promise<R>> | undefined;
}

type Work = (this: unknown, ...args: unknown[]) => unknown;
type AnyOptions = PublishEventOptions<unknown, unknown[]>;

/**
 * The function, which publishes its result after it has succeeded, and nothing when it throws. A failure to publish
 * rejects the call with SQS_PUBLISH_FAILED although the work is done: repeating the call does the work again.
 */
export function publishEvent<This, Args extends unknown[], Result>(
  publisher: PublisherOf<This>,
  event: string | PublishEventOptions<Awaited<Result>, Args>,
  work: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Promise<Awaited<Result>>;
/**
 * The same for an async method, as its decorator. The compiler holds the options to the method's result; that their
 * further parameters are the method's is taken on trust.
 */
export function publishEvent<Result>(
  publisher: Publishing,
  event: string | PublishEventOptions<Result, never[]>,
): PublishEventDecorator<unknown, NoInfer<Result>>;
/** The same, with the publisher that belongs to the object. */
export function publishEvent<Self, Result>(
  publisher: (self: Self) => Publishing,
  event: string | PublishEventOptions<Result, never[]>,
): PublishEventDecorator<NoInfer<Self>, NoInfer<Result>>;
export function publishEvent(
  publisher: PublisherOf<never>,
  event: string | PublishEventOptions<never, never[]>,
  work?: Work,
): unknown {
  // The signatures above hold the options to what they will be called with.
  const options = (typeof event === 'string' ? { type: event } : event) as AnyOptions;
  if (work) return publishing(publisher, options, work);
  return (
    target: Work,
    where: ClassMethodDecoratorContext | string | symbol,
    descriptor?: PropertyDescriptor,
  ) => {
    if (typeof where === 'object') {
      if (where.kind !== 'method') throw notAMethod(where.name);
      return publishing(publisher, options, target);
    }
    const method: unknown = descriptor?.value;
    if (!descriptor || typeof method !== 'function') throw notAMethod(where);
    descriptor.value = publishing(publisher, options, method as Work);
    return undefined;
  };
}

function publishing(publisher: PublisherOf<never>, options: AnyOptions, work: Work): Work {
  async function call(this: unknown, ...args: unknown[]): Promise<unknown> {
    const result = await work.apply(this, args);
    try {
      if (options.when && !options.when(result, ...args)) return result;
      const target = typeof publisher === 'function' ? publisher(this as never) : publisher;
      await target.publish(eventOf(options, result, args));
    } catch (cause) {
      const error = notPublished(options.type, work.name, cause);
      if (!options.onPublishError) throw error;
      await options.onPublishError(error, result);
    }
    return result;
  }
  // A consumer names plain functions by their name, which is part of idempotency keys.
  return Object.defineProperty(call, 'name', { value: work.name, configurable: true });
}

function eventOf(
  { type, data, id, key, headers }: AnyOptions,
  result: unknown,
  args: unknown[],
): OutgoingEvent {
  return {
    type,
    data: data ? data(result, ...args) : result,
    id: id?.(result, ...args),
    key: key?.(result, ...args),
    headers: headers?.(result, ...args),
  };
}

function notPublished(type: string, work: string, cause: unknown): SqsError {
  const reason = isMillraceError(cause) ? cause.message : 'the cause says why';
  return sqsError(
    'SQS_PUBLISH_FAILED',
    `"${work}" has done its work, but event "${type}" was not published: ${reason}`,
    cause,
  );
}

function notAMethod(name: string | symbol): SqsError {
  return sqsError(
    'SQS_OPTIONS',
    `@publishEvent on "${String(name)}": it decorates methods. Wrap functions with publishEvent(publisher, event, function).`,
  );
}
