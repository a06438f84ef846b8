import { MillraceError, isMillraceError } from './errors.ts';
import type { Handler } from './handler.ts';
import type { Headers, Message } from './message.ts';
import type { Registry } from './registry.ts';
import { createRegistry } from './registry.ts';
import type { Source } from './source.ts';

/** An event on its way from one broker to another: what it was, under the same id. */
export interface RelayedEvent {
  readonly type: string;
  readonly data: unknown;
  readonly id: string;
  readonly key?: string | undefined;
  readonly headers?: Headers | undefined;
  readonly time?: Date | undefined;
}

/** Anything that publishes: the publishers of this framework's packages, or a function in an object. */
export interface RelayTarget<Event = RelayedEvent> {
  /** Resolves when the other broker has taken the event. */
  publish(event: Event, options: { readonly signal: AbortSignal }): Promise<unknown>;
}

export interface RelayOptions<Event = RelayedEvent> {
  /**
   * The source, or several, or their names, whose events are relayed.
   * @default all sources of the consumer
   */
  readonly from?: Source | string | readonly (Source | string)[];
  readonly to: RelayTarget<Event>;
  /**
   * What is published of a message; undefined: nothing.
   * @default its type, data, id, key, headers and time
   */
  readonly event?: (message: Message) => Event | undefined;
  /**
   * Milliseconds between tries while the target can't be published to. They do not count as attempts: a target that is down
   * makes no dead letters.
   * @default 1_000
   */
  readonly retryDelay?: number;
  /**
   * Whether the target will never take this event, which makes it a dead letter at once.
   * @default errors whose code ends with EVENT_INVALID or MESSAGE_TOO_LARGE
   */
  readonly isRefusal?: (error: unknown) => boolean;
  /**
   * Name of the handler, part of its idempotency key.
   * @default 'relay'
   */
  readonly name?: string;
}

/**
 * A default handler that publishes what a source brings to another broker: give it to a consumer under `handlers`. An event is
 * settled after it was published. One that is published twice, around a crash, has the same id both times, so that claims
 * at the far side let it take effect once. Throws HANDLER_OPTIONS.
 */
export function relay(options: RelayOptions): Registry;
export function relay<Event>(
  options: RelayOptions<Event> & Required<Pick<RelayOptions<Event>, 'event'>>,
): Registry;
export function relay(options: RelayOptions<unknown>): Registry {
  const {
    from,
    to,
    event = toEvent,
    retryDelay = 1_000,
    isRefusal = refusesForGood,
    name = 'relay',
  } = options;
  if (typeof to !== 'object' || to === null || typeof to.publish !== 'function') {
    throw new MillraceError('HANDLER_OPTIONS', '"to" of a relay must be an object with a method "publish".');
  }
  const sources = [from ?? []].flat().map((source) => (typeof source === 'string' ? source : source.name));

  const publish: Handler = async (message, context) => {
    const outgoing = event(message);
    if (outgoing === undefined) return;
    try {
      await to.publish(outgoing, { signal: context.signal });
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (isRefusal(error)) return context.reject(error);
      context.log.warn('An event could not be relayed yet; it is tried again.', { error, retryDelay });
      context.defer(retryDelay);
    }
  };
  return createRegistry().add({ name, ...(sources.length > 0 && { source: sources }) }, publish);
}

function toEvent({ type, data, id, key, headers, time }: Message): RelayedEvent {
  return { type, data, id, key, headers, time };
}

function refusesForGood(error: unknown): boolean {
  return isMillraceError(error) && /_(EVENT_INVALID|MESSAGE_TOO_LARGE)$/.test(error.code);
}
