import type { EventstoreClient } from '../client.ts';
import { dispose } from './dispose.ts';

/** A client with room for one subscription more. */
export interface Connection<Client = EventstoreClient> {
  readonly client: Client;
  /** Once nobody uses the connection any more, it is closed. A second call does nothing. */
  release(): Promise<void>;
}

export interface Connections<Client> {
  /** Rejects as the opening of a client does. */
  acquire(connectionString: string): Promise<Connection<Client>>;
}

/**
 * Servers take 100 streams a connection by default, and what is beyond waits without a word, acknowledgements and
 * appends included: KurrentDB-Client-NodeJS issue 175.
 */
const subscriptionsPerConnection = 90;

interface Slot<Client> {
  readonly number: number;
  readonly opening: Promise<Client>;
  users: number;
}

/** Spreads subscriptions over as many connections as they need. */
export function createConnections<Client extends Pick<EventstoreClient, 'dispose'>>(
  open: (connectionString: string) => Promise<Client>,
  most = subscriptionsPerConnection,
): Connections<Client> {
  const slots = new Map<string, Slot<Client>[]>();

  function slotFor(connectionString: string): Slot<Client> {
    const known = slots.get(connectionString) ?? [];
    slots.set(connectionString, known);
    const free = known.find(({ users }) => users < most);
    if (free) return free;
    const number = lowestFree(known.map((slot) => slot.number));
    const slot = { number, opening: open(distinct(connectionString, number)), users: 0 };
    known.push(slot);
    return slot;
  }

  function drop(connectionString: string, slot: Slot<Client>): void {
    const left = (slots.get(connectionString) ?? []).filter((other) => other !== slot);
    if (left.length > 0) slots.set(connectionString, left);
    else slots.delete(connectionString);
  }

  return {
    async acquire(connectionString) {
      const slot = slotFor(connectionString);
      slot.users += 1;
      let released = false;
      async function release(): Promise<void> {
        if (released) return;
        released = true;
        slot.users -= 1;
        if (slot.users > 0) return;
        drop(connectionString, slot);
        await dispose(await slot.opening);
      }
      try {
        return { client: await slot.opening, release };
      } catch (error) {
        await release().catch(() => {});
        throw error;
      }
    },
  };
}

/** From 1 on: the string as it was given is of those who publish, read and manage groups, and must always get through. */
function lowestFree(taken: readonly number[]): number {
  for (let number = 1; ; number += 1) if (!taken.includes(number)) return number;
}

/** Clients with equal settings share a connection under the hood, so each has another interval of its pings. */
function distinct(connectionString: string, number: number): string {
  const [address = '', query = ''] = connectionString.trim().split('?', 2);
  const settings = query.split('&').filter((setting) => setting !== '');
  const isInterval = (setting: string) =>
    (setting.split('=')[0] ?? '').replaceAll(/[_-]/g, '').toLowerCase() === 'keepaliveinterval';
  const interval = Number(settings.find(isInterval)?.split('=')[1] ?? 10_000);
  // -1 turns pings off: then there is nothing to tell connections apart by, except pings after a long time.
  const own = interval < 0 ? 2_000_000_000 + number : interval + number;
  const others = settings.filter((setting) => !isInterval(setting));
  return `${address}?${[...others, `keepAliveInterval=${own}`].join('&')}`;
}
