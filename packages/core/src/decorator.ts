import type { StandardSchemaV1 } from '@standard-schema/spec';

import { MillraceError } from './errors.ts';
import type { EventTypes, PlainOptions, SchemaOptions } from './handler.ts';
import type { HandlerArguments } from './handler-arguments.ts';
import { readHandlerArguments } from './handler-arguments.ts';
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
export interface Declaration extends HandlerArguments {
  readonly method: string | symbol;
  /** Stands for the class: tells the declarations of a base class from those of an override. */
  readonly declaredIn: object;
}

// Without the symbol, what tsc emits leaves out the metadata that stands for the class.
(Symbol as { metadata?: symbol }).metadata ??= Symbol.for('Symbol.metadata');

/** Standard decorators declare on each instance, legacy ones on the prototype. */
const declarations = new WeakMap<object, Declaration[]>();

function declare(target: object, declaration: Declaration): void {
  const known = declarations.get(target);
  if (known) known.push(declaration);
  else declarations.set(target, [declaration]);
}

/** The default handler: takes what no other handler takes. */
export function handler(): HandlerDecorator<unknown>;
/** The default handler, with a schema that decides the type of the payload. */
export function handler<Schema extends StandardSchemaV1>(
  options: SchemaOptions<Schema>,
): HandlerDecorator<StandardSchemaV1.InferOutput<Schema>>;
/** The default handler, with options. */
export function handler(options: PlainOptions): HandlerDecorator<unknown>;
/** Handles events whose payload is what `schema` returns. */
export function handler<Schema extends StandardSchemaV1>(
  types: EventTypes,
  options: SchemaOptions<Schema>,
): HandlerDecorator<StandardSchemaV1.InferOutput<Schema>>;
/** Handles events of a type, of several, or of a pattern with `*`. `T` is taken on trust: nothing validates it. */
export function handler<T = unknown>(types: EventTypes, options?: PlainOptions): HandlerDecorator<T>;
export function handler(...given: readonly unknown[]): HandlerDecorator<unknown> {
  const read = readHandlerArguments(given);
  return (target: unknown, where: ClassMethodDecoratorContext | string | symbol | undefined) => {
    if (typeof where === 'object') declareStandard(target as object, where, read);
    else declareLegacy(target as object, where, read);
  };
}

function declareStandard(
  decorated: object,
  context: ClassMethodDecoratorContext,
  read: HandlerArguments,
): void {
  const { name: method, kind, metadata } = context;
  if (kind !== 'method') throw notAMethod(method, kind);
  if (context.static) throw staticHandler(method);
  if (context.private) {
    throw new MillraceError(
      'HANDLER_PRIVATE',
      `@handler on private method "${String(method)}": make it public, a consumer could not call it.`,
    );
  }
  // Older compilers give no metadata. The method's function then stands for the class.
  const declaredIn = (metadata as object | undefined) ?? decorated;
  context.addInitializer(function register(this: unknown) {
    declare(this as object, { ...read, method, declaredIn });
  });
}

function declareLegacy(target: object, method: string | symbol | undefined, read: HandlerArguments): void {
  if (method === undefined) throw notAMethod('name' in target ? target.name : '', 'class');
  if (typeof target === 'function') throw staticHandler(method);
  const decorated: unknown = Object.getOwnPropertyDescriptor(target, method)?.value;
  if (typeof decorated !== 'function') throw notAMethod(method, 'field or accessor');
  declare(target, { ...read, method, declaredIn: target });
}

function notAMethod(name: unknown, kind: string): MillraceError {
  return new MillraceError(
    'HANDLER_OPTIONS',
    `@handler on "${String(name)}": it decorates methods, and this is a ${kind}.`,
  );
}

function staticHandler(name: string | symbol): MillraceError {
  return new MillraceError(
    'HANDLER_STATIC',
    `@handler on static method "${String(name)}": make it an instance method, or register it as a plain function with consumer.on().`,
  );
}

/** What `@handler` declared on the instance. A decorated override replaces what its base class declared for the method. */
export function declarationsOf(instance: object): readonly Declaration[] {
  const byMethod = new Map<string | symbol, Declaration[]>();
  const levels: (readonly Declaration[])[] = [declarations.get(instance) ?? []];
  for (
    let level = Object.getPrototypeOf(instance) as object | null;
    level;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    levels.unshift(declarations.get(level) ?? []);
  }
  for (const declaration of levels.flat()) {
    const known = byMethod.get(declaration.method);
    if (known && known[0]?.declaredIn === declaration.declaredIn) known.push(declaration);
    else byMethod.set(declaration.method, [declaration]);
  }
  return [...byMethod.values()].flat();
}
