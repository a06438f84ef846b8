import type { Quantity } from '../report/result.ts';

/** CPU and throughput of the contender with that name. */
export function quantitiesOf(name: string, raw: string, peers: readonly string[]): readonly Quantity[] {
  return [
    { id: `idempotency.${name}.cpu_us`, kind: 'cpu', millrace: name, raw, peers },
    { id: `idempotency.${name}.throughput`, kind: 'throughput', millrace: name, raw, peers },
  ];
}
