import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { HandlerContext } from './handler-context.ts';
import type { Message } from './message.ts';
import type { Middleware } from './middleware.ts';
import type { RetryOptions } from './retry.ts';

export interface HandlerOptions {
  /**
   * Part of the idempotency key, so it must stay the same through releases and be unique in the consumer.
   * @default `Class.method`, or the name of the function
   */
  readonly name?: string;
  /** Validates the payload; the handler gets what it returns. Anything that speaks Standard Schema. */
  readonly schema?: StandardSchemaV1 | undefined;
  /**
   * Handle only what comes from these sources.
   * @default all of them
   */
  readonly source?: string | readonly string[];
  /**
   * Milliseconds a run may take before its `signal` aborts and it counts as failed; `false` for no bound.
   * @default the consumer's `timeout`, 60_000
   */
  readonly timeout?: number | false;
  /** @default the source's, then the consumer's policy */
  readonly retry?: RetryOptions;
  /**
   * What identifies the event for this handler.
   * @default the message's id
   */
  readonly idempotencyKey?: (message: Message) => string;
  /** Wrapped around this handler, inside the consumer's. */
  readonly middleware?: readonly Middleware[];
}

/** Options whose schema decides the type of the payload. */
export type SchemaOptions<Schema extends StandardSchemaV1> = HandlerOptions & { readonly schema: Schema };
/** Options without a schema: the payload's type is what the handler says, on trust. */
export type PlainOptions = HandlerOptions & { readonly schema?: undefined };

export type EventTypes = string | readonly string[];

/** Done when it returns or resolves; failed when it throws or rejects. */
export type Handler<T = unknown> = (message: Message<T>, context: HandlerContext) => void | Promise<void>;
