import type { WebsocketOptions } from '../../../src/websocket/common-options.ts';
import { checkWebsocketOptions } from '../../../src/websocket/common-options.ts';
import type { Connection, Received } from '../../../src/websocket/connection.ts';
import { connect } from '../../../src/websocket/connection.ts';
import { optionChecks } from '../../../src/option-checks.ts';
import type { Notification } from '../../../src/websocket/notifier.ts';
import { bodyOf } from '../../../src/receive/spool.ts';

/** A connection, with what came over it. */
export async function openClient(
  url: string,
  options: Omit<WebsocketOptions, 'broadcasters'> & { readonly confirm?: boolean } = {},
) {
  const { broadcasters, connection: settingsOf } = checkWebsocketOptions(optionChecks('The test'), {
    ...options,
    broadcasters: [{ url }],
  });
  const received: Received[] = [];
  const missed: string[] = [];
  const connection: Connection = await connect(
    broadcasters[0]?.url ?? '',
    settingsOf(),
    {
      async receive(message) {
        received.push(message);
        if (options.confirm !== false) message.confirm();
      },
      missed: (topic) => void missed.push(Buffer.from(topic).toString()),
    },
    new AbortController().signal,
  );
  return { ...connection, received, missed, [Symbol.asyncDispose]: connection.close };
}

let identifiers = 0;

export function notification(topic: string | Uint8Array, content: string | Uint8Array): Notification {
  const identifier = Buffer.alloc(4);
  identifier.writeUInt32BE((identifiers += 1));
  return {
    topic: Buffer.from(topic),
    tracing: new Uint8Array(),
    identifier,
    body: bodyOf(Buffer.from(content)),
  };
}
