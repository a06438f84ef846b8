import { join } from 'node:path';
import { formatSecrets } from '@millrace/http-pubsub';
import type { Arguments } from './arguments.ts';
import { publishAll } from './broker/publisher.ts';
import { startServer } from './broker/server.ts';
import { deploy } from './broker/topology.ts';
import { messageIdOf } from './crm/events.ts';
import { startCrm } from './crm/org.ts';
import { tellCrmStory } from './crm/story.ts';
import { products } from './dataset/catalog.ts';
import { readDataset } from './dataset/files.ts';
import type { Dataset } from './dataset/generate.ts';
import { withoutTariff } from './dataset/parcel-story.ts';
import { introduction } from './introduction.ts';
import { planIncident } from './incident.ts';
import type { Counts } from './ledger/audit.ts';
import { findings } from './ledger/audit.ts';
import type { Published } from './ledger/books.ts';
import { openBooks } from './ledger/books.ts';
import type { Narrator } from './narrator.ts';
import { grouped } from './narrator.ts';
import { startEventStore } from './parcels/event-store.ts';
import { tellParcelStory } from './parcels/story.ts';
import type { Publication } from './plan.ts';
import { openPushCenter } from './push/center.ts';
import { paymentsPath } from './push/events.ts';
import { openFrontDoor } from './push/front-door.ts';
import { startPaymentProvider } from './push/payment-provider.ts';
import { tellPushStory } from './push/story.ts';
import { eventIdOf, planPublications } from './plan.ts';
import type { RelayPart } from './relay/story.ts';
import { startRelays } from './relay/story.ts';
import { tickets } from './relay/tickets.ts';
import type { Topic } from './relay/topic.ts';
import { openTopic } from './relay/topic.ts';
import type { Broker } from './sources.ts';
import { watch } from './watch.ts';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { Sabotage } from './worker/config.ts';
import type { WorkerProcess } from './worker/process.ts';
import { startWorker } from './worker/process.ts';

