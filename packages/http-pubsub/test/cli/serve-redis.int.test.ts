import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../../scripts/servers/needs-redis.ts';
import { httpPublisher } from '../../src/publisher/http-publisher.ts';
import { encodeSubscribe } from '../../src/wire/stateless/requests.ts';
import { deadPort, serve as httpServer } from '../outgoing/servers.ts';
import { serve } from './command.ts';

describe('a broadcaster whose store is Redis', needsRedis(), () => {
  test('shares it with others', async () => {
    const [server] = inject('redis').servers;
    const store = { kind: 'redis', urlEnv: 'REDIS_URL', prefix: `test-${crypto.randomUUID()}` };
    const env = { REDIS_URL: `redis://${server?.host}:${server?.port}` };
    const config = { secrets: 'none', store, guard: { networks: ['127.0.0.0/8'] }, redelivery: false };
    const [one, two] = [await serve(config, { env }), await serve(config, { env })];
    const subscriber = await httpServer((_, response) => response.writeHead(500).end());
    const response = await fetch(`${one.url}/v1/subscribe/exact`, {
      method: 'POST',
      body: Buffer.from(
        encodeSubscribe({
          url: subscriber.url,
          wanted: { topic: Buffer.from('orders') },
          recovery: undefined,
          tracing: new Uint8Array(),
        }),
      ),
    });
    expect(response.status).toBe(200);
    const publisher = httpPublisher({ broadcasters: [{ url: two.url }] });
    onTestFinished(() => publisher.close());
    await publisher.notify('orders', 'hello');
    expect(subscriber.seen).toHaveLength(1);
  });
});

test('a broadcaster says in its health that Redis is away', async () => {
  const store = { kind: 'redis', url: `redis://127.0.0.1:${await deadPort()}`, timeout: 200 };
  const { url } = await serve({ secrets: 'none', store });
  const health = await fetch(`${url}/health`);
  expect(health.status).toBe(503);
  expect(await health.json()).toEqual({ status: 'failing', store: false });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('millrace_pubsub_store_up 0\n');
});
