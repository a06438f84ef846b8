import type { Incident } from '../incident.ts';
import type { Books, Published } from '../ledger/books.ts';
import type { Narrator } from '../narrator.ts';
import { grouped } from '../narrator.ts';
import { inBatches, split, until } from '../pace.ts';
import type { CrmEvent } from './events.ts';
import type { Crm } from './org.ts';

export interface CrmStoryOptions {
  readonly crm: Crm;
  readonly events: readonly CrmEvent[];
  readonly books: Books;
  readonly say: Narrator['say'];
  readonly onPublished: (published: readonly Published[]) => void;
  readonly incident: Incident;
  readonly signal: AbortSignal;
}

/** What happens in the CRM, and to those who listen to it: a token is revoked, the reader dies, the server hangs up. */
export async function tellCrmStory(options: CrmStoryOptions): Promise<void> {
  const { crm, events, books, incident, say, signal } = options;
  const { org } = crm;
  const [first = [], second = [], third = [], fourth = [], last = []] = split(events, 5);

  async function publish(some: readonly CrmEvent[]): Promise<readonly Published[]> {
    const published: Published[] = [];
    await inBatches(
      some,
      (batch) => {
        const more = batch.map(crm.publish);
        published.push(...more);
        options.onPublished(more);
      },
      signal,
    );
    return published;
  }

  /** What happens here is told to whoever reads only by what the org answers. */
  async function publishAfter(trouble: () => void, more: readonly CrmEvent[]): Promise<Change> {
    const before = org.counters;
    trouble();
    const published = await publish(more);
    await until(
      () => published.every((event) => event.expected !== 'effect' || books.hasBegun(event)),
      signal,
    );
    const { logins, handshakes } = org.counters;
    return { logins: logins - before.logins, handshakes: handshakes - before.handshakes };
  }

  await publish(first);
  say('The CRM revokes all access tokens, and more happens there.');
  const renewed = await publishAfter(() => org.revokeTokens(), second);
  say(
    `${books.reader('crm')} was refused, and ${told(renewed)} later it goes on after the last event that it had received.`,
  );
  incident.allow();

  await publish(third);
  await until(() => incident.victim !== undefined, signal);
  const killedAt = performance.now();
  await publish(fourth);
  await until(() => books.reader('crm') !== incident.victim, signal);
  const seconds = ((performance.now() - killedAt) / 1_000).toFixed(1);
  say(`${books.reader('crm')} reads the CRM now, ${seconds} seconds later, from where the marker stands.`);

  // Its login is not to be counted with those that follow.
  await until(() => incident.restarts > 0, signal);
  say('The CRM ends all sessions, as Salesforce does every few hours, and more happens there.');
  const reconnected = await publishAfter(() => org.kick(), last);
  say(
    `${books.reader('crm')} was disconnected, and ${told(reconnected)} later it goes on after the last event that it had received.`,
  );
  const { delivered } = org.counters;
  say(
    `All in all the CRM has handed out ${grouped(delivered)} events for the ${grouped(events.length)} there are; what came again was recognised.`,
  );
}

interface Change {
  readonly logins: number;
  readonly handshakes: number;
}

function told({ logins, handshakes }: Change): string {
  return `${count(logins, 'login')} and ${count(handshakes, 'handshake')}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
