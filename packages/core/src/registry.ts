import type { StandardSchemaV1 } from '@standard-schema/spec';

import { declarationsOf } from './decorator.ts';
import { MillraceError } from './errors.ts';
import type { EventTypes, Handler, HandlerOptions, PlainOptions, SchemaOptions } from './handler.ts';
import { checkHandlerOptions, readHandlerArguments } from './handler-arguments.ts';
import { assertPattern } from './pattern.ts';

/** One handler as the registry keeps it. */
export interface Registration {
  readonly name: string;
  /** Types and patterns; empty for the default handler. */
  readonly patterns: readonly string[];
  readonly isDefault: boolean;
  /** Undefined: every source. */
  readonly sources: readonly string[] | undefined;
  readonly options: HandlerOptions;
  readonly handle: Handler;
}

/** Registers plain functions, with the same options as `@handler`. */
export interface RegisterFunction<Self> {
  <Schema extends StandardSchemaV1>(
    types: EventTypes,
    options: SchemaOptions<Schema>,
    handle: Handler<StandardSchemaV1.InferOutput<Schema>>,
  ): Self;
  <T = unknown>(types: EventTypes, options: PlainOptions, handle: Handler<T>): Self;
  <T = unknown>(types: EventTypes, handle: Handler<T>): Self;
  /** The default handler. */
  <Schema extends StandardSchemaV1>(
    options: SchemaOptions<Schema>,
    handle: Handler<StandardSchemaV1.InferOutput<Schema>>,
  ): Self;
  (options: PlainOptions, handle: Handler): Self;
  (handle: Handler): Self;
}

/** Who handles what. */
export interface Registry {
  readonly add: RegisterFunction<Registry>;
  /** Registers the methods that `@handler` decorates. */
  addInstance(instance: object): Registry;
  /** Registers all that the other registry holds. */
  addAll(other: Registry): Registry;
  readonly registrations: readonly Registration[];
}

const registries = new WeakSet<object>();

function isRegistry(value: object): value is Registry {
  return registries.has(value);
}

export function createRegistry(): Registry {
  const registrations = new Map<string, Registration>();

  function register(registration: Registration): void {
    const { name, patterns } = registration;
    checkHandlerOptions(name, registration.options);
    patterns.forEach(assertPattern);
    const twice = patterns.find((pattern, index) => patterns.indexOf(pattern) !== index);
    if (twice !== undefined) {
      throw new MillraceError('HANDLER_DUPLICATE', `Handler "${name}" lists "${twice}" twice.`);
    }
    if (registrations.has(name)) {
      throw new MillraceError(
        'HANDLER_DUPLICATE',
        `A handler named "${name}" is registered already. The name is part of its idempotency key; if these are two handlers, give one another name with the option "name".`,
      );
    }
    registrations.set(name, registration);
  }

  const registry: Registry = {
    add: (...args: readonly unknown[]) => {
      const handle = args.at(-1);
      if (typeof handle !== 'function') {
        throw new MillraceError(
          'HANDLER_OPTIONS',
          'A handler is registered by (types, options?, function), or by (options?, function) for the default handler.',
        );
      }
      const { types, options } = readHandlerArguments(args.slice(0, -1));
      register(
        toRegistration(
          options.name ?? (handle.name || defaultName(types)),
          types,
          options,
          handle as Handler,
        ),
      );
      return registry;
    },
    addInstance(instance) {
      const declarations = declarationsOf(instance);
      const className = classNameOf(instance);
      if (declarations.length === 0) {
        throw new MillraceError(
          'HANDLER_NONE',
          `The ${className} given as a handler has no method decorated with @handler. It takes instances, such as new Orders(), and registries; plain functions are registered with consumer.on().`,
        );
      }
      for (const { method, types, options } of declarations) {
        const named = declarations.filter((other) => other.method === method).length === 1;
        const name = options.name ?? `${className}.${String(method)}${named ? '' : ` ${defaultName(types)}`}`;
        register(toRegistration(name, types, options, methodOf(instance, method)));
      }
      return registry;
    },
    addAll(other) {
      other.registrations.forEach(register);
      return registry;
    },
    get registrations() {
      return [...registrations.values()];
    },
  };
  registries.add(registry);
  return registry;
}

function toRegistration(
  name: string,
  types: EventTypes | undefined,
  options: HandlerOptions,
  handle: Handler,
): Registration {
  const patterns = types === undefined ? [] : typeof types === 'string' ? [types] : [...types];
  if (types !== undefined && patterns.length === 0) {
    throw new MillraceError(
      'HANDLER_PATTERN',
      `Handler "${name}" lists no event type. For the default handler, leave the types out.`,
    );
  }
  const sources = typeof options.source === 'string' ? [options.source] : options.source;
  return { name, patterns, isDefault: types === undefined, sources, options, handle };
}

function defaultName(types: EventTypes | undefined): string {
  return types === undefined ? 'default' : typeof types === 'string' ? types : types.join(',');
}

function classNameOf(instance: object): string {
  const { constructor } = instance as { readonly constructor?: unknown };
  if (typeof instance === 'function') return `class or function "${instance.name}"`;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'anonymous class';
}

/** Looked up with each event, as any call of a method is. */
function methodOf(instance: object, method: string | symbol): Handler {
  return (message, context) => (Reflect.get(instance, method) as Handler).call(instance, message, context);
}

/** A registry of what a consumer is given as `handlers`: registries, and instances with `@handler` methods. */
export function registryOf(handlers: readonly object[]): Registry {
  const registry = createRegistry();
  for (const given of handlers) {
    if (isRegistry(given)) registry.addAll(given);
    else registry.addInstance(given);
  }
  return registry;
}

/** The types and patterns that handlers take, on one source or on any; `*` among them when there is a default handler. */
export function patternsOf(handlers: readonly object[], source?: string): readonly string[] {
  const taken = registryOf(handlers).registrations.filter(
    ({ sources }) => source === undefined || sources === undefined || sources.includes(source),
  );
  return [...new Set(taken.flatMap(({ isDefault, patterns }) => (isDefault ? ['*'] : patterns)))];
}
