import { isObject } from '../../json.ts';
import { arnLike, like } from './patterns.ts';

/** What is known of a request, by lower-case condition key. A key that is not in here may have any value or none. */
export type RequestContext = Readonly<Record<string, string>>;

type Comparison = (expected: string, actual: string) => boolean | undefined;

const comparisons: Readonly<Record<string, Comparison>> = {
  stringequals: (expected, actual) => expected === actual,
  stringequalsignorecase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  stringlike: like,
  arnequals: arnLike,
  arnlike: arnLike,
  bool: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
};

/** Whether all conditions of a statement hold; undefined when one depends on what is not known. */
export function conditionsHold(condition: unknown, context: RequestContext): boolean | undefined {
  if (condition === undefined) return true;
  if (!isObject(condition)) return undefined;
  const results = Object.entries(condition).flatMap(([operator, keys]) =>
    isObject(keys)
      ? Object.entries(keys).map(([key, expected]) => keyHolds(operator, key, expected, context))
      : [undefined],
  );
  return every(results);
}

/** The conditions that do not hold, as they are written. */
export function unmetConditions(condition: unknown, context: RequestContext): readonly string[] {
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {})
      .filter(([key, expected]) => keyHolds(operator, key, expected, context) !== true)
      .map(([key, expected]) => `${operator} ${key} ${JSON.stringify(expected)}`),
  );
}

function keyHolds(
  operator: string,
  key: string,
  expected: unknown,
  context: RequestContext,
): boolean | undefined {
  const actual = context[key.toLowerCase()];
  const { comparison, negated } = readOperator(operator);
  if (actual === undefined) return undefined;
  // "Null": "true" holds when the key is absent; this one is present.
  if (comparison === 'null') return listOf(expected).every((value) => value === 'false');
  const compare = comparisons[comparison];
  if (!compare) return undefined;
  const any = some(
    listOf(expected).map((value) => (value.includes('${') ? undefined : compare(value, actual))),
  );
  return any === undefined || !negated ? any : !any;
}

/** `ForAnyValue:` and `ForAllValues:` make no difference to keys with one value, `IfExists` none to those present. */
function readOperator(operator: string): { readonly comparison: string; readonly negated: boolean } {
  const plain = operator
    .toLowerCase()
    .replace(/^for(any|all)values?:/, '')
    .replace(/ifexists$/, '');
  const negated = /^(string|arn)not/.test(plain);
  return { comparison: negated ? plain.replace('not', '') : plain, negated };
}

export function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map(String);
}

function every(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(false)) return false;
  return results.includes(undefined) ? undefined : true;
}

function some(results: readonly (boolean | undefined)[]): boolean | undefined {
  if (results.includes(true)) return true;
  return results.includes(undefined) ? undefined : false;
}
