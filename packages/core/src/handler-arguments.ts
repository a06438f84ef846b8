import { MillraceError } from './errors.ts';
import type { EventTypes, HandlerOptions } from './handler.ts';
import { optionChecks } from './option-checks.ts';
import { checkRetryOptions } from './retry-policy.ts';

export interface HandlerArguments {
  /** Undefined: the default handler. */
  readonly types: EventTypes | undefined;
  readonly options: HandlerOptions;
}

/**
 * Tells `(types, options?)` from `(options?)`, as `@handler` and `on` take them. A type that is undefined, as a
 * misspelt constant is, must not make a default handler of it.
 */
export function readHandlerArguments(given: readonly unknown[]): HandlerArguments {
  if (given.length === 0) return { types: undefined, options: {} };
  const [first, second = {}] = given;
  if (first === undefined || first === null) {
    throw new MillraceError(
      'HANDLER_PATTERN',
      `The event type is ${first}. For the default handler, leave the types out.`,
    );
  }
  const named = typeof first === 'string' || isList(first);
  const options = named ? second : first;
  if (typeof options !== 'object' || options === null || isList(options) || given.length > (named ? 2 : 1)) {
    throw new MillraceError(
      'HANDLER_OPTIONS',
      'A handler is declared by (types, options?), or by (options?) for the default handler: @handler("Ping"), @handler(), consumer.on("Ping", handle).',
    );
  }
  return { types: named ? (first as EventTypes) : undefined, options };
}

/** Throws HANDLER_OPTIONS with what is wrong and where. */
export function checkHandlerOptions(name: string, options: HandlerOptions): void {
  const check = optionChecks(
    (problem) => new MillraceError('HANDLER_OPTIONS', `Handler "${name}": ${problem}.`),
  );
  const { source } = options;
  check.text('name', options.name);
  for (const one of isList(source) ? source : [source]) check.text('source', one);
  if (isList(source) && source.length === 0) {
    throw new MillraceError(
      'HANDLER_OPTIONS',
      `Handler "${name}": "source" lists no source. Leave it out to handle what comes from any.`,
    );
  }
  if (options.schema !== undefined && !isSchema(options.schema)) {
    throw new MillraceError(
      'HANDLER_OPTIONS',
      `Handler "${name}": "schema" does not speak Standard Schema. Zod from 3.24, Valibot from 1.0 and ArkType from 2.0 do.`,
    );
  }
  if (options.timeout !== false) check.milliseconds('timeout', options.timeout, { least: 1 });
  checkRetryOptions(check, options.retry);
  check.function('idempotencyKey', options.idempotencyKey);
  check.functions('middleware', options.middleware);
}

function isSchema(value: unknown): boolean {
  const standard = (value as { readonly '~standard'?: { readonly validate?: unknown } } | null)?.[
    '~standard'
  ];
  return typeof standard?.validate === 'function';
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
