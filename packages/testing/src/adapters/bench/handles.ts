import { AsyncLocalStorage, createHook } from 'node:async_hooks';

/**
 * Kinds of async resources that keep a process alive until somebody closes them. Sessions of HTTP/2 are not among them:
 * they live no longer than their sockets, and node tells of their end only when they are collected as garbage.
 */
const handles: ReadonlySet<string> = new Set([
  'Timeout',
  'TCPWRAP',
  'TCPSERVERWRAP',
  'TLSWRAP',
  'PIPEWRAP',
  'PIPESERVERWRAP',
  'UDPWRAP',
  'PROCESSWRAP',
  'WORKER',
  'FSEVENTWRAP',
]);

export interface HandleWatch {
  /** Runs something, and watches what it opens, also later and through others. */
  watch<T>(work: () => Promise<T>): Promise<T>;
  /** What was opened by that and is open still, such as `Timeout`. */
  readonly open: readonly string[];
  end(): void;
}

/** Tells who opened what by the asynchronous context: what goes on beside it in the process is not counted. */
export function watchHandles(): HandleWatch {
  const context = new AsyncLocalStorage<true>();
  const open = new Map<number, { readonly type: string; readonly resource: WeakRef<object> }>();
  const hook = createHook({
    init(id, type, _trigger, resource) {
      if (handles.has(type) && context.getStore()) open.set(id, { type, resource: new WeakRef(resource) });
    },
    destroy: (id) => void open.delete(id),
  });
  hook.enable();
  return {
    watch: (work) => context.run(true, work),
    get open() {
      return [...open.values()].flatMap(({ type, resource }) => (keepsAlive(resource.deref()) ? [type] : []));
    },
    end: () => void hook.disable(),
  };
}

/** Idle connections of a shared pool, such as that of `fetch`, do not: the pool closes them when it likes. */
function keepsAlive(resource: object | undefined): boolean {
  if (resource === undefined) return false;
  if (!('hasRef' in resource) || typeof resource.hasRef !== 'function') return true;
  return Reflect.apply(resource.hasRef, resource, []) === true;
}
