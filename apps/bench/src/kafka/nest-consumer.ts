import { fileURLToPath } from 'node:url';

import { tsImport } from 'tsx/esm/api';

import type { StartConsuming } from './consumer.ts';

/** What `microservice.ts` exports. Declared apart from its code, which is compiled with another option. */
interface NestConsumer {
  readonly nest: StartConsuming;
}

// Nest needs the legacy decorators, which Node does not run and the rest of the repository does not use.
export const { nest } = (await tsImport(new URL('nest/microservice.ts', import.meta.url).href, {
  parentURL: import.meta.url,
  tsconfig: fileURLToPath(new URL('nest/tsconfig.json', import.meta.url)),
})) as NestConsumer;
