import type { StandardSchemaV1 } from '@standard-schema/spec';

import { MillraceError } from './errors.ts';
import type { EventTypes, HandlerOptions, PlainOptions, SchemaOptions } from './handler.ts';
import type { HandlerContext } from './handler-context.ts';
import type { Message } from './message.ts';

/** Decorates a method as a handler, as a standard decorator or under `experimentalDecorators`. */
export interface HandlerDecorator<T> {
  <This, Method extends (this: This, message: Message<T>, context: HandlerContext) => void | Promise<void>>(
    method: Method,
    context: ClassMethodDecoratorContext<This, Method>,
  ): void;
  <Method extends (message: Message<T>, context: HandlerContext) => void | Promise<void>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void;
}

/** What one `@handler` said about one method. */
export interface Declaration {
  readonly method: string | symbol;
  /** The decorated function: tells the declarations of a base class from those of an override. */
  readonly decorated: unknown;
  /** Undefined: the default handler. */
  readonly types: EventTypes | undefined;
  readonly options: HandlerOptions;
}

/** Standard decorators declare on each instance, legacy ones on the prototype. */
const declarations = new WeakMap<object, Declaration[]>();

function declare(target: object, declaration: Declaration): void {
  const known = declarations.get(target);
  if (known) known.push(declaration);
  else declarations.set(target, [declaration]);
}

/** The default handler: takes what no other handler takes. */
export function handler(options?: HandlerOptions): HandlerDecorator<unknown>;
/** Handles events whose payload is what `schema` returns. */
export function handler<Schema extends StandardSchemaV1>(
  types: EventTypes,
  options: SchemaOptions<Schema>,
): HandlerDecorator<StandardSchemaV1.InferOutput<Schema>>;
/** Handles events of a type, of several, or of a pattern with `*`. `T` is taken on trust: nothing validates it. */
export function handler<T = unknown>(types: EventTypes, options?: PlainOptions): HandlerDecorator<T>;
export function handler(
  first?: EventTypes | HandlerOptions,
  second?: HandlerOptions,
): HandlerDecorator<unknown> {
  const isDefault = first === undefined || (typeof first === 'object' && !isList(first));
  const types = isDefault ? undefined : (first as EventTypes);
  const options = (isDefault ? (first as HandlerOptions | undefined) : second) ?? {};
  return (target: unknown, where: ClassMethodDecoratorContext | string | symbol) => {
    if (typeof where === 'object') declareStandard(target, where, types, options);
    else declareLegacy(target, where, types, options);
  };
}

function isList(value: object): value is readonly string[] {
  return Array.isArray(value);
}

function declareStandard(
  decorated: unknown,
  context: ClassMethodDecoratorContext,
  types: EventTypes | undefined,
  options: HandlerOptions,
): void {
  const name = String(context.name);
  if (context.kind !== 'method') {
    throw new MillraceError('HANDLER_OPTIONS', `@handler on "${name}": it decorates methods, not a ${String(context.kind)}.`);
  }
  if (context.static) throw staticHandler(name);
  if (context.private) {
    throw new MillraceError('HANDLER_PRIVATE', `@handler on private method "${name}": make it public, a consumer could not call it.`);
  }
  const method = context.name;
  context.addInitializer(function register(this: unknown) {
    declare(this as object, { method, decorated, types, options });
  });
}

function declareLegacy(target: unknown, method: string | symbol, types: EventTypes | undefined, options: HandlerOptions): void {
  if (typeof target === 'function') throw staticHandler(String(method));
  const prototype = target as object;
  declare(prototype, { method, decorated: Object.getOwnPropertyDescriptor(prototype, method)?.value, types, options });
}

function staticHandler(name: string): MillraceError {
  return new MillraceError(
    'HANDLER_STATIC',
    `@handler on static method "${name}": make it an instance method, or register it as a plain function with consumer.on().`,
  );
}

/** What `@handler` declared on the instance. A decorated override replaces what its base class declared for the method. */
export function declarationsOf(instance: object): readonly Declaration[] {
  const byMethod = new Map<string | symbol, Declaration[]>();
  const levels: (readonly Declaration[])[] = [];
  for (let level = Object.getPrototypeOf(instance) as object | null; level; level = Object.getPrototypeOf(level) as object | null) {
    levels.unshift(declarations.get(level) ?? []);
  }
  for (const declaration of [...levels.flat(), ...(declarations.get(instance) ?? [])]) {
    const known = byMethod.get(declaration.method);
    if (known && known[0]?.decorated === declaration.decorated) known.push(declaration);
    else byMethod.set(declaration.method, [declaration]);
  }
  return [...byMethod.values()].flat();
}
