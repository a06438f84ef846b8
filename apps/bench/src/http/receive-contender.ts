import type { Secrets } from '@millrace/http-pubsub';
import type { Contender } from '../measure/contender.ts';
import type { Receiver } from './receiver-client.ts';
import type { Sender } from './sender.ts';

export interface Post {
  readonly sender: Sender;
  readonly secrets: Secrets;
  readonly broadcaster: string;
}

/** Receives what is posted to it, in a process of its own. */
export function receiveContender(name: string, receiver: Receiver, post: Post): Contender {
  const { sender, secrets, broadcaster } = post;
  return {
    name,
    async prepare(messages) {
      const url = await receiver.start({ secrets, broadcaster, messages });
      await sender.ask('prepare', url, messages);
      return {
        async run(stopwatch) {
          const measured = receiver.receive();
          await Promise.all([measured, sender.ask('send')]);
          stopwatch.take(await measured);
        },
        finish: () => receiver.stop(),
      };
    },
    close: () => receiver.close(),
  };
}
