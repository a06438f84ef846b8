import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { platformaticClient } from '../../src/platformatic.ts';
import { until } from '../support/until.ts';

/** Answers each request with bytes that mean nothing, under its number, and resets the connection after the second one. */
async function startNonsense(): Promise<{ readonly port: number; resets(): number }> {
  let resets = 0;
  const server = createServer((socket: Socket) => {
    let answered = 0;
    socket.on('error', () => {});
    socket.on('data', (request) => {
      const correlation = request.subarray(8, 12);
      socket.write(Buffer.concat([Buffer.from([0, 0, 0, 12]), correlation, Buffer.alloc(8, 0x7f)]));
      answered += 1;
      if (answered < 2) return;
      // After the answer has arrived.
      setTimeout(() => {
        socket.resetAndDestroy();
        resets += 1;
      }, 50);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, resets: () => resets };
}

it('a broker that talks nonsense and resets connections is an error, and ends no process', async () => {
  const { port, resets } = await startNonsense();
  const client = platformaticClient({
    clientId: 'test',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    sasl: { mechanism: 'PLAIN', username: 'user', password: 'secret-of-user' },
  });
  const failure: unknown = await client.admin().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: expect.stringMatching(/^KAFKA_/) as string });
  expect(String(failure)).not.toContain('secret-of-user');
  // An error that nobody hears fails the run.
  await until(() => resets() > 0);
  await client.admin().catch(() => {});
});
