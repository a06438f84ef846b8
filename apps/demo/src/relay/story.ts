import type { Books, Published } from '../ledger/books.ts';
import type { Narrator } from '../narrator.ts';
import { grouped } from '../narrator.ts';
import { inBatches, until } from '../pace.ts';
import type { WorkerProcess } from '../worker/process.ts';
import { startWorker } from '../worker/process.ts';
import type { RelayConfig } from './config.ts';
import { openDesk } from './desk.ts';
import { tickets, ticketsChannel } from './tickets.ts';
import type { Topic } from './topic.ts';

export interface RelayStoryOptions {
  readonly topic: Topic;
  readonly directory: string;
  readonly database: string;
  readonly books: Books;
  readonly say: Narrator['say'];
  /** What is told of a process that was started: it must not outlive the demo. */
  readonly onStarted: (relay: WorkerProcess) => void;
}

/** Two relays between the service desk and a topic, of which one works and the other stands by. */
export interface RelayPart {
  /** Tells of all tickets. The relay that works is killed on the way. */
  tell(onPublished: (published: readonly Published[]) => void, signal: AbortSignal): Promise<void>;
  /** Tickets that are not relayed, or not settled by the workers. */
  unsettled(): Promise<number>;
  /** Answers what went wrong. */
  drain(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function startRelays(options: RelayStoryOptions): Promise<RelayPart> {
  const { topic, directory, database, books, say } = options;
  const desk = await openDesk();
  const { clientId, clientSecret } = desk.org.credentials;

  function start(name: string): WorkerProcess {
    const config: RelayConfig = { name, database, url: desk.org.url, clientId, tickets: topic.access };
    const relay = startWorker(
      config,
      { directory, environment: { DESK_CLIENT_SECRET: clientSecret } },
      new URL('./main.ts', import.meta.url),
    );
    options.onStarted(relay);
    return relay;
  }

  const relays = [start('relay 1'), start('relay 2')];
  await Promise.all(relays.map(({ ready }) => ready));
  say(
    `A service desk tells of tickets, at ${desk.org.url} (${ticketsChannel}), to one reader at a time. relay 1 and relay 2 carry them into topic ${topic.access.topic}, which both workers share; one relays, and the other stands by.`,
  );

  const owner = () => relays.find((relay) => relay.isAlive && relay.hasSaid('relaying'));

  return {
    async tell(onPublished, signal) {
      const third = Math.floor(tickets.length / 3);
      const publish = (some: typeof tickets) =>
        inBatches(some, (batch) => onPublished(batch.map(desk.publish)), signal);
      await publish(tickets.slice(0, third));
      await until(() => owner() !== undefined, signal);
      const victim = owner();
      const rest = publish(tickets.slice(third));
      await victim?.kill();
      const killedAt = performance.now();
      const relayed = await topic.size();
      say(
        `${victim?.name} is killed (SIGKILL), with ${grouped(relayed)} tickets relayed. More are written meanwhile.`,
      );
      await until(() => owner() !== undefined, signal);
      const seconds = ((performance.now() - killedAt) / 1_000).toFixed(1);
      say(`${owner()?.name} relays now, ${seconds} seconds later, from where the marker stands.`);
      await rest;
    },
    async unsettled() {
      return desk.unrelayed(books.marker(ticketsChannel)) + (await topic.unsettled());
    },
    async drain() {
      const size = await topic.size();
      say(
        `The topic holds ${grouped(size)} records for the ${grouped(tickets.length)} tickets there are; what was relayed twice was recognised.`,
      );
      const ends = await Promise.all(relays.filter(({ isAlive }) => isAlive).map((relay) => relay.drain()));
      return ends.filter((end) => end !== undefined);
    },
    close: () => desk.org.close(),
  };
}
