import type {
  AdapterHarness,
  AdapterSubject,
  Destination,
  ManualClock,
  MemoryBroker,
} from '@millrace/testing';
import { manualClock, memoryBroker } from '@millrace/testing';

type MakeDestination = (broker: MemoryBroker, name: string) => Destination;

/** Short, so that leases end within the time that a property waits. */
const lease = 10_000;

const destinations: Readonly<Record<string, MakeDestination>> = {
  'memory queue': (broker, name) => broker.queue(name, { lease }),
  'memory queue, in order per key': (broker, name) => broker.queue(name, { lease, order: 'perKey' }),
  'memory log': (broker, name) => broker.log(name, { channels: 2 }),
  'memory log, one reader at a time': (broker, name) => broker.log(name, { exclusive: true }),
  'memory log that keeps markers': (broker, name) => broker.log(name, { channels: 2, positions: 'broker' }),
};

/** The broker in memory, in each of its kinds. */
const subjects: readonly AdapterSubject[] = Object.entries(destinations).map(([name, make]) =>
  memorySubject(name, make),
);

/** What `pnpm conformance` asks of each package with an adapter. */
export async function openConformance() {
  return { subjects, close: async () => {} };
}

function memorySubject(name: string, make: MakeDestination): AdapterSubject {
  return {
    name,
    capabilities: make(memoryBroker({ clock: manualClock() }), 'sample').capabilities,
    setup: async () => memoryHarness(make),
  };
}

function memoryHarness(make: MakeDestination): AdapterHarness {
  const clock: ManualClock = manualClock();
  const broker = memoryBroker({ clock });
  const open = (name: string) => {
    const destination = make(broker, name);
    return {
      destination,
      source: destination.source,
      publish: async (events: Parameters<AdapterHarness['publish']>[0]) =>
        void (await broker.publish(name, ...events)),
      remaining: async () => destination.remaining.length,
    };
  };
  const { destination, ...here } = open('here');
  return {
    ...here,
    other: async () => open('there'),
    async publishGarbage(raw) {
      await broker.publishRaw('here', raw, { type: 'Conformance.checked' });
      return true;
    },
    connections: () => destination.connected,
    faults: destination.faults,
    clock,
    advance: clock.advance,
    async close() {},
  };
}