export interface DemoOptions {
  /** For the database and the logs of the workers. */
  readonly directory: string;
  readonly narrator: Narrator;
  readonly kafka: Arguments['kafka'];
  readonly sabotage: SabotageWish | undefined;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface SabotageWish {
  readonly how: Sabotage['how'];
  /** Whose event it is that is spoiled. */
  readonly broker: Broker;
}

export interface DemoResult {
  readonly counts: Counts;
  /** What went wrong, in words; empty when nothing did. */
  readonly findings: readonly string[];
}

/** The whole story: publish, consume in two processes, kill one and start it again, drain, read the books. */
export async function runDemo({
  directory,
  narrator,
  kafka,
  sabotage,
  signal,
}: DemoOptions): Promise<DemoResult> {
  const { say } = narrator;
  const dataset = readDataset();
  const plan = planPublications(dataset);
  const database = join(directory, 'books.sqlite');
  const books = openBooks(database);
  books.addTariffs(products.map(({ sku }) => sku).filter((sku) => !withoutTariff.includes(sku)));
  const server = await startServer();
  const crm = await startCrm();
  const eventStore = await startEventStore();
  const center = await openPushCenter(directory);
  const ports = new Map([
    ['worker 1', await freePort()],
    ['worker 2', await freePort()],
  ]);
  const frontDoor = await openFrontDoor([...ports.values()]);
  const crew: WorkerProcess[] = [];
  const over = new AbortController();
  let topic: Topic | undefined;
  let relays: RelayPart | undefined;

  try {
    const routes = await deploy(server.endpoint);
    say(introduction({ server, routes, crm, eventStore, center, dataset }));

    if (kafka === undefined) {
      say(
        'There is no Kafka, so nothing is relayed: --kafka starts one (Java 17, Maven), --kafka=host:port takes yours.',
      );
    } else {
      topic = await openTopic(kafka === 'own' ? undefined : kafka);
    }

    const spoiled = sabotage && { how: sabotage.how, eventId: eventToSpoil(sabotage.broker, plan, dataset) };
    const { clientId, clientSecret } = crm.org.credentials;
    const access = { url: crm.org.url, clientId };
    const running = AbortSignal.any([signal, over.signal]);
    const provider = startPaymentProvider(frontDoor.url + paymentsPath, running);
    const surroundings = {
      directory,
      environment: {
        CRM_CLIENT_SECRET: clientSecret,
        PUSH_SECRETS: formatSecrets(center.secrets),
        PAYMENTS_SECRET: provider.secret,
      },
    };
    const start = async (name: string): Promise<WorkerProcess> => {
      const config = {
        name,
        database,
        endpoint: server.endpoint,
        routes,
        crm: access,
        eventStore: eventStore.server.connectionString,
        push: {
          broadcaster: center.url,
          publicUrl: frontDoor.url,
          port: ports.get(name.replace(' again', '')) ?? 0,
        },
        tickets: topic?.access,
        sabotage: spoiled,
      };
      const worker = startWorker(config, surroundings);
      // Before it is ready: whatever happens meanwhile, it must not outlive the demo.
      crew.push(worker);
      await worker.ready;
      say(
        `${name} (process ${worker.pid}) reads both queues and customs, and the CRM and the parcels when nobody else does.`,
      );
      return worker;
    };
    await Promise.all([start('worker 1'), start('worker 2')]);
    if (topic) {
      const onStarted = (relay: WorkerProcess) => crew.push(relay);
      relays = await startRelays({ topic, directory, database, books, say, onStarted });
    }

    say(
      `Publishing ${grouped(plan.length)} messages, ${grouped(dataset.crm.length)} events of the CRM, ${grouped(dataset.parcels.length)} of parcels and ${grouped(dataset.pushes.length)} that are pushed, while the workers handle them.`,
    );
    const published: Published[] = [];
    const onPublished = (more: readonly Published[]) => published.push(...more);
    const expected = expectedEffects(plan, dataset) + (relays ? tickets.length : 0);
    const incident = planIncident({ crew, server, books, say, start, from: expected / 3, stories: 3 });
    const queues = [routes.orders.queue, routes.activity.queue];
    const { crm: ofCrm, parcels, pushes } = dataset;
    const toPublish =
      plan.length +
      ofCrm.length +
      parcels.length +
      forCustoms(dataset) +
      pushes.length +
      (relays ? tickets.length : 0);
    await Promise.all([
      publishAll(plan, { endpoint: server.endpoint, routes, onPublished }),
      tellCrmStory({ crm, events: dataset.crm, books, incident, say, onPublished, signal: running }),
      tellParcelStory({
        eventStore,
        events: dataset.parcels,
        books,
        say,
        onPublished,
        withoutTariff,
        incident,
        signal: running,
      }),
      tellPushStory({
        center,
        provider,
        events: dataset.pushes,
        books,
        say,
        onPublished,
        incident,
        signal: running,
      }),
      relays?.tell(onPublished, running),
      watch({
        backlog: async () =>
          crm.unsettled(books.marker) +
          (await eventStore.unsettled(books.marker)) +
          (await center.undelivered()) +
          ((await relays?.unsettled()) ?? 0) +
          (await server.backlog(queues)),
        books,
        narrator,
        crew,
        incident,
        expected,
        allPublished: () => published.length === toPublish,
        signal: running,
      }),
    ]);

    say('Everything is published and settled. SIGTERM to both workers: they drain.');
    const relayEnds = (await relays?.drain()) ?? [];
    const ends = await Promise.all(crew.filter(({ isAlive }) => isAlive).map((worker) => worker.drain()));
    const audited = books.audit(published, incident.restarts, eventStore.parcels());
    return {
      counts: audited.counts,
      findings: [...findings(audited), ...relayEnds, ...ends.filter((end) => end !== undefined)],
    };
  } finally {
    over.abort();
    await Promise.all(crew.map((worker) => worker.kill()));
    await relays?.close();
    await topic?.close();
    await crm.org.close();
    await eventStore.close();
    await frontDoor.close();
    await center.close();
    await server.stop();
    books.close();
  }
}

function expectedEffects(plan: readonly Publication[], dataset: Dataset): number {
  const shop = new Set(plan.filter(({ expected }) => expected === 'effect').map(eventIdOf)).size;
  const others = [...dataset.crm, ...dataset.parcels, ...dataset.pushes];
  return shop + others.filter(({ expected }) => expected === 'effect').length + forCustoms(dataset);
}

/** Two subscriptions hear of these: each has an effect of its own. */
function forCustoms({ parcels }: Dataset): number {
  return parcels.filter(({ customs }) => customs !== undefined).length;
}

function eventToSpoil(
  broker: Broker,
  plan: readonly Publication[],
  { crm, parcels, pushes }: Dataset,
): string {
  if (broker === 'http') return pushes.find(({ expected }) => expected === 'effect')?.id ?? '';
  if (broker === 'eventstore') return parcels.find(({ type }) => type === 'ParcelScanned')?.id ?? '';
  if (broker === 'salesforce') {
    const victim = crm.find(({ expected }) => expected === 'effect');
    return (victim && messageIdOf(victim)) ?? '';
  }
  const victim = plan.find(({ expected, channel }) => expected === 'effect' && channel === 'activity');
  return (victim && eventIdOf(victim)) ?? '';
}
