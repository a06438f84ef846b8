import type { RestResource } from './rest-call.ts';
import { methodNotAllowed } from './rest-error.ts';

/**
 * `GET limits`, as far as streaming goes. The org counts all kinds of events against one allowance, so the three daily
 * ones say the same. Streaming API guide: "Monitor PushTopic and Generic Event Usage with the REST API".
 */
export const limits: RestResource = (org, { method }) => {
  if (method !== 'GET') throw methodNotAllowed(method, ['GET', 'HEAD']);
  const { clients, mostClients, delivered, mostDelivered } = org.usage();
  const daily = limit(mostDelivered, delivered);
  return {
    status: 200,
    body: {
      DailyDeliveredPlatformEvents: daily,
      DailyDurableGenericStreamingApiEvents: daily,
      DailyDurableStreamingApiEvents: daily,
      DurableStreamingApiConcurrentClients: limit(mostClients, clients),
    },
  };
};

function limit(most: number, used: number) {
  // There is always a number, also where the org counts nothing.
  const Max = Number.isFinite(most) ? most : 1_000_000;
  return { Max, Remaining: Math.max(0, Max - used) };
}
