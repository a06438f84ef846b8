import { onTestFinished } from 'vitest';

/** What the two clients have in common. */
interface Subscription<Event> extends AsyncIterable<Event> {
  once(event: 'confirmation', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'data', listener: (event: Event) => void): unknown;
  unsubscribe(): Promise<void>;
}

type EventOf<Opened> = Opened extends AsyncIterable<infer Event> ? Event : never;

/** Notes what a subscription of a real client gets, once the server has confirmed it. Rejects when it is refused. */
export async function opened<Opened extends Subscription<EventOf<Opened>>>(subscription: Opened) {
  const events: EventOf<Opened>[] = [];
  const errors: Error[] = [];
  const failed = Promise.withResolvers<Error>();
  const confirmed = new Promise<void>((resolve) => subscription.once('confirmation', resolve));
  subscription.on('data', (event: EventOf<Opened>) => events.push(event));
  subscription.on('error', (error) => {
    errors.push(error);
    failed.resolve(error);
  });
  onTestFinished(async () => {
    if (errors.length === 0) await subscription.unsubscribe();
  });
  await Promise.race([confirmed, failed.promise.then((error) => Promise.reject(error))]);
  return { subscription, events, errors, failed: failed.promise };
}
