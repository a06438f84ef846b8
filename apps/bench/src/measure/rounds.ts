import { balancedOrders } from './balanced-orders.ts';
import type { Contender } from './contender.ts';
import type { Measurement } from './stopwatch.ts';
import { createStopwatch } from './stopwatch.ts';

export interface RoundsOptions {
  readonly messages: number;
  readonly warmUps: number;
  readonly samples: number;
  readonly progress: (text: string) => void;
}

/** Measurements by contender. The ones with the same index come from the same round. */
export type Samples = ReadonlyMap<string, readonly Measurement[]>;

/** Every contender runs once a round, in balanced orders, so that a drift of the machine meets all of them alike. */
export async function measureRounds(
  contenders: readonly Contender[],
  { messages, warmUps, samples, progress }: RoundsOptions,
): Promise<Samples> {
  const measured = new Map(contenders.map(({ name }): [string, Measurement[]] => [name, []]));
  const orders = balancedOrders(contenders.length);
  for (let round = -warmUps; round < samples; round += 1) {
    progress(round < 0 ? 'warming up' : `round ${round + 1} of ${samples}`);
    const order = orders[(round + warmUps) % orders.length] ?? [];
    for (const contender of order.flatMap((index) => contenders[index] ?? [])) {
      const measurement = await measure(contender, messages);
      if (round >= 0) measured.get(contender.name)?.push(measurement);
    }
  }
  return measured;
}

async function measure(contender: Contender, messages: number): Promise<Measurement> {
  const trial = await contender.prepare(messages);
  const stopwatch = createStopwatch();
  try {
    await trial.run(stopwatch);
    await trial.finish();
  } catch (cause) {
    throw new Error(`${contender.name} did not do its work.`, { cause });
  }
  return stopwatch.measured;
}
