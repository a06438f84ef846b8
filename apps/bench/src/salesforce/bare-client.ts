import type { BayeuxError, EventMessage } from '@millrace/salesforce-streaming/bayeux';
import { createBayeuxClient, isBayeuxError } from '@millrace/salesforce-streaming/bayeux';

import type { ReplayedData } from './replay-map.ts';
import type { StartReading } from './reader.ts';
import { apiVersion } from './reader.ts';

/** A loop over the Bayeux client: poll, handle one event after another, remember the place; after trouble begin anew. */
export const bareClient: StartReading = async ({ url, token, login, channel, handled, failed }) => {
  let accessToken = token;
  let replayId = -2;
  const received: EventMessage[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const client = createBayeuxClient({
    endpoint: () => `${url}/cometd/${apiVersion}`,
    headers: () => ({ authorization: `Bearer ${accessToken}` }),
    onEvents: (events) => void received.push(...events),
  });
  const handle = async ({ payload }: ReplayedData) => handled(payload.Number__c);

  async function begin(): Promise<void> {
    await client.handshake({ signal, ext: { replay: true } });
    await client.subscribe(channel, { signal, ext: { replay: { [channel]: replayId } } });
  }

  async function handleReceived(): Promise<void> {
    for (const message of received.splice(0)) {
      const data = message.data as ReplayedData;
      await handle(data);
      replayId = data.event.replayId;
    }
  }

  async function loop(): Promise<void> {
    for (;;) {
      try {
        await client.connect({ signal });
      } catch (error) {
        if (!isBayeuxError(error)) throw error;
        client.forget();
        if (isUnauthorized(error)) accessToken = await login();
        await begin();
      }
      await handleReceived();
    }
  }

  await begin();
  const looping = loop().catch((error: unknown) => {
    if (!signal.aborted) failed(error);
  });
  return {
    async stop() {
      stopping.abort();
      await looping;
      await client.disconnect();
      return String(replayId);
    },
  };
};

function isUnauthorized({ failure }: BayeuxError): boolean {
  return failure.kind === 'meta' && failure.reason.code === 401;
}
