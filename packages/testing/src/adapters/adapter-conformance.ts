import { AssertionError } from 'node:assert/strict';
import type { ConformanceTest } from '../conformance.ts';
import { conformanceTests } from '../conformance.ts';
import type { Bench } from './bench/bench.ts';
import { createBench } from './bench/bench.ts';
import { watchRejections } from './bench/rejections.ts';
import { describeFailure } from './describe-failure.ts';
import type { AdapterSubject } from './harness.ts';
import { checkHistory } from './history/check-history.ts';
import { deliveryProperties } from './properties/delivery.ts';
import { demandProperties } from './properties/demand.ts';
import { drainProperties } from './properties/drain.ts';
import { errorProperties } from './properties/errors.ts';
import { healthProperties } from './properties/health.ts';
import { idempotencyProperties } from './properties/idempotency.ts';
import { leaseProperties } from './properties/leases.ts';
import { markerProperties } from './properties/markers.ts';
import { orderingProperties } from './properties/ordering.ts';
import { poisonProperties } from './properties/poison.ts';
import { redeliveryProperties } from './properties/redelivery.ts';
import type { AdapterProperty, AdapterVerdict } from './property.ts';

export interface AdapterTest extends ConformanceTest<AdapterVerdict> {
  /** `P1` to `P30`. */
  readonly id: string;
}

const number = ({ id }: { readonly id: string }) => Number(id.slice(1));

/** In the order of their numbers. */
const properties: readonly AdapterProperty[] = [
  ...deliveryProperties,
  ...redeliveryProperties,
  ...poisonProperties,
  ...markerProperties,
  ...orderingProperties,
  ...demandProperties,
  ...drainProperties,
  ...leaseProperties,
  ...idempotencyProperties,
  ...healthProperties,
  ...errorProperties,
].sort((one, other) => number(one) - number(other));

/**
 * All that has to hold for an adapter. Each test rejects with an AssertionError that says what was expected, what the
 * history of the run shows (lost, duplicated, reordered, early marker, leaked, unsettled), and the history itself.
 */
export function adapterConformance(subject: AdapterSubject): readonly AdapterTest[] {
  return properties.map((property) => {
    const judged = {
      name: `${property.id} ${property.name}`,
      run: (fixture: Fixture) => judge(property, fixture.bench),
    };
    const [test] = conformanceTests([judged], () => createFixture(subject));
    if (test === undefined) throw new Error('One property makes one test.');
    return { id: property.id, ...test };
  });
}

interface Fixture {
  readonly bench: Bench;
  readonly close: () => Promise<void>;
}

async function createFixture(subject: AdapterSubject): Promise<Fixture> {
  const harness = await subject.setup();
  const bench = createBench(subject, harness);
  return { bench, close: () => harness.close() };
}

async function judge(property: AdapterProperty, bench: Bench): Promise<AdapterVerdict> {
  const rejections = watchRejections();
  const run = await settled(property.run(bench));
  const stop = await settled(bench.stop());
  for (const what of rejections.end())
    bench.history.add({ kind: 'leaked', what: `unhandled rejection: ${what}` });
  if ('value' in run && run.value?.result === 'skip') return run.value;

  const { capabilities, harness, history } = bench;
  const remaining = capabilities.settle === 'none' ? undefined : await harness.remaining();
  const findings = checkHistory(history.entries, { capabilities, remaining });
  const errors = [run, stop].flatMap((it) => ('error' in it ? [it.error] : []));
  if (errors.length === 0 && findings.length === 0) {
    return ('value' in run ? run.value : undefined) ?? { result: 'pass' };
  }
  throw new AssertionError({ message: describeFailure(property, errors, findings, history.entries) });
}

async function settled<T>(promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
