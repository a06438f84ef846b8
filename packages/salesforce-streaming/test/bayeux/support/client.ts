import type { BayeuxClient, BayeuxClientOptions, BayeuxFailure, EventMessage } from '../../../src/bayeux.ts';
import { createBayeuxClient, isBayeuxError } from '../../../src/bayeux.ts';

export interface TestClient extends BayeuxClient {
  readonly events: readonly EventMessage[];
}

/** A client that keeps the events it gets. */
export function clientOf(url: string, options: Partial<BayeuxClientOptions> = {}): TestClient {
  const events: EventMessage[] = [];
  const client = createBayeuxClient({
    endpoint: () => url,
    headers: () => ({ authorization: 'Bearer secret-token' }),
    onEvents: (messages) => events.push(...messages),
    ...options,
  });
  return Object.defineProperty(client, 'events', { value: events }) as TestClient;
}

/** The failure that the step rejects with. */
export async function failureOf(step: Promise<unknown>): Promise<BayeuxFailure> {
  const error = await errorOf(step);
  if (isBayeuxError(error)) return error.failure;
  throw new Error('The step rejected with something else', { cause: error });
}

export async function errorOf(step: Promise<unknown>): Promise<unknown> {
  try {
    await step;
  } catch (error) {
    return error;
  }
  throw new Error('The step did not reject');
}
