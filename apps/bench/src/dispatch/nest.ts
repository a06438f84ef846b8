import { fileURLToPath } from 'node:url';

import { tsImport } from 'tsx/esm/api';

import type { Contender } from '../measure/contender.ts';
import { createTally } from '../measure/tally.ts';
import { consume } from './hand-written.ts';
import { createMemoryQueue } from './memory-queue.ts';
import type { CreateNestDispatcher } from './nest/dispatcher.ts';

// Nest needs the legacy decorators, which Node does not run and the rest of the repository does not use.
const { createNestDispatcher } = (await tsImport('./nest/microservice.ts', {
  parentURL: import.meta.url,
  tsconfig: fileURLToPath(new URL('nest/tsconfig.json', import.meta.url)),
})) as { readonly createNestDispatcher: CreateNestDispatcher };

/** The hand-written loop with Nest between it and the handler. */
export function nest(name: string, batch: number, form: 'documented' | 'bare'): Contender {
  return {
    name,
    async prepare(messages) {
      const tally = createTally(messages);
      const queue = createMemoryQueue(messages, tally);
      const { dispatch, close } = await createNestDispatcher(form, tally.handled);
      const consumed = consume(queue, batch, (incoming) => dispatch(incoming.type, incoming.data, incoming));
      return {
        async run(stopwatch) {
          stopwatch.start();
          queue.open();
          await tally.complete;
          stopwatch.stop();
        },
        async finish() {
          await consumed;
          await close();
          tally.check();
        },
      };
    },
  };
}
