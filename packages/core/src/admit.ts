import { compositeKey } from './composite-key.ts';
import type { Delivery, Outcome, Run } from './delivery.ts';
import { createRun, done, noLetters } from './delivery.ts';
import type { Clock } from './clock.ts';
import { MillraceError } from './errors.ts';
import type { Markers } from './markers.ts';
import type { Incoming, Message } from './message.ts';
import type { HandlerPlan, SourcePlan } from './source-plan.ts';
import type { Capabilities, Source } from './source.ts';

export interface AdmitOptions {
  readonly consumer: string;
  readonly source: Source;
  readonly plan: SourcePlan;
  readonly markers: Markers | undefined;
  /** A digest of the payload, to tell two events that share a key. */
  readonly fingerprint: ((message: Message) => string) | undefined;
  readonly clock: Clock;
}

/** Turns what an adapter received into a delivery: routed, placed in its lane and in the order of its channel. */
export function createAdmit({
  consumer,
  source,
  plan,
  markers,
  fingerprint,
  clock,
}: AdmitOptions): (batch: readonly Incoming[]) => readonly Delivery[] {
  const { capabilities } = source;
  const lease = capabilities.lease?.milliseconds ?? Infinity;
  const keyOf = idempotencyKeys(consumer, plan.handlers);
  const ignoresUnhandled =
    (source.settings.unhandled ?? (capabilities.replay === 'none' ? 'dead-letter' : 'ignore')) === 'ignore';

  return (batch) => {
    const brokerLeaseEnds = lease === Infinity ? Infinity : clock.monotonic() + lease;
    return batch.map((incoming) => admit(incoming, brokerLeaseEnds));
  };

  function admit(incoming: Incoming, brokerLeaseEnds: number): Delivery {
    const message = toMessage(incoming, source.name);
    const { runs, outcome } = incoming.failure ? undecodable(incoming.failure) : route(message);
    return {
      incoming,
      message,
      runs,
      laneKey: laneKey(incoming, capabilities),
      mark: markers?.track(incoming),
      brokerLeaseEnds,
      claimEnds: Infinity,
      handled: false,
      outcome,
      lost: false,
      unclaimed: false,
      revoked: false,
      letters: noLetters,
      slot: -1,
    };
  }

  function route(message: Message): Routed {
    const handlers = plan.route(message.type);
    if (handlers.length === 0) return { runs: [], outcome: ignoresUnhandled ? done : unhandled(message) };
    try {
      const print = fingerprint?.(message);
      const attempt = message.deliveryCount ?? 1;
      const runs = handlers.map((handler) =>
        createRun(handler, { key: keyOf(handler, message), fingerprint: print, attempt }),
      );
      return { runs, outcome: undefined };
    } catch (cause) {
      // Users' functions, and they see the payload before its schema does.
      const error = new MillraceError(
        'PAYLOAD_INVALID',
        `The idempotency key or the fingerprint of ${message.type} could not be made from its message.`,
        { cause },
      );
      return { runs: [], outcome: { kind: 'dead', reason: 'invalid', cause: error } };
    }
  }
}

interface Routed {
  readonly runs: readonly Run[];
  readonly outcome: Outcome | undefined;
}

function undecodable(cause: MillraceError): Routed {
  return { runs: [], outcome: { kind: 'dead', reason: 'undecodable', cause } };
}

function unhandled({ type, source }: Message): Outcome {
  const cause = new MillraceError(
    'EVENT_UNHANDLED',
    `No handler takes "${type}" from source "${source}", and there is no default handler.`,
  );
  return { kind: 'dead', reason: 'unhandled', cause };
}

/** Makes the keys of (consumer, handler, event). They throw when an event has none. */
export function idempotencyKeys(
  consumer: string,
  handlers: readonly HandlerPlan[],
): (handler: HandlerPlan, message: Message) => string {
  const prefixes = new Map(
    handlers.map((handler) => [handler, compositeKey(consumer, handler.registration.name)]),
  );
  return (handler, message) => {
    const { name, options } = handler.registration;
    const id: unknown = options.idempotencyKey ? options.idempotencyKey(message) : message.id;
    // Were it taken for a key, all events without one would be duplicates of each other.
    if (typeof id !== 'string' || id === '') {
      throw new TypeError(`The idempotency key for handler "${name}" must be a text that is not empty.`);
    }
    return `${prefixes.get(handler)}/${id}`;
  };
}

function laneKey({ key, channel }: Incoming, { order }: Capabilities): string | undefined {
  if (order === 'perKey') return key === undefined ? undefined : `${channel ?? ''}\n${key}`;
  return order === 'perChannel' ? (channel ?? '') : undefined;
}

function toMessage(incoming: Incoming, source: string): Message {
  return {
    id: incoming.id,
    type: incoming.type,
    data: incoming.data,
    headers: incoming.headers,
    source,
    key: incoming.key,
    channel: incoming.channel,
    position: incoming.position,
    deliveryCount: incoming.deliveryCount,
    time: incoming.time,
    native: incoming.native,
  };
}
