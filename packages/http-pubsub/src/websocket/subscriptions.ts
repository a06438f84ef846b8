import type { ConnectionUrls } from '../wire/stateful/connection-url.ts';
import type { Wanted } from '../wire/stateless/requests.ts';
import type { Replies } from './replies.ts';
import { sameBytes } from './same-bytes.ts';
import type { Sender } from './sender.ts';
import { nothing } from './sender.ts';

export interface SubscriptionsOptions {
  readonly sender: Sender;
  readonly replies: Replies;
  readonly urls: ConnectionUrls;
}

/** Changes what the broadcaster sends over a connection. Rejects with the reason when the connection ends before. */
export function createSubscriptions({ sender, replies, urls }: SubscriptionsOptions) {
  async function ask(verb: 'subscribe' | 'unsubscribe', wanted: Wanted): Promise<Asked> {
    const url = urls.nextOfSubscriber();
    if (wanted.topic !== undefined) {
      const { topic } = wanted;
      const authorization = await sender.sign({ kind: 'subscribe-exact', url, topic });
      const confirmed = replies.expect({
        kind: `confirm-${verb}-exact`,
        matches: (reply) => sameBytes(reply.topic, topic),
        operations: () => [{ kind: 'confirm-subscribe-exact', url, topic }],
      });
      await sender.send({ kind: `${verb}-exact`, authorization, tracing: nothing, topic, payload: nothing });
      return { confirmed };
    }
    const { glob } = wanted;
    const authorization = await sender.sign({ kind: 'subscribe-glob', url, glob });
    const confirmed = replies.expect({
      kind: `confirm-${verb}-glob`,
      matches: (reply) => reply.glob === glob,
      operations: () => [{ kind: 'confirm-subscribe-glob', url, glob }],
    });
    await sender.send({ kind: `${verb}-glob`, authorization, tracing: nothing, glob, payload: nothing });
    return { confirmed };
  }

  return async (verb: 'subscribe' | 'unsubscribe', wanted: Wanted): Promise<void> => {
    const { confirmed } = await sender.inTurn(() => ask(verb, wanted));
    await confirmed;
  };
}

/** In an object, so that whose turn is next need not wait for the reply. */
interface Asked {
  readonly confirmed: Promise<unknown>;
}
