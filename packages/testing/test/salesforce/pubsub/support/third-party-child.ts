import PubSubApiClient from 'salesforce-pubsub-api-client';
import type { Command, Seen } from './third-party-client.ts';

const [endpoint = '', loginUrl = '', clientId = '', clientSecret = ''] = process.argv.slice(2);
const silent = () => {};
const client = new PubSubApiClient(
  {
    authType: 'oauth-client-credentials',
    loginUrl,
    clientId,
    clientSecret,
    pubSubEndpoint: endpoint,
    rejectUnauthorizedSsl: false,
  },
  { debug: silent, info: silent, warn: silent, error: silent },
);

function tell(seen: Seen): void {
  // Its numbers can be bigints, which JSON has not.
  process.send?.(
    JSON.parse(
      JSON.stringify(seen, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    ),
  );
}

function onCallback(_subscription: unknown, type: string, data?: unknown): void {
  if (type === 'error' && data instanceof Error) {
    const { cause } = data;
    const text = `${data.message} ${cause instanceof Error ? cause.message : ''}`;
    const code = 'metadata' in data ? trailerOf(data.metadata) : undefined;
    return tell({ type, data: { text, code } });
  }
  tell({ type, data });
}

function trailerOf(metadata: unknown): string | undefined {
  const { get } = metadata as { get(this: unknown, name: string): readonly unknown[] };
  return get.call(metadata, 'error-code').map(String)[0];
}

process.on('message', (command: Command) => {
  switch (command.do) {
    case 'subscribe':
      return client.subscribe(command.topic, onCallback, command.count);
    case 'earliest':
      return client.subscribeFromEarliestEvent(command.topic, onCallback, command.count);
    case 'after':
      return client.subscribeFromReplayId(command.topic, onCallback, command.count, command.replayId);
    case 'publish':
      void client.publish(command.topic, command.fields).then((data) => tell({ type: 'published', data }));
      return undefined;
  }
});

await client.connect();
tell({ type: 'connected' });
