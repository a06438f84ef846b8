import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { AdapterSubject } from '../../packages/testing/src/index.ts';
import { repository } from '../repository.ts';

/** What a package offers for its adapters in `test/conformance/harness.ts`. */
interface HarnessModule {
  openConformance(): Promise<Adapters>;
}

export interface Adapters {
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}

/** The adapters of all packages, with the brokers that they need. */
export async function openAdapters(): Promise<Adapters> {
  const files = globSync('packages/*/test/conformance/harness.ts', { cwd: repository }).toSorted();
  const opened: Adapters[] = [];
  for (const file of files) {
    const module = (await import(join(repository, file))) as HarnessModule;
    opened.push(await module.openConformance());
  }
  return {
    subjects: opened.flatMap(({ subjects }) => subjects),
    async close() {
      await Promise.all(opened.map((adapters) => adapters.close()));
    },
  };
}
