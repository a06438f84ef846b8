import type { Contender } from '../measure/contender.ts';
import type { BenchBroadcaster } from './broadcasters.ts';
import type { Neighbours } from './neighbours.ts';

/** Tells some subscribers what is published, in a process of its own. */
export function fanOutContender(
  name: string,
  broadcaster: BenchBroadcaster,
  { neighbours, subscribers }: { readonly neighbours: Neighbours; readonly subscribers: number },
): Contender {
  return {
    name,
    async prepare(messages) {
      await neighbours.ask('subscribe', broadcaster.url, subscribers);
      return {
        async run(stopwatch) {
          const before = await broadcaster.cpu();
          const started = performance.now();
          await neighbours.ask('publish', messages);
          const seconds = (performance.now() - started) / 1_000;
          stopwatch.take({ seconds, cpu: (await broadcaster.cpu()) - before });
        },
        finish: () => neighbours.ask('check'),
      };
    },
    close: () => broadcaster.stop(),
  };
}
