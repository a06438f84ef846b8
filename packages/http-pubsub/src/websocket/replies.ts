import type { Clock } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Operation } from '../wire/auth/operation.ts';
import { malformed } from '../wire/codec/malformed.ts';
import type { BroadcasterMessage } from '../wire/stateful/messages.ts';

type Kind = BroadcasterMessage['kind'];
export type BroadcasterMessageOf<K extends Kind> = BroadcasterMessage & { readonly kind: K };

/** What a reply has to be. */
export interface Expectation<K extends Kind> {
  readonly kind: K;
  /** Whether it is about what was asked. */
  matches(reply: BroadcasterMessageOf<K>): boolean;
  /** What it may be authorised as. */
  operations(reply: BroadcasterMessageOf<K>): readonly Operation[];
}

/** A reply to what was asked first. */
export interface Reply {
  readonly operations: readonly Operation[];
  /** To be called once it is known to be genuine. */
  accept(): void;
}

/** What the broadcaster has still to say to what it was asked: in the order in which it was. */
export interface Replies {
  /** To be called before the question is sent. Rejects with the reason when the connection ends before the reply. */
  expect<K extends Kind>(expectation: Expectation<K>): Promise<BroadcasterMessageOf<K>>;
  /** Throws PUBSUB_MALFORMED when something else was to come. */
  take(reply: BroadcasterMessage): Reply;
  end(reason: HttpPubsubError): void;
}

export interface RepliesOptions {
  readonly clock: Clock;
  /** Milliseconds for the next reply. */
  readonly timeout: number;
  readonly onSilent: (error: HttpPubsubError) => void;
}

interface Waiting {
  /** Undefined: it is not what was to come. */
  take(reply: BroadcasterMessage): Reply | undefined;
  reject(reason: HttpPubsubError): void;
}

export function createReplies({ clock, timeout, onSilent }: RepliesOptions): Replies {
  const line: Waiting[] = [];
  let cancel = () => {};

  function watch(): void {
    cancel();
    if (line.length === 0) return;
    cancel = clock.setTimeout(
      () => onSilent(httpPubsubError('PUBSUB_CONNECTION_LOST', 'The broadcaster does not reply.')),
      timeout,
    );
  }

  return {
    expect<K extends Kind>({ kind, matches, operations }: Expectation<K>) {
      const { promise, resolve, reject } = Promise.withResolvers<BroadcasterMessageOf<K>>();
      const isOfKind = (message: BroadcasterMessage): message is BroadcasterMessageOf<K> =>
        message.kind === kind;
      // Whoever asked hears of it when the question could be sent at all.
      promise.catch(() => {});
      line.push({
        take(reply) {
          if (!isOfKind(reply) || !matches(reply)) return undefined;
          return { operations: operations(reply), accept: () => resolve(reply) };
        },
        reject,
      });
      if (line.length === 1) watch();
      return promise;
    },
    take(reply) {
      const taken = line[0]?.take(reply);
      if (taken === undefined) throw malformed(`${reply.kind} is not the reply that was due`);
      return {
        ...taken,
        accept() {
          line.shift();
          watch();
          taken.accept();
        },
      };
    },
    end(reason) {
      cancel();
      for (const { reject } of line.splice(0)) reject(reason);
    },
  };
}
