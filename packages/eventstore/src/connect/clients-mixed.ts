import { createRequire } from 'node:module';
import { eventstoreError } from '../errors.ts';

const clientPackage =
  /^(.*[\\/]node_modules[\\/](@kurrent[\\/]kurrentdb-client|@eventstore[\\/]db-client))[\\/]/;

/**
 * Throws EVENTSTORE_CLIENTS_MIXED where this process has loaded both clients, or one of them twice: their generated code
 * shares a global namespace, and the one that comes later breaks the other, which then hangs or misreads what it is sent.
 */
export function refuseMixedClients(loaded: readonly string[] = loadedModules()): void {
  const roots = new Map<string, string>();
  for (const file of loaded) {
    const [, root, name] = clientPackage.exec(file) ?? [];
    if (root !== undefined && name !== undefined) roots.set(root, name.replace('\\', '/'));
  }
  if (roots.size < 2) return;
  const names = new Set(roots.values());
  const what =
    names.size > 1 ? `both ${[...names].join(' and ')}` : `${[...names].join('')} ${roots.size} times`;
  throw eventstoreError(
    'EVENTSTORE_CLIENTS_MIXED',
    `This process has loaded ${what}. They break each other by what they share globally. Depend on one of them, in one version.`,
  );
}

/** Of CommonJS, which both clients are. */
function loadedModules(): readonly string[] {
  return Object.keys(createRequire(import.meta.url).cache);
}
